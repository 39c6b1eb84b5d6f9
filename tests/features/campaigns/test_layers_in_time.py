"""What levels ask for one after the other: what waits while others are decided on, or end."""

from typing import Any

import pytest

from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_layering import campaign, day, meeting
from tests.features.campaigns.test_requirements import local, opened, owed
from tests.support.client import Api

pytestmark = pytest.mark.one_database

APPROVE = {"decision": "approve"}


@pytest.fixture
async def path(api: Api, tree: Tree) -> str:
    """The path of the campaign."""
    return f"/v1/campaigns/{(await api.post('/v1/campaigns', campaign(tree)))['id']}"


async def proposed(caller: Api, path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path of a requirement that waits, and what was sent."""
    made = await caller.post(f"{path}/requirements", body)
    assert made["status"] == "proposed"
    return f"{path}/requirements/{made['id']}", body


async def test_two_that_wait_are_judged_by_each_other_when_they_are_approved(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    await opened(api, path)
    nanhai, town = await as_(Role.ORGANIZER, "nanhai"), await as_(Role.ORGANIZER, "town")
    asked = local("above", issued_by_unit_id=tree["nanhai"], due_on=day(30))
    above, _ = await proposed(nanhai, path, asked)
    asked = local("below", issued_by_unit_id=tree["town"], due_on=day(10))
    below, sent = await proposed(town, path, asked)
    await api.change("POST", f"{above}/decision", APPROVE, of=above)
    # The same again is the same, though by now a superior asks for it as well.
    assert (await town.post(f"{path}/requirements", sent, expect=200))["code"] == "below"
    wrong = await api.change("POST", f"{below}/decision", APPROVE, expect=409, of=below)
    assert (wrong["code"], day(30) in wrong["detail"]) == ("notice_too_short", True)
    assert await owed(api, "below") == {}
    await town.change("PATCH", below, {"due_on": day(30)})


async def test_what_is_approved_later_is_on_the_line_of_what_was_approved_before(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    await api.change("PATCH", path, {"notice_days": 0})
    await opened(api, path)
    nanhai, town = await as_(Role.ORGANIZER, "nanhai"), await as_(Role.ORGANIZER, "town")
    asked = local("above", issued_by_unit_id=tree["nanhai"], due_on=day(2))
    above, _ = await proposed(nanhai, path, asked)
    asked = local("below", issued_by_unit_id=tree["town"], due_on=day(2))
    below, _ = await proposed(town, path, asked)
    await api.change("POST", f"{above}/decision", APPROVE, of=above)
    answer = await api.change("POST", f"{below}/decision", APPROVE, of=below)
    assert (answer["extends_code"], answer["superior_due_on"]) == ("above", day(2))
    rows = await api.all("/v1/reminders", kind="obligation")
    assert len([row for row in rows if row["due_on"] == day(2)]) == 1


async def test_a_change_is_not_refused_for_what_the_superior_ended(
    api: Api, tree: Tree, path: str
) -> None:
    asked = meeting(issued_by_unit_id=tree["nanhai"], due_on=day(30))
    made = await api.post(f"{path}/requirements", asked)
    own = f"{path}/requirements/{made['id']}"
    rows = (await api.get(path))["requirements"]
    root = next(row["id"] for row in rows if row["code"] == made["extends_code"])
    await api.change("PATCH", f"{path}/requirements/{root}", {"active": False})
    for change in ({"title": "改"}, {"due_on": day(40)}, {"due_on": day(35)}):
        assert (await api.change("PATCH", own, change))["extends_code"] == "rootmeeting"
    await api.change("PATCH", own, {"extends_code": None})
    await api.change("PATCH", own, {"extends_code": "rootmeeting"}, expect=422)
