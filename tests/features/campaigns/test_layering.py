"""Levels below the root ask for more: with notice, not more often, and with a superior's leave."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.kit import clock
from app.models import Event, Requirement
from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import body
from tests.features.campaigns.test_requirements import local, opened, owed
from tests.support.client import Api, problems

pytestmark = pytest.mark.one_database

CHECKS = ["c1", "c2", "c3", "c4"]
MEETING = {"record": "activity", "kinds": ["themed_org_life_meeting"], "checks": CHECKS}


def day(after: int) -> str:
    return str(clock.today() + timedelta(days=after))


def meeting(code: str = "meeting", **fields: Any) -> dict[str, Any]:
    return {**local(code), "evidence": MEETING, **fields}


def campaign(tree: Tree, **fields: Any) -> dict[str, Any]:
    """A campaign of this year whose root asks every branch for a meeting, promptly, and a talk."""
    talk = {**local("talk"), "evidence": {"record": "activity", "kinds": ["discussion"]}}
    days = {"starts_on": day(-60), "ends_on": day(300)}
    checks = [{"code": code, "title": code} for code in CHECKS]
    own = {"requirements": [meeting("rootmeeting"), {**talk, "due_on": day(60)}]}
    whole = body(tree, **days, checks=checks, **own) | fields
    if "notice_days" not in fields:
        del whole["notice_days"]
    return whole


@pytest.fixture
async def path(api: Api, tree: Tree) -> str:
    """The path of the campaign."""
    made = await api.post("/v1/campaigns", campaign(tree))
    return f"/v1/campaigns/{made['id']}"


async def test_no_day_without_notice_where_the_superior_says_promptly(
    api: Api, tree: Tree, path: str
) -> None:
    assert (await api.get(path))["notice_days"] == 7
    asked = meeting(issued_by_unit_id=tree["nanhai"])
    for due_on in (day(-30), day(0), day(6)):
        wrong = await api.post(f"{path}/requirements", asked | {"due_on": due_on}, expect=422)
        assert problems(wrong) == {("/due_on", "too_short_notice")}
        assert day(7) in wrong["errors"][0]["detail"]
    made = await api.post(f"{path}/requirements", asked | {"due_on": day(7)})
    own = f"{path}/requirements/{made['id']}"
    wrong = await api.change("PATCH", own, {"due_on": day(6)}, expect=422)
    assert problems(wrong) == {("/due_on", "too_short_notice")}
    # Later, none at all, and what has nothing to do with it, are no reason to look at it again.
    for change in ({"due_on": day(9)}, {"title": "改"}, {"due_on": None}):
        await api.change("PATCH", own, change)
    wrong = await api.change("PATCH", own, {"due_on": day(2)}, expect=422)
    assert problems(wrong) == {("/due_on", "too_short_notice")}


async def test_the_campaign_states_the_notice(api: Api, tree: Tree) -> None:
    for days, first in ((0, 0), (30, 30), (None, -20)):
        made = await api.post(
            "/v1/campaigns", campaign(tree, notice_days=days, code=f"n{first + 30}")
        )
        where = f"/v1/campaigns/{made['id']}/requirements"
        asked = meeting(issued_by_unit_id=tree["nanhai"])
        if days is not None:
            wrong = await api.post(where, asked | {"due_on": day(first - 1)}, expect=422)
            assert problems(wrong) == {("/due_on", "too_short_notice")}
        await api.post(where, asked | {"due_on": day(first)})
    await api.post("/v1/campaigns", campaign(tree, notice_days=-1, code="less"), expect=422)


async def test_what_is_asked_for_decides_not_how_it_is_written(
    api: Api, tree: Tree, path: str
) -> None:
    """Leaving a check out, or naming a topic instead, does not get round the protected day."""
    roots = {row["code"]: row["id"] for row in (await api.get(path))["requirements"]}
    above = f"{path}/requirements/{roots['rootmeeting']}"
    await api.change("PATCH", above, {"due_on": day(90)})
    for number, evidence in enumerate(
        (
            {**MEETING, "checks": CHECKS[:3]},
            {**MEETING, "checks": []},
            {**MEETING, "checks": CHECKS[:3], "topics": ["t1"]},
            {**MEETING, "kinds": [*MEETING["kinds"], "visit"]},
        )
    ):
        asked = meeting(f"m{number}", issued_by_unit_id=tree["nanhai"], evidence=evidence)
        wrong = await api.post(f"{path}/requirements", asked | {"due_on": day(89)}, expect=422)
        assert problems(wrong) == {("/due_on", "shortens_superior_date")}
        made = await api.post(f"{path}/requirements", asked | {"due_on": day(90)})
        assert (made["extends_code"], made["superior_due_on"]) == ("rootmeeting", day(90))
    # Something else may have its own day, and so may what is done when the superior's is.
    other = local(issued_by_unit_id=tree["nanhai"], due_on=day(10))
    await api.post(f"{path}/requirements", other)
    anything = {**other, "code": "any", "evidence": {"record": "activity"}, "due_on": day(61)}
    made = await api.post(f"{path}/requirements", anything)
    assert made["extends_code"] is not None
    wrong = await api.post(
        f"{path}/requirements", {**anything, "code": "two", "min_count": 2}, expect=422
    )
    assert problems(wrong) == {("/due_on", "shortens_superior_date")}


async def test_passing_a_near_day_on_needs_no_notice(api: Api, tree: Tree, path: str) -> None:
    roots = {row["code"]: row["id"] for row in (await api.get(path))["requirements"]}
    await api.change("PATCH", f"{path}/requirements/{roots['rootmeeting']}", {"due_on": day(2)})
    asked = meeting(issued_by_unit_id=tree["nanhai"], due_on=day(2))
    await api.post(f"{path}/requirements", asked)
    more = {**asked, "code": "more", "evidence": {**MEETING, "topics": ["t1"]}}
    wrong = await api.post(f"{path}/requirements", more, expect=422)
    assert problems(wrong) == {("/due_on", "too_short_notice")}


async def test_asking_again_and_again_is_bounded(api: Api, tree: Tree, path: str) -> None:
    first = local("ten0", issued_by_unit_id=tree["nanhai"], min_count=10)
    await api.post(f"{path}/requirements", first)
    for number, kind in enumerate(("study_session", "volunteer_service", "practical_deed")):
        evidence = {"record": "activity", "kinds": [kind]}
        asked = {**first, "code": f"more{number}", "evidence": evidence}
        wrong = await api.post(f"{path}/requirements", asked, expect=422)
        assert problems(wrong) == {("/min_count", "asks_too_much")}
    # The same again is the same, and a town below has nothing left either.
    await api.post(f"{path}/requirements", first, expect=200)
    town = local("town", issued_by_unit_id=tree["town"])
    town["evidence"] = {"record": "activity", "kinds": ["study_session"]}
    wrong = await api.post(f"{path}/requirements", town, expect=422)
    assert problems(wrong) == {("/min_count", "asks_too_much")}
    # What the root asks for anyway, and what is owed by others, is not added up.
    await api.post(f"{path}/requirements", meeting(issued_by_unit_id=tree["town"]))
    aside = local("aside", issued_by_unit_id=tree["chancheng"], min_count=10)
    await api.post(f"{path}/requirements", aside)


async def test_free_levels_do_not_ask_more_often_than_the_superior(api: Api, tree: Tree) -> None:
    free = campaign(tree, local_requirements="free")
    path = f"/v1/campaigns/{(await api.post('/v1/campaigns', free))['id']}"
    asked = meeting(issued_by_unit_id=tree["nanhai"], min_count=2)
    wrong = await api.post(f"{path}/requirements", asked, expect=422)
    assert problems(wrong) == {("/min_count", "asks_more_often")}
    made = await api.post(f"{path}/requirements", asked | {"min_count": 1})
    assert (made["status"], made["approval"]) == ("active", None)


async def test_nobody_owes_what_the_superior_has_not_approved(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    await opened(api, path)
    nanhai, town = await as_(Role.ORGANIZER, "nanhai"), await as_(Role.ORGANIZER, "town")
    asked = local(issued_by_unit_id=tree["nanhai"], due_on=day(20))
    made = await nanhai.post(f"{path}/requirements", asked)
    own = f"{path}/requirements/{made['id']}"
    assert (made["status"], made["active"]) == ("proposed", False)
    assert made["approval"] == {"by_unit_id": tree["root"], "reason": None, "decided_at": None}
    assert await owed(api, "local") == {}
    assert (await nanhai.post(f"{path}/requirements", asked, expect=200))["id"] == made["id"]
    wrong = await nanhai.change("PATCH", own, {"active": True}, expect=422)
    assert problems(wrong) == {("/active", "not_approved")}
    for caller in (nanhai, town):
        await caller.change("POST", f"{own}/decision", {"decision": "approve"}, expect=403, of=own)

    wrong = await api.change("POST", f"{own}/decision", {"decision": "refuse"}, expect=422, of=own)
    assert problems(wrong) == {("/reason", "required")}
    refused = {"decision": "refuse", "reason": "已有同类要求"}
    answer = await api.change("POST", f"{own}/decision", refused, of=own)
    assert (answer["status"], answer["approval"]["reason"]) == ("refused", "已有同类要求")
    again = await api.change("POST", f"{own}/decision", refused, expect=409, of=own)
    assert again["code"] == "not_proposed"
    proposed = await nanhai.change("PATCH", own, {"title": "走访一次"})
    assert (proposed["status"], proposed["approval"]["decided_at"]) == ("proposed", None)
    await nanhai.change("PATCH", own, {"min_count": 2})
    approved = await api.change("POST", f"{own}/decision", {"decision": "approve"}, of=own)
    assert (approved["status"], approved["active"]) == ("active", True)
    assert await owed(api, "local") == {"open": 1}
    # The same once more is known, whatever was decided on it meanwhile.
    sent = asked | {"title": "走访一次", "min_count": 2}
    assert (await nanhai.post(f"{path}/requirements", sent, expect=200))["status"] == "active"
    assert await acts(api, made["id"]) == [
        "requirement.created", "requirement.refused", "requirement.proposed",
        "requirement.updated", "requirement.approved",
    ]  # fmt: skip


async def acts(api: Api, requirement_id: str) -> list[str]:
    """What became of a requirement, in its order."""
    async with api.database.reading() as session:
        of = Event.resource_id == UUID(requirement_id)
        statement = select(Event.type).where(of).order_by(Event.position)
        return list((await session.execute(statement)).scalars())


async def test_an_approved_one_asks_for_more_only_with_approval(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    await opened(api, path)
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    asked = local(issued_by_unit_id=tree["nanhai"], due_on=day(20), min_count=2)
    own = f"{path}/requirements/{(await nanhai.post(f'{path}/requirements', asked))['id']}"
    await api.change("POST", f"{own}/decision", {"decision": "approve"}, of=own)
    more = {"due_on": day(15), "min_count": 3, "evidence": {"kinds": []}}
    wrong = await nanhai.change("PATCH", own, more, expect=422)
    assert {p for p in problems(wrong) if p[1] == "needs_approval"} == {
        ("/evidence", "needs_approval"), ("/due_on", "needs_approval"),
        ("/min_count", "needs_approval"),
    }  # fmt: skip
    for less in ({"due_on": day(25)}, {"min_count": 1}, {"active": False}, {"active": True}):
        await nanhai.change("PATCH", own, less)
    assert await owed(api, "local") == {"open": 1}
    await api.change("PATCH", own, {"min_count": 2})
    assert (await api.get(own))["status"] == "active"
    await nanhai.change("PATCH", own, {"active": False})
    assert (await api.get(own))["status"] == "ended"
    for status in ("proposed", "refused", "active", "ended"):
        rows = await api.all(f"{path}/requirements", status=status)
        codes = {"active": {"talk", "rootmeeting"}, "ended": {"local"}}
        assert {row["code"] for row in rows} == codes.get(status, set())
    both = await api.all(f"{path}/requirements", status=["active", "ended"])
    assert len(both) == 3


async def test_whose_requirement_is_passed_on_decides(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    nanhai, town = await as_(Role.ORGANIZER, "nanhai"), await as_(Role.ORGANIZER, "town")
    above = local(issued_by_unit_id=tree["nanhai"])
    made = await nanhai.post(f"{path}/requirements", above)
    own = f"{path}/requirements/{made['id']}"
    await api.change("POST", f"{own}/decision", {"decision": "approve"}, of=own)
    passed = await town.post(f"{path}/requirements", local("town", issued_by_unit_id=tree["town"]))
    assert passed["approval"]["by_unit_id"] == tree["nanhai"]
    below = f"{path}/requirements/{passed['id']}"
    answer = await nanhai.change("POST", f"{below}/decision", {"decision": "approve"}, of=below)
    assert answer["status"] == "active"
    # Naming it while asking for something else passes nothing on.
    other = {**meeting("other", issued_by_unit_id=tree["town"]), "extends_code": "local"}
    other["evidence"] = {"record": "activity", "kinds": ["study_session"]}
    answer = await town.post(f"{path}/requirements", other)
    assert answer["approval"]["by_unit_id"] == tree["root"]
    # Nor may the unit between approve it by asking for it in the town's name.
    answer = await nanhai.post(f"{path}/requirements", other | {"code": "another"})
    assert answer["status"] == "proposed"


async def test_a_day_that_came_near_while_it_waited(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    asked = local(issued_by_unit_id=tree["nanhai"], due_on=day(20))
    made = await nanhai.post(f"{path}/requirements", asked)
    own = f"{path}/requirements/{made['id']}"
    async with api.database.writing() as session:
        near = update(Requirement).where(Requirement.id == UUID(made["id"]))
        await session.execute(near.values(due_on=clock.today() + timedelta(days=3)))
    wrong = await api.change("POST", f"{own}/decision", {"decision": "approve"}, expect=409, of=own)
    assert wrong["code"] == "notice_too_short"
    await nanhai.change("PATCH", own, {"due_on": day(30)})
    await api.change("POST", f"{own}/decision", {"decision": "approve"}, of=own)
