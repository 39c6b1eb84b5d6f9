"""Campaigns wholly as data: kinds, items and checks of their own, taken wherever they are named."""

from typing import Any

import pytest

from tests.support import factories as make
from tests.support import scenes
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place, review

pytestmark = pytest.mark.one_database

EDUCATION = "mass-line-education-2013"
DAY = "2013-07-01"
WINDS = ["formalism", "bureaucratism", "hedonism", "extravagance"]


class Both(Place):
    """A place where a second campaign, `other`, runs beside the first."""

    other: Any


@pytest.fixture
async def both(api: Api) -> Both:
    """A place where the campaign of 2012 and the one that followed it run beside each other."""
    return await scenes.stage("both campaigns", api, lambda: _founded(api))


async def _founded(api: Api) -> Both:
    place = Both(api)
    place.root = await make.root(api)
    place.unit = await make.unit(api, place.root)
    place.branch = await make.branch(api, place.unit)
    place.leader = await make.leader(api, place.unit, place.branch)
    place.other = await make.campaign(api, place.root, ends_on="2013-12-31")
    place.campaign = await make.campaign(api, place.root, template=EDUCATION)
    place.reporter = await granted(api, place.branch, "reporter")
    place.unit_reporter = await granted(api, place.unit, "reporter")
    place.reviewer = await granted(api, place.root, "reviewer")
    return place


def held(of: Any, within: Any, kind: str, **fields: Any) -> dict[str, Any]:
    return make.activity(of, within, kind, held_on=DAY, **fields)


async def owed(place: Both, campaign: Any, subject: Any, status: str = "met") -> set[str]:
    rows = await place.admin.all(
        "/v1/obligations", campaign_id=campaign["id"], subject_id=subject["id"], status=status
    )
    return {row["requirement_code"] for row in rows}


async def test_two_campaigns_share_what_is_held(both: Both) -> None:
    shared = [both.other["id"], both.campaign["id"]]
    body = held(
        both.branch,
        both.other,
        "themed_org_life_meeting",
        campaign_ids=shared,
        topics=["stage_criticism"],
        checks=[*make.CHECKS, *WINDS],
        members_present=9,
        participants=[{"leader_id": both.leader["id"]}],
        findings=[
            {"check": "hedonism", "description": "求安逸"},
            {"check": "methods", "description": "方法老"},
        ],
    )
    made = await both.unit_reporter.post("/v1/activities", body)
    of = {f["check"]: f["campaign_id"] for f in made["findings"]}
    assert of == {"hedonism": shared[1], "methods": shared[0]}
    assert "org-life-meeting" in await owed(both, both.campaign, both.branch)
    assert await owed(both, both.other, both.branch)
    await both.admin.work()
    for campaign in (both.other, both.campaign):
        asked = {"campaign_id": campaign["id"], "unit_id": both.root["id"]}
        assert (await both.admin.get("/v1/progress", **asked))["counts"]["activities"] == 1


async def test_a_kind_of_its_own_is_also_what_it_extends(both: Both) -> None:
    fields = {"topics": ["stage_criticism"], "checks": WINDS}
    body = held(both.unit, both.campaign, "democratic_life_meeting", **fields)
    made = await both.unit_reporter.post("/v1/activities", body)
    assert made["kind"] == "democratic_life_meeting"
    path = f"/v1/activities/{made['id']}"
    assert (await both.unit_reporter.get(path))["kind"] == "democratic_life_meeting"
    for kind in ("democratic_life_meeting", "themed_org_life_meeting"):
        rows = await both.admin.all("/v1/activities", kind=kind)
        assert [(r["id"], r["kind"]) for r in rows] == [(made["id"], "democratic_life_meeting")]
    assert not await both.admin.all("/v1/activities", kind="symposium")
    assert "democratic-life-meeting" in await owed(both, both.campaign, both.unit)
    plain = held(both.unit, both.campaign, "themed_org_life_meeting", **fields)
    changed = await both.unit_reporter.change("PUT", path, plain)
    assert changed["kind"] == "themed_org_life_meeting"
    assert "democratic-life-meeting" not in await owed(both, both.campaign, both.unit)
    await both.unit_reporter.change("PATCH", path, {"kind": "democratic_life_meeting"})
    assert "democratic-life-meeting" in await owed(both, both.campaign, both.unit)
    late = {"code": "late", "title": "再开一次", "subject": "unit", "evidence": {
        "record": "activity", "kinds": ["themed_org_life_meeting"]}}  # fmt: skip
    await both.admin.post(f"/v1/campaigns/{both.campaign['id']}/requirements", late)
    await both.admin.work()
    assert "late" in await owed(both, both.campaign, both.unit)
    await both.admin.get("/v1/activities", kind="dance", expect=422)


async def test_details_are_those_of_the_extended_kind(both: Both) -> None:
    body = held(both.unit, both.campaign, "heart_to_heart_talk")
    problem = await both.unit_reporter.post("/v1/activities", body, expect=422)
    assert problems(problem) == {("/details/opinions_received", "required")}
    odd = body | {"details": {"opinions_received": -1, "office": "室"}, "topics": ["t"]}
    problem = await both.unit_reporter.post("/v1/activities", odd, expect=422)
    assert problems(problem) == {
        ("/details/opinions_received", "too_small"),
        ("/details/office", "unknown_field"),
        ("/topics/0", "not_in_campaign"),
    }
    draft = body | {"status": "draft", "details": {"method": "面谈"}}
    made = await both.unit_reporter.post("/v1/activities", draft)
    assert made["details"] == {"method": "面谈"}
    path = f"/v1/activities/{made['id']}"
    problem = await both.unit_reporter.change("POST", f"{path}/submission", of=path, expect=422)
    assert problems(problem) == {("/details/opinions_received", "required")}
    full = {"details": {"method": "面谈", "opinions_received": 3}}
    await both.unit_reporter.change("PATCH", path, full)
    await both.unit_reporter.change("POST", f"{path}/submission", of=path)
    assert "talk-heart-to-heart" in await owed(both, both.campaign, both.unit)
    other = body | {"campaign_id": both.other["id"]} | full
    problem = await both.unit_reporter.post("/v1/activities", other, expect=422)
    assert problems(problem) == {("/kind", "not_in_campaign")}
    assert "专题组织生活会" in problem["errors"][0]["detail"]


async def test_items_reports_and_checks_are_the_campaigns(both: Both) -> None:
    records, reports = "/v1/leader-records", "/v1/reports"
    item = make.record(both.leader, both.campaign, "heart_to_heart", done_on=DAY)
    made = await both.unit_reporter.post(records, item)
    assert "leader-heart-to-heart" in await owed(both, both.campaign, both.leader)
    assert [r["id"] for r in await both.admin.all(records, item="heart_to_heart")] == [made["id"]]
    odd = make.record(both.leader, both.other, "heart_to_heart", done_on=DAY)
    problem = await both.unit_reporter.post(records, odd, expect=422)
    assert problems(problem) == {("/item", "not_in_campaign")}
    plan = both.report_body("rectification_plan", org_id=both.unit["id"])
    sent = await both.unit_reporter.post(reports, plan)
    assert "rectification-plan" in await owed(both, both.campaign, both.unit)
    listed = await both.admin.all(reports, kind="rectification_plan")
    assert [r["id"] for r in listed] == [sent["id"]]
    essay = both.report_body("reflection_essay", org_id=both.unit["id"])
    problem = await both.unit_reporter.post(reports, essay, expect=422)
    assert problems(problem) == {("/kind", "not_in_campaign")}
    nil = both.report_body("nil_return", nil_kinds=["rules_made", "work_update"], body=None)
    await both.unit_reporter.post(reports, nil | {"org_id": both.unit["id"]})
    found = {"campaign_id": both.campaign["id"], "org_id": both.unit["id"],
             "check": "thinking", "description": "少"}  # fmt: skip
    problem = await both.unit_reporter.post("/v1/findings", found, expect=422)
    assert problems(problem) == {("/check", "not_in_campaign")}
    wind = await both.unit_reporter.post("/v1/findings", found | {"check": "formalism"})
    path = f"/v1/findings/{wind['id']}"
    await both.unit_reporter.change("PATCH", path, {"check": "work_style"}, expect=422)
    assert await both.admin.all("/v1/findings", check="formalism")
    for where in (f"{records}?item=no", f"{reports}?kind=no", "/v1/findings?check=no"):
        await both.admin.get(where, expect=422)


async def test_discussions_are_no_item_of_a_campaign_that_asks_for_none(both: Both) -> None:
    ids = [both.other["id"], both.campaign["id"]]
    body = held(both.branch, both.other, "discussion", campaign_ids=ids,
                participants=[{"leader_id": both.leader["id"]}])  # fmt: skip
    made = await both.unit_reporter.post("/v1/activities", body)
    rows = await both.admin.all("/v1/leader-records", activity_id=made["id"])
    assert [(r["campaign_id"], r["item"]) for r in rows] == [(ids[0], "discussion")]


async def test_an_item_that_extends_one_is_derived(both: Both) -> None:
    talk = {"code": "forum", "title": "参加座谈", "extends": "discussion"}
    body = {"root_unit_id": both.root["id"], "code": "own", "name": "自定", "starts_on": DAY,
            "leader_items": [talk], "notice_days": None, "requirements": [
                {"code": "forum", "title": "参加座谈", "subject": "leader",
                 "evidence": {"record": "leader_record", "kinds": ["forum"]}}]}  # fmt: skip
    own = await both.admin.post("/v1/campaigns", body)
    await make.open_campaign(both.admin, own)
    meeting = held(both.branch, own, "discussion", participants=[{"leader_id": both.leader["id"]}])
    made = await both.unit_reporter.post("/v1/activities", meeting)
    rows = await both.admin.all("/v1/leader-records", activity_id=made["id"])
    assert [r["item"] for r in rows] == ["forum"]
    assert await owed(both, own, both.leader) == {"forum"}


async def test_former_codes_of_the_checks_are_read_as_the_present_ones(both: Both) -> None:
    former = [f"check_{check}" for check in make.CHECKS]
    body = held(both.branch, both.other, "themed_org_life_meeting", checks=former,
                findings=[{"check": "check_methods", "description": "老"}])  # fmt: skip
    made = await both.reporter.post("/v1/activities", body)
    assert made["checks"] == list(make.CHECKS)
    assert made["findings"][0]["check"] == "methods"
    evidence = {"record": "activity", "checks": former}
    asked = {"code": "x", "title": "查", "subject": "branch", "evidence": evidence}
    path = f"/v1/campaigns/{both.other['id']}"
    kept = await both.admin.post(f"{path}/requirements", asked)
    assert kept["evidence"]["checks"] == list(make.CHECKS)
    checks = [{"code": f"check_{c['code']}", "title": c["title"]} for c in both.other["checks"]]
    changed = await both.admin.change("PATCH", path, {"checks": checks})
    assert [c["code"] for c in changed["checks"]] == list(make.CHECKS)


async def test_the_lists_are_read_and_added_to(both: Both) -> None:
    path = f"/v1/campaigns/{both.campaign['id']}/code-lists"
    found = {each["name"]: each for each in (await both.reporter.get(path))["data"]}
    assert [c["code"] for c in found["checks"]["codes"]] == WINDS
    kinds = {c["code"]: c for c in found["activity_kinds"]["codes"]}
    assert kinds["discussion"]["own"] is False
    meeting = kinds["democratic_life_meeting"]
    assert (meeting["own"], meeting["extends"]) == (True, "themed_org_life_meeting")
    assert meeting["zh"] == "专题民主生活会"
    assert [c["code"] for c in found["report_kinds"]["codes"]][-1] == "nil_return"
    three = await both.reporter.get(f"/v1/campaigns/{both.other['id']}/code-lists/leader_items")
    assert [c["code"] for c in three["codes"]] == [
        "discussion", "research_article", "grassroots_talk"
    ]  # fmt: skip
    one = f"{path}/leader_items"
    own = [{"code": c["code"], "title": c["zh"]} for c in found["leader_items"]["codes"]]
    more = [*own, {"code": "visit_point", "title": "到联系点调研"}]
    changed = await both.admin.change("PUT", one, {"codes": more})
    assert [c["code"] for c in changed["codes"]][-1] == "visit_point"
    again = await both.admin.change("PUT", one, {"codes": more})
    assert again["revision"] == changed["revision"]
    item = make.record(both.leader, both.campaign, "visit_point", done_on=DAY)
    await both.unit_reporter.post("/v1/leader-records", item)
    problem = await both.admin.change("PUT", one, {"codes": own}, expect=422)
    assert problems(problem) == {("/codes", "code_in_use")}
    wrong = [{"code": "visit", "title": "走访"}, {"code": "run", "title": "跑", "extends": "walk"}]
    problem = await both.admin.change("PUT", f"{path}/activity_kinds", {"codes": wrong}, expect=422)
    assert problems(problem) == {
        ("/codes", "code_in_use"),
        ("/codes/0/code", "code_of_service"),
        ("/codes/0/extends", "not_extended"),
        ("/codes/1/extends", "not_extended"),
    }
    await both.reporter.change("PUT", one, {"codes": more}, expect=403)
    await both.reporter.get(f"{path}/colours", expect=422)
    topics = {"codes": [{"code": "t", "title": "题", "extends": "x"}]}
    problem = await both.admin.change("PUT", f"{path}/topics", topics, expect=422)
    assert ("/codes/0/extends", "unknown_field") in problems(problem)


async def test_what_was_reviewed_keeps_the_kind(both: Both) -> None:
    fields = {"topics": ["stage_criticism"], "checks": WINDS}
    body = held(both.unit, both.campaign, "democratic_life_meeting", **fields)
    made = await both.unit_reporter.post("/v1/activities", body)
    path = f"/v1/activities/{made['id']}"
    await both.reviewer.post(f"{path}/reviews", review(made))
    assert "democratic-life-meeting" in await owed(both, both.campaign, both.unit)
    again = await both.unit_reporter.post("/v1/activities", body)
    assert [w["code"] for w in again["warnings"]] == ["same_activity"]
