"""Campaigns over the API: made, read, changed, replaced, deleted, and who sees them."""

from typing import Any

import pytest

from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.support.client import Api, problems
from tests.support.factories import own_id

pytestmark = pytest.mark.one_database

TEMPLATE = "mass-line-discussion-2012"


def body(tree: Tree, **fields: Any) -> dict[str, Any]:
    """A small campaign, whole."""
    return {
        "root_unit_id": tree["root"],
        "code": "spring",
        "name": "春季活动",
        "starts_on": "2013-01-01",
        "ends_on": "2013-06-30",
        "notice_days": None,
        "notices": [{"document_number": "佛组通[2013]第05号", "issuer": "中共佛山市委组织部"}],
        "topics": [{"code": "t1", "title": "议题一"}, {"code": "t2", "title": "议题二"}],
        "checks": [{"code": "c1", "title": "一查"}],
        "talk_modes": [{"code": "reality", "title": "实谈"}],
        "methods": [{"code": "observe", "title": "望", "parent": "reality"}],
        "requirements": [
            {
                "code": "talk",
                "title": "讨论",
                "subject": "branch",
                "evidence": {"record": "activity", "kinds": ["discussion"], "topics": ["t1"]},
                "due_on": "2013-03-31",
            }
        ],
        **fields,
    }


async def test_a_campaign_is_made_whole_and_read_again(api: Api, tree: Tree) -> None:
    response = await api.send("POST", "/v1/campaigns", body(tree), expect=201)
    made = response.json()
    assert response.headers["location"] == f"/v1/campaigns/{made['id']}"
    assert (made["status"], made["revision"], made["counts_from"]) == ("draft", 1, "submitted")
    assert made["notices"][0]["document_number"] == "佛组通〔2013〕5号"
    assert made["notices"][0]["secrecy"] == "none"
    [talk] = made["requirements"]
    assert talk["applies_to"] == {
        "under_unit_id": tree["root"],
        "scope": "subtree",
        "sectors": [],
        "unit_kinds": [],
        "position_levels": [],
    }
    assert talk["issued_by_unit_id"] == tree["root"]
    assert talk["superior_due_on"] is None
    again = await api.send("GET", f"/v1/campaigns/{made['id']}", expect=200)
    assert again.json() == made
    assert again.headers["etag"] == response.headers["etag"] == '"1"'
    assert [row["id"] for row in await api.all("/v1/campaigns", status="draft")] == [made["id"]]
    assert await api.all("/v1/campaigns", code="autumn") == []


async def test_the_same_again_is_the_one_that_is_there(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    assert await api.post("/v1/campaigns", body(tree), expect=200) == made
    other = await api.post("/v1/campaigns", body(tree, name="别的活动"), expect=409)
    assert other["code"] == "campaign_code_taken"
    assert len(await api.all("/v1/campaigns")) == 1


async def test_all_that_is_wrong_is_told_at_once_and_nothing_changes(api: Api, tree: Tree) -> None:
    wrong = body(
        tree,
        ends_on="2012-12-31",
        notices=[
            {"document_number": "佛组通〔2013〕5号", "issuer": "甲"},
            {"document_number": "佛组通(2013)5号", "issuer": "乙"},
        ],
        topics=[{"code": "t1", "title": "一"}, {"code": "t1", "title": "二", "parent": "t3"}],
        methods=[{"code": "observe", "title": "望", "parent": "action"}],
        requirements=[
            {
                "code": "a",
                "title": "甲",
                "subject": "branch",
                "evidence": {"record": "leader_record", "kinds": ["visit"], "checks": ["c1"]},
                "opens_on": "2012-01-01",
                "applies_to": {"unit_kinds": ["committee"], "position_levels": ["131"]},
            },
            {
                "code": "a",
                "title": "乙",
                "subject": "unit",
                "evidence": {"record": "activity", "kinds": ["summary"], "topics": ["t9"]},
                "applies_to": {"under_unit_id": own_id()},
                "extends_code": "b",
            },
        ],
    )
    problem = await api.post("/v1/campaigns", wrong, expect=422)
    assert problems(problem) == {
        ("/ends_on", "period_reversed"),
        ("/notices/1/document_number", "repeated_code"),
        ("/topics/1/code", "repeated_code"),
        ("/topics/1/parent", "unknown_parent_code"),
        ("/methods/0/parent", "unknown_parent_code"),
        ("/requirements/0/evidence/record", "not_with"),
        ("/requirements/0/evidence/kinds/0", "not_of_record"),
        ("/requirements/0/evidence/checks", "not_with"),
        ("/requirements/0/opens_on", "day_outside_campaign"),
        ("/requirements/0/applies_to/unit_kinds", "not_with"),
        ("/requirements/0/applies_to/position_levels", "not_with"),
        ("/requirements/1/code", "repeated_code"),
        ("/requirements/1/evidence/kinds/0", "not_of_record"),
        ("/requirements/1/evidence/topics/0", "unknown_campaign_code"),
        ("/requirements/1/applies_to/under_unit_id", "unknown_unit_of_campaign"),
        ("/requirements/1/extends_code", "not_a_superiors_requirement"),
    }
    assert await api.all("/v1/campaigns") == []


async def test_what_cannot_be_read_is_told_with_its_place(api: Api, tree: Tree) -> None:
    notice = {"document_number": "无号", "issuer": "甲", "secrecy": "secret", "urgency": "soon"}
    wrong = body(tree, notices=[notice], starts_on="2013-02-30", surprise=1)
    problem = await api.post("/v1/campaigns", wrong, expect=422)
    assert problems(problem) == {
        ("/notices/0/document_number", "bad_document_number"),
        ("/notices/0/secrecy", "classified"),
        ("/notices/0/urgency", "not_allowed_value"),
        ("/starts_on", "bad_format"),
        ("/surprise", "unknown_field"),
    }
    problem = await api.post("/v1/campaigns", {"template": "none", "level": "town"}, expect=422)
    assert problems(problem) == {
        ("/template", "not_allowed_value"),
        ("/level", "not_allowed_value"),
        ("/root_unit_id", "required"),
    }
    assert problems(await api.post("/v1/campaigns", [], expect=422)) == {("", "wrong_type")}


async def test_the_root_is_a_unit_that_the_caller_organizes(api: Api, tree: Tree, as_: As) -> None:
    for root, code in ((own_id(), "unknown_unit_of_campaign"), (tree["street"], "unit_is_branch")):
        problem = await api.post("/v1/campaigns", body(tree, root_unit_id=root), expect=422)
        assert problems(problem) == {("/root_unit_id", code)}
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    problem = await nanhai.post("/v1/campaigns", body(tree), expect=422)
    assert problems(problem) == {("/root_unit_id", "unknown_unit_of_campaign")}
    viewer = await as_(Role.VIEWER, "root")
    await viewer.post("/v1/campaigns", body(tree), expect=403)
    await nanhai.post("/v1/campaigns", body(tree, root_unit_id=tree["nanhai"]))


async def test_who_takes_part_sees_the_campaign(api: Api, tree: Tree, as_: As) -> None:
    above = await api.post("/v1/campaigns", body(tree))
    own = await api.post("/v1/campaigns", body(tree, code="own", root_unit_id=tree["nanhai"]))
    seen = {
        place: [row["id"] for row in await caller.all("/v1/campaigns", sort="code")]
        for place in ("town", "nanhai", "chancheng")
        for caller in [await as_(Role.ORGANIZER, place)]
    }
    assert seen == {
        "town": [own["id"], above["id"]],
        "nanhai": [own["id"], above["id"]],
        "chancheng": [above["id"]],
    }
    chancheng = await as_(Role.ORGANIZER, "chancheng")
    absent = await chancheng.get(f"/v1/campaigns/{own_id()}", expect=404)
    hidden = await chancheng.get(f"/v1/campaigns/{own['id']}", expect=404)
    assert {**absent, "request_id": ""} == {**hidden, "request_id": ""}
    path = f"/v1/campaigns/{above['id']}"
    await chancheng.change("PATCH", path, {"name": "改名"}, expect=403)
    await chancheng.change("POST", f"{path}/open", expect=403, of=path)
    [mine] = await api.all("/v1/campaigns", under=tree["nanhai"])
    assert mine["id"] == own["id"]


async def test_a_change_names_its_revision_and_merges(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    await api.send("PATCH", path, {"name": "新名"}, expect=428)
    await api.send("PATCH", path, {"name": "新名"}, expect=412, headers={"If-Match": '"7"'})
    changed = await api.change("PATCH", path, {"name": "新名", "ends_on": None})
    assert changed == {
        **made,
        "name": "新名",
        "ends_on": None,
        "revision": 2,
        "updated_at": changed["updated_at"],
    }
    problem = await api.change("PATCH", path, {"name": None, "root_unit_id": "x"}, expect=422)
    assert ("/root_unit_id", "unknown_field") in problems(problem)
    problem = await api.change("PATCH", path, {"name": None}, expect=422)
    assert problems(problem) == {("/name", "wrong_type")}


async def test_a_change_leaves_requirements_their_footing(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    wrong = {"topics": [{"code": "t2", "title": "议题二"}], "ends_on": "2013-02-01"}
    problem = await api.change("PATCH", path, wrong, expect=422)
    assert problems(problem) == {
        ("/topics", "code_in_use"),
        ("/ends_on", "leaves_requirement_out"),
    }
    right = {"topics": [{"code": "t1", "title": "议题一"}]}
    assert len((await api.change("PATCH", path, right))["topics"]) == 1


async def test_put_makes_and_replaces_under_an_own_id(api: Api, tree: Tree) -> None:
    path = f"/v1/campaigns/{own_id()}"
    made = (await api.send("PUT", path, body(tree), expect=201)).json()
    assert path.endswith(made["id"])
    await api.send("PUT", path, body(tree), expect=200)
    kept = body(tree, name="替换")
    del kept["requirements"]
    replaced = await api.change("PUT", path, kept)
    assert replaced["name"] == "替换"
    assert replaced["requirements"] == made["requirements"]
    talk = {**body(tree)["requirements"][0], "title": "再讨论"}
    column = {"code": "column", "title": "专栏", "subject": "unit",
              "evidence": {"record": "activity"}}  # fmt: skip
    replaced = await api.change("PUT", path, body(tree, requirements=[talk, column]))
    assert [r["code"] for r in replaced["requirements"]] == ["talk", "column"] or [
        r["code"] for r in replaced["requirements"]
    ] == ["column", "talk"]
    ids = {r["code"]: r["id"] for r in replaced["requirements"]}
    assert ids["talk"] == made["requirements"][0]["id"]
    replaced = await api.change("PUT", path, body(tree, requirements=[column]))
    assert [r["id"] for r in replaced["requirements"]] == [ids["column"]]
    problem = await api.change("PUT", path, body(tree, root_unit_id=tree["nanhai"]), expect=422)
    assert problems(problem) == {("/root_unit_id", "fixed_once_made")}


async def test_put_under_the_id_of_a_hidden_campaign_is_absent(tree: Tree, as_: As) -> None:
    api = tree.api
    hidden = await api.post("/v1/campaigns", body(tree, root_unit_id=tree["nanhai"]))
    chancheng = await as_(Role.ORGANIZER, "chancheng")
    own = body(tree, code="own", root_unit_id=tree["chancheng"])
    await chancheng.send("PUT", f"/v1/campaigns/{hidden['id']}", own, expect=404)


async def test_only_a_draft_can_be_deleted(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    await api.send("DELETE", path, expect=428)
    await api.send("DELETE", path, expect=204, headers={"If-Match": '"1"'})
    await api.get(path, expect=404)
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    await api.change("POST", f"{path}/open", expect=202, of=path)
    problem = await api.change("DELETE", path, expect=409)
    assert problem["code"] == "campaign_in_use"
