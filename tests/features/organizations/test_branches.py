"""Branches over the API: what they have that units have not."""

import pytest

from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories
from tests.support.client import Api, problems


async def test_a_branch_is_answered_as_it_was_sent(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    body = {
        "code": "B1",
        "name": "祖庙街道某社区党支部",
        "kind": "joint_branch",
        "sector": "community",
        "unit_id": unit["id"],
        "member_count": 60,
        "full_member_count": 58,
        "secretary": "陈某",
        "sort_order": 3,
        "opened_on": "2001-07-01",
        "closed_on": None,
        "source": "djw",
        "external_id": "B-1",
    }
    made = await api.post("/v1/branches", body)
    assert {name: made[name] for name in body} == body
    assert made["ancestor_ids"] == [root["id"], unit["id"]]
    assert [w["code"] for w in made["warnings"]] == ["branch_too_many_members"]
    assert await api.get(f"/v1/branches/{made['id']}") == made
    assert await api.post("/v1/branches", body, expect=200) == made
    await api.get(f"/v1/units/{made['id']}", expect=404)


async def test_a_secretary_may_be_vacant(api: Api) -> None:
    branch = await factories.branch(api, await factories.root(api), secretary="陈某")
    path = f"/v1/branches/{branch['id']}"
    assert (await api.change("PATCH", path, {"secretary": None}))["secretary"] is None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"full_member_count": 6}, ("/full_member_count", "full_members_exceed_members")),
        ({"secretary": "陈 " + "440682" + "19900101" + "1234"}, ("/secretary", "personal_number")),
        ({"sector": None}, ("/sector", "not_allowed_value")),
        ({"kind": "general_branch"}, ("/kind", "not_allowed_value")),
        ({"uscc": "91350100M000100Y43"}, ("/uscc", "unknown_field")),
        ({"parent_id": "x"}, ("/parent_id", "unknown_field")),
    ],
)
async def test_each_field_is_checked(
    api: Api, fields: dict[str, object], error: tuple[str, str]
) -> None:
    root = await factories.root(api)
    body = {"code": "1", "name": "甲", "sector": "rural", "unit_id": root["id"], "member_count": 5}
    assert problems(await api.post("/v1/branches", {**body, **fields}, expect=422)) == {error}


async def test_counts_are_compared_after_a_patch(api: Api) -> None:
    root = await factories.root(api)
    branch = await factories.branch(api, root, member_count=9, full_member_count=8)
    path = f"/v1/branches/{branch['id']}"
    answer = await api.change("PATCH", path, {"member_count": 7}, expect=422)
    assert problems(answer) == {("/member_count", "full_members_exceed_members")}
    changed = await api.change("PATCH", path, {"member_count": 2, "full_member_count": 2})
    assert [w["code"] for w in changed["warnings"]] == ["branch_too_few_full_members"]


async def test_put_creates_and_replaces(api: Api) -> None:
    root = await factories.root(api)
    path = f"/v1/branches/{factories.own_id()}"
    body = {"code": "P", "name": "甲", "sector": "rural", "unit_id": root["id"]}
    await api.send("PUT", path, body, expect=201)
    replaced = await api.change("PUT", path, {**body, "sector": "school"})
    assert (replaced["sector"], replaced["revision"]) == ("school", 2)


async def test_who_sees_a_unit_without_organizing_it_founds_no_branch(
    api: Api, caller_at: Caller
) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    reporter = await caller_at(Role.REPORTER, unit)
    body = {"code": "1", "name": "甲", "sector": "rural", "unit_id": unit["id"]}
    await reporter.post("/v1/branches", body, expect=403)
    stranger = api.with_key(None)
    await stranger.post("/v1/branches", body, expect=401)
