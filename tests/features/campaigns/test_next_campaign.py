"""The next campaign made from the last: everything but its days, its state and its counts."""

from typing import Any

import pytest

from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import body
from tests.support import factories as make
from tests.support.client import Api, problems

pytestmark = pytest.mark.one_database

_OF_ITSELF = {"id", "campaign_id", "created_at", "updated_at", "opens_on", "due_on"}


def plain(value: Any) -> Any:
    """Return it without the ids of notices, which are the campaign's own."""
    if not isinstance(value, list):
        return value
    return [{k: v for k, v in entry.items() if k != "id"} for entry in value]


async def test_days_move_and_all_else_stays(api: Api, tree: Tree) -> None:
    last = await api.post("/v1/campaigns", body(tree, public_feed=True, retention_years=5))
    await make.open_campaign(api, last)
    ended = {"code": "gone", "title": "已停", "subject": "unit", "evidence": {"record": "report"}}
    path = f"/v1/campaigns/{last['id']}/requirements"
    made = await api.post(path, ended)
    await api.change("PATCH", f"{path}/{made['id']}", {"active": False})
    asked = {"from": last["id"], "starts_on": "2014-01-11"}
    found = await api.post("/v1/campaigns", asked)
    assert (found["status"], found["opening_at"], found["revision"]) == ("draft", None, 1)
    assert (found["code"], found["name"]) == ("spring-20140111", last["name"])
    assert (found["starts_on"], found["ends_on"]) == ("2014-01-11", "2014-07-10")
    for name in ("notices", "topics", "checks", "talk_modes", "methods", "counts_from",
                 "public_feed", "retention_years", "notice_days", "root_unit_id"):  # fmt: skip
        assert plain(found[name]) == plain(last[name]), name
    [talk] = found["requirements"]
    (before,) = last["requirements"]
    assert talk["due_on"] == "2014-04-10"
    assert {k: v for k, v in talk.items() if k not in _OF_ITSELF} == {
        k: v for k, v in before.items() if k not in _OF_ITSELF
    }
    assert await api.post("/v1/campaigns", asked, expect=200) == found
    other = await api.post(
        "/v1/campaigns", asked | {"code": "autumn", "name": "秋季", "ends_on": "2014-05-01"}
    )
    assert (other["code"], other["ends_on"]) == ("autumn", "2014-05-01")


async def test_what_cannot_be_followed_is_told(api: Api, tree: Tree, as_: As) -> None:
    last = await api.post("/v1/campaigns", body(tree))
    asked = {"from": last["id"], "starts_on": "2014-01-11"}
    both = asked | {"template": "mass-line-education-2013"}
    problem = await api.post("/v1/campaigns", both, expect=422)
    assert problems(problem) == {("/template", "unknown_field")}
    problem = await api.post("/v1/campaigns", asked | {"from": make.own_id()}, expect=422)
    assert problems(problem) == {("/from", "unknown_last_campaign")}
    problem = await api.post("/v1/campaigns", {"from": last["id"]}, expect=422)
    assert problems(problem) == {("/starts_on", "required")}
    problem = await api.post("/v1/campaigns", asked | {"starts_on": "2199-12-01"}, expect=422)
    assert problems(problem) == {("/starts_on", "ends_too_late")}
    template = {"template": "mass-line-education-2013", "level": "city"}
    problem = await api.post("/v1/campaigns", template | {"root_unit_id": tree["root"]}, expect=422)
    assert problems(problem) == {("/level", "not_in_template")}
    below = await as_(Role.ORGANIZER, "nanhai")
    problem = await below.post("/v1/campaigns", asked, expect=422)
    assert problems(problem) == {("/root_unit_id", "unknown_unit_of_campaign")}
