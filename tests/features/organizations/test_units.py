"""Units over the API: made, read, changed, replaced, deleted."""

import asyncio
from typing import Any

import pytest
from dirty_equals import IsPartialDict, IsStr
from sqlalchemy import select

from app.models import Event
from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories
from tests.support.client import Api, problems

DIVISION = {"system": "nbs", "edition": "2023", "code": "440604012001"}


async def test_a_unit_is_answered_as_it_was_sent(api: Api) -> None:
    root = await factories.root(api)
    body = {
        "code": "0440604",
        "name": "中共佛山市禅城区委组织部",
        "short_name": "禅城",
        "kind": "organization_department",
        "sector": "organ",
        "parent_id": root["id"],
        "division": DIVISION,
        "uscc": "91350100M000100Y43",
        "duty_phone": "0757-83331234",
        "sort_order": 1,
        "member_count": 120,
        "opened_on": "2002-12-08",
        "source": "djw",
        "external_id": "1",
    }
    response = await api.send("POST", "/v1/units", body, expect=201)
    made = response.json()
    assert made == {
        **body,
        "id": IsStr(),
        "ancestor_ids": [root["id"]],
        "closed_on": None,
        "revision": 1,
        "created_at": IsStr(regex=r".*Z"),
        "updated_at": IsStr(regex=r".*Z"),
        "warnings": [],
    }
    assert response.headers["location"] == f"/v1/units/{made['id']}"
    assert response.headers["etag"] == '"1"'
    assert await api.get(f"/v1/units/{made['id']}") == made
    again = await api.send("POST", "/v1/units", body, expect=200)
    assert again.json() == made


async def test_the_same_natural_key_with_other_content_is_a_conflict(api: Api) -> None:
    root = await factories.root(api)
    body = {"source": "djw", "external_id": "7", "code": "7"}
    await factories.unit(api, root, **body, name="甲")
    other = {**body, "name": "乙", "kind": "committee", "parent_id": root["id"]}
    answer = await api.post("/v1/units", other, expect=409)
    assert problems(answer) == {
        ("/external_id", "duplicate_external_id"),
        ("/code", "duplicate_organization_code"),
    }


async def test_a_code_stands_once_in_the_whole_tree(api: Api) -> None:
    root = await factories.root(api)
    await factories.branch(api, root, code="007")
    body = {"code": "007", "name": "某委", "kind": "committee", "parent_id": root["id"]}
    answer = await api.post("/v1/units", body, expect=409)
    assert answer["code"] == "duplicate_organization_code"
    await factories.unit(api, root, code="7")


async def test_of_two_at_once_one_gets_the_code(api: Api) -> None:
    root = await factories.root(api)
    body = {"code": "1", "kind": "committee", "parent_id": root["id"]}
    answers = await asyncio.gather(
        *(api.send("POST", "/v1/units", {**body, "name": name}) for name in "甲乙丙")
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.mark.one_database
async def test_bad_input_is_told_all_at_once_and_changes_nothing(api: Api) -> None:
    root = await factories.root(api)
    await factories.unit(api, root, code="1")
    body = {
        "code": "1",
        "name": "某委",
        "kind": "committee",
        "parent_id": factories.own_id(),
        "opened_on": "2013-02-01",
        "closed_on": "2013-01-31",
        "external_id": "9",
    }
    answer = await api.post("/v1/units", body, expect=422)
    assert problems(answer) == {
        ("/code", "duplicate_organization_code"),
        ("/parent_id", "unknown_parent"),
        ("/closed_on", "ends_too_early"),
        ("/source", "source_missing"),
    }
    assert len((await api.get("/v1/units"))["data"]) == 2


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("code", 7, "wrong_type"),
        ("code", "", "too_short"),
        ("name", "甲\x00", "bad_text"),
        ("kind", "branch", "not_allowed_value"),
        ("sector", "soe", "not_allowed_value"),
        ("member_count", -1, "too_small"),
        ("member_count", True, "wrong_type"),
        ("sort_order", 1.5, "wrong_type"),
        ("opened_on", "2013-02-30", "bad_format"),
        ("uscc", "91350100M000100Y44", "invalid_uscc"),
        ("division", {**DIVISION, "code": 440604012001}, "wrong_type"),
        ("division", {**DIVISION, "code": "4406"}, "bad_format"),
        ("division", {**DIVISION, "system": "gb"}, "not_allowed_value"),
        ("external_id", "110105" + "19491231" + "002X", "personal_number"),
        ("parent_id", None, "wrong_type"),
        ("parent_id", "x", "bad_format"),
        ("leader", "x", "unknown_field"),
    ],
)
async def test_each_field_is_checked(api: Api, field: str, value: Any, code: str) -> None:
    root = await factories.root(api)
    body = {"code": "1", "name": "某委", "kind": "committee", "parent_id": root["id"]}
    answer = await api.post("/v1/units", {**body, field: value}, expect=422)
    place = f"/{field}"
    assert [(e["pointer"][: len(place)], e["code"]) for e in answer["errors"]] == [(place, code)]


async def test_there_is_no_unit_without_a_parent(api: Api) -> None:
    body = {"code": "1", "name": "某委", "kind": "committee"}
    answer = await api.post("/v1/units", body, expect=422)
    assert problems(answer) == {("/parent_id", "required")}


@pytest.mark.one_database
async def test_a_branch_directs_nobody(api: Api) -> None:
    branch = await factories.branch(api, await factories.root(api))
    body = {"code": "1", "name": "某委", "kind": "committee", "parent_id": branch["id"]}
    answer = await api.post("/v1/units", body, expect=422)
    assert problems(answer) == {("/parent_id", "parent_is_branch")}


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["\ue170村委会", "𡐓头村", "e\u0301"])
async def test_rare_characters_stay_in_names(api: Api, name: str) -> None:
    root = await factories.root(api)
    made = await factories.unit(api, root, name=name)
    assert made["name"] == {"e\u0301": "\u00e9"}.get(name, name)
    found = await api.get("/v1/units", q=name)
    assert [row["id"] for row in found["data"]] == [made["id"]]


@pytest.mark.one_database
async def test_sizes_outside_the_norms_warn_in_the_callers_language(api: Api) -> None:
    root = await factories.root(api)
    made = await factories.unit(api, root, kind="primary_committee", member_count=60)
    assert made["warnings"] == [
        {
            "code": "primary_committee_too_few_members",
            "detail": IsStr(regex=".*基层党委.*100.*60.*"),
            "count": None,
        }
    ]
    english = await api.send(
        "GET", f"/v1/units/{made['id']}", expect=200, headers={"Accept-Language": "en"}
    )
    assert english.json()["warnings"][0]["detail"].startswith("A primary committee")


@pytest.mark.one_database
async def test_a_patch_changes_what_it_names(api: Api) -> None:
    root = await factories.root(api)
    made = await factories.unit(api, root, short_name="甲", division=DIVISION)
    path = f"/v1/units/{made['id']}"
    changed = await api.change(
        "PATCH", path, {"short_name": None, "sector": "school", "division": {"edition": "2024"}}
    )
    assert changed == IsPartialDict(
        short_name=None,
        sector="school",
        division={**DIVISION, "edition": "2024"},
        name=made["name"],
        revision=2,
    )
    same = await api.change("PATCH", path, {"sector": "school"})
    assert same == changed


@pytest.mark.one_database
async def test_a_patch_is_checked_as_a_whole(api: Api) -> None:
    root = await factories.root(api)
    await factories.unit(api, root, code="taken")
    made = await factories.unit(api, root, opened_on="2013-01-01")
    path = f"/v1/units/{made['id']}"
    answer = await api.change("PATCH", path, {"code": None, "member_count": -1}, expect=422)
    assert problems(answer) == {("/code", "wrong_type"), ("/member_count", "too_small")}
    answer = await api.change("PATCH", path, {"parent_id": root["id"]}, expect=422)
    assert problems(answer) == {("/parent_id", "unknown_field")}
    body = {"code": "taken", "closed_on": "2012-01-01"}
    answer = await api.change("PATCH", path, body, expect=422)
    assert problems(answer) == {
        ("/code", "duplicate_organization_code"),
        ("/closed_on", "ends_too_early"),
    }
    assert await api.get(path) == made


async def test_a_change_needs_the_revision_that_was_read(api: Api) -> None:
    made = await factories.unit(api, await factories.root(api))
    path = f"/v1/units/{made['id']}"
    await api.send("PATCH", path, {"name": "乙"}, expect=428)
    await api.send("PATCH", path, {"name": "乙"}, expect=412, headers={"If-Match": '"9"'})
    await api.send("DELETE", path, expect=428)
    await api.send("POST", f"{path}/close", {"closed_on": "2013-01-01"}, expect=428)


async def test_put_creates_and_replaces_under_the_callers_id(api: Api) -> None:
    root = await factories.root(api)
    path = f"/v1/units/{factories.own_id()}"
    body = {"code": "P", "name": "某委", "kind": "committee", "parent_id": root["id"]}
    await api.send("PUT", path, body, expect=412, headers={"If-Match": '"1"'})
    response = await api.send("PUT", path, body, expect=201, headers={"If-None-Match": "*"})
    assert response.headers["location"] == path
    await api.send("PUT", path, body, expect=412, headers={"If-None-Match": "*"})
    await api.send("PUT", path, body, expect=400, headers={"If-None-Match": '"1"'})
    await api.send("PUT", path, body, expect=200)
    replaced = await api.change("PUT", path, {**body, "name": "新名", "member_count": 3})
    assert (replaced["name"], replaced["member_count"], replaced["revision"]) == ("新名", 3, 2)
    branch = await factories.branch(api, root)
    await api.send("PUT", f"/v1/units/{branch['id']}", body, expect=404)


async def test_put_under_another_parent_moves(api: Api) -> None:
    root = await factories.root(api)
    one, other = await factories.unit(api, root), await factories.unit(api, root)
    made = await factories.unit(api, one, code="M", name="某委")
    branch = await factories.branch(api, made)
    body = {"code": "M", "name": "新名", "kind": "committee", "parent_id": other["id"]}
    moved = await api.change("PUT", f"/v1/units/{made['id']}", body)
    assert moved["ancestor_ids"] == [root["id"], other["id"]]
    below = await api.get(f"/v1/branches/{branch['id']}")
    assert below["ancestor_ids"] == [root["id"], other["id"], made["id"]]


async def test_a_client_made_id_is_taken_once(api: Api) -> None:
    root, own_id = await factories.root(api), factories.own_id()
    made = await factories.unit(api, root, id=own_id, code="I", name="甲")
    assert made["id"] == own_id
    body = {"id": own_id, "code": "I", "name": "甲", "kind": "committee", "sector": "organ"}
    again = await api.post("/v1/units", {**body, "parent_id": root["id"]}, expect=200)
    assert again == made
    answer = await api.post(
        "/v1/units", {**body, "name": "乙", "parent_id": root["id"]}, expect=409
    )
    assert ("/id", "duplicate_id") in problems(answer)


async def test_only_the_unused_is_deleted(api: Api) -> None:
    root = await factories.root(api)
    made = await factories.unit(api, root)
    branch = await factories.branch(api, made)
    path = f"/v1/units/{made['id']}"
    answer = await api.change("DELETE", path, expect=409)
    assert answer["code"] == "in_use"
    assert "下级组织" in answer["detail"]
    await api.change("DELETE", f"/v1/branches/{branch['id']}", expect=204)
    await api.change("DELETE", path, expect=204)
    await api.get(path, expect=404)
    answer = await api.change("DELETE", f"/v1/units/{root['id']}", expect=409)
    assert "授权" in answer["detail"]
    async with api.database.reading() as session:
        kinds = (await session.scalars(select(Event.type).order_by(Event.position))).all()
        last = await session.scalar(select(Event.org_id).where(Event.type == "unit.deleted"))
    assert kinds[-4:] == ["unit.created", "branch.created", "branch.deleted", "unit.deleted"]
    assert str(last) == root["id"]


async def test_what_is_owed_and_not_begun_does_not_keep_a_branch(api: Api) -> None:
    root = await factories.root(api)
    campaign = await factories.campaign(api, root)
    branch = await factories.branch(api, root)
    owed = await api.get("/v1/obligations", subject_id=branch["id"])
    assert owed["data"]
    done = await factories.branch(api, root)
    await api.post("/v1/activities", factories.activity(done, campaign))
    await api.change("DELETE", f"/v1/branches/{branch['id']}", expect=204)
    answer = await api.change("DELETE", f"/v1/branches/{done['id']}", expect=409)
    assert "活动" in answer["detail"]


async def test_a_caller_sees_and_changes_only_its_own_part(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    mine, other = await factories.unit(api, root), await factories.unit(api, root)
    below = await factories.unit(api, mine)
    organizer = await caller_at(Role.ORGANIZER, mine)
    assert {row["id"] for row in await organizer.all("/v1/units")} == {mine["id"], below["id"]}
    assert (await organizer.get(f"/v1/units/{below['id']}"))["ancestor_ids"][0] == root["id"]
    hidden = await organizer.send("GET", f"/v1/units/{other['id']}", expect=404)
    absent = await organizer.send("GET", f"/v1/units/{factories.own_id()}", expect=404)
    names = ("type", "title", "status", "detail", "code")
    assert [hidden.json()[n] for n in names] == [absent.json()[n] for n in names]
    await factories.unit(organizer, mine)
    body = {"code": "H", "name": "某委", "kind": "committee"}
    for parent in (other, root):
        answer = await organizer.post("/v1/units", {**body, "parent_id": parent["id"]}, expect=422)
        assert problems(answer) == {("/parent_id", "unknown_parent")}
    await organizer.send("PUT", f"/v1/units/{other['id']}", {**body, "parent_id": mine["id"]},
                         expect=404)  # fmt: skip
    await organizer.get("/v1/units", under=other["id"], expect=404)


async def test_seeing_is_not_organizing(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    mine = await factories.unit(api, root)
    viewer = await caller_at(Role.VIEWER, root)
    body = {"code": "V", "name": "某委", "kind": "committee", "parent_id": mine["id"]}
    await viewer.post("/v1/units", body, expect=403)
    await viewer.change("PATCH", f"/v1/units/{mine['id']}", {"name": "乙"}, expect=403)
