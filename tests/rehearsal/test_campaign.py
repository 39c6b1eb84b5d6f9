"""The rehearsal: one campaign from the notice to the summary, its progress right at every step.

Every step goes over HTTP by whoever does it, on its day; after it the service's progress is
compared with the books of `model.py`, which share nothing with it.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.rehearsal.model import Org
from tests.rehearsal.stage import Stage
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted

CHECKS = list(factories.CHECKS)
TOPICS = list(factories.TOPICS)


async def test_a_whole_campaign(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(api, monkeypatch)
    await _tree(stage)
    await _opening(stage)
    await _work(stage)
    await _returns(stage)
    essay = await _to_the_province(stage)
    await _findings(stage)
    await _reminders(stage)
    await _a_town_is_merged(stage)
    await _a_leader_is_transferred(stage)
    await _adoption(stage, essay)
    await _closing(stage)


async def _tree(stage: Stage) -> None:
    """A province with a city, two districts and the organs; two towns and five branches."""
    root = await factories.root(stage.admin)
    path = f"/v1/units/{root['id']}"
    body = {"code": "440000", "name": "中共广东省委组织部"}
    root = await stage.admin.change("PATCH", path, body, of=path)
    await stage.enter("province", root, Org("unit", root["kind"], root["sector"], None))
    await stage.unit("city", "province", "organization_department", "organ")
    await stage.unit("chancheng", "city", "organization_department", "organ")
    await stage.unit("shunde", "city", "organization_department", "organ")
    await stage.unit("organs", "city", "working_committee", "organ")
    await stage.unit("nanzhuang", "chancheng", "primary_committee", "rural")
    await stage.unit("zhangcha", "chancheng", "primary_committee", "rural")
    await stage.branch("village", "nanzhuang", "rural")
    await stage.branch("estate", "nanzhuang", "community")
    await stage.branch("school", "zhangcha", "school")
    await stage.branch("port", "shunde", "enterprise")
    await stage.branch("archive", "organs", "organ")
    await stage.leader("town head", "nanzhuang", "village")
    await stage.leader("district head", "chancheng", "estate")
    await stage.leader("director", "organs", "archive")


async def _opening(stage: Stage) -> None:
    """The city opens the campaign of both notices; the district sets a day for the meeting."""
    made = await factories.campaign(
        stage.admin,
        stage.rows["city"],
        starts_on="2012-12-24",
        ends_on="2013-06-30",
        notice_days=None,
    )
    district = await granted(stage.admin, stage.rows["chancheng"], "organizer")
    path = f"/v1/campaigns/{made['id']}"
    own = {
        "code": "chancheng-meeting", "title": "二月底前召开专题组织生活会", "subject": "branch",
        "evidence": {"record": "activity", "kinds": ["themed_org_life_meeting"],
                     "checks": CHECKS},
        "issued_by_unit_id": stage.id("chancheng"), "due_on": "2013-02-28",
    }  # fmt: skip
    asked = await district.post(f"{path}/requirements", own)
    above = f"{path}/requirements/{asked['id']}"
    await stage.admin.change("POST", f"{above}/decision", {"decision": "approve"}, of=above)
    opened = await stage.read(made, stage.model)
    assert opened["status"] == "open"
    assert len(opened["requirements"]) > 30
    await stage.agree("province", "city", "chancheng", "nanzhuang", "organs")


async def _work(stage: Stage) -> None:
    """Mobilisation, discussions on the four topics, themed meetings, columns, deeds."""
    stage.day = date(2013, 1, 10)
    for district in ("chancheng", "organs"):
        await stage.held(district, "study_session", talk_mode="learn")
    everyone = {"town head": "participant", "district head": "host"}
    for topic in TOPICS[:3]:
        await stage.held("village", "discussion", topics=[topic], members_present=21,
                         person_times=30, leaders=everyone)  # fmt: skip
    for members in (["甲", "乙", "丙"], ["乙", "丙", "丁"]):
        await stage.held("estate", "study_session", members_present=3, member_refs=members)
    await stage.held("archive", "discussion", topics=TOPICS, leaders={"director": "speaker"})
    await stage.admin.work()
    stage.day = date(2013, 1, 20)
    web = {"medium": "web", "outlet": "党建网"}
    await stage.held("chancheng", "platform_column", details=web)
    await stage.held("village", "themed_org_life_meeting", checks=CHECKS, members_present=30,
                     leaders=everyone, findings=3)  # fmt: skip
    await stage.held("archive", "themed_org_life_meeting", checks=CHECKS[:2],
                     leaders={"director": "participant"})  # fmt: skip
    await stage.held("nanzhuang", "opinion_solicitation", opinions=4,
                     details={"opinions_received": 4})  # fmt: skip
    await stage.held("nanzhuang", "guidance_talk", leaders={"district head": "speaker",
                     "town head": "participant"}, details={"audience_count": 60})  # fmt: skip
    await stage.held(
        "nanzhuang", "practical_deed", details={"category": "路灯", "items": 6, "households": 40}
    )
    await stage.talked("director", "grassroots_talk")
    await stage.inspected("city", "chancheng")
    await stage.wrote("village", "nil_return", body=None, nil_kinds=["good_practice"])
    await stage.wrote("organs", "nil_return", body=None, nil_kinds=["good_practice", "publicity"])
    await _exempted(stage, "archive", "themed-meeting")
    await stage.agree("province", "city", "chancheng", "nanzhuang", "zhangcha")


async def _exempted(stage: Stage, name: str, code: str) -> None:
    """The organs propose it, the city, which asks for it, grants it."""
    owed = await stage.admin.all(
        "/v1/obligations", subject_id=stage.id(name), requirement_code=code
    )
    path = f"/v1/obligations/{owed[0]['id']}"
    reviewer = stage.callers["reviewer of organs"]
    await reviewer.change("POST", f"{path}/exemption", {"reason": "全员外派"}, of=path)
    await stage.agree()
    issuer, granted = stage.callers["reviewer of city"], {"decision": "grant"}
    await issuer.change("POST", f"{path}/exemption/decision", granted, of=path)
    stage.model.exempt.add((code, stage.id(name)))
    await stage.agree()


async def _returns(stage: Stage) -> None:
    """What is returned is owed again, though not overdue; handed in again, it counts again."""
    stage.day = date(2013, 1, 28)
    meeting = await stage.held("school", "themed_org_life_meeting", checks=CHECKS, findings=1)
    await stage.reviewed("zhangcha", meeting, "return", reason="没有查摆出问题")
    await stage.agree("chancheng")
    await stage.admin.work()
    await stage.handed_in_again("school", meeting)
    await stage.reviewed("zhangcha", meeting, "accept")
    mistaken = await stage.held("estate", "discussion", topics=TOPICS)
    await stage.withdrawn("estate", mistaken)
    article = await stage.wrote("nanzhuang", "research_article", leader="town head")
    await stage.reviewed("chancheng", article, "return", reason="数据不实")
    await stage.handed_in_again("nanzhuang", article)


async def _to_the_province(stage: Stage) -> Any:
    """An essay goes from the branch to the province, level by level; the city's own reports."""
    stage.day = date(2013, 2, 4)
    essay = await stage.wrote("village", "reflection_essay", author="老党员")
    for level, edited in (
        ("nanzhuang", {}),
        ("chancheng", {"title": "走到群众中去"}),
        ("city", {}),
    ):
        essay = await stage.reviewed(level, essay, "forward", **edited)
    assert essay["level"]["id"] == stage.id("province")
    essay = await stage.reviewed("province", essay, "accept")
    path = f"/v1/reports/{essay['id']}"
    chosen = await stage.callers["reviewer of province"].change(
        "POST", f"{path}/selection", of=path
    )
    essay = await stage.now(essay, chosen)
    owed = await stage.admin.all("/v1/obligations", subject_id=stage.id("city"))
    assert {o["requirement_code"]: o["status"] for o in owed}["selected-essays"] == "met"
    assert [v["title"] for v in essay["lineage"]] == ["情况", "走到群众中去"]
    for kind in ("work_update", "reflection_essay"):
        sent = await stage.wrote("city", kind)
        assert sent["level"]["id"] == stage.id("province")
    update = await stage.wrote("chancheng", "work_update")
    await stage.reviewed("city", update, "accept")
    return essay


async def _findings(stage: Stage) -> None:
    """One problem is put right, verified and closed; one comes back; one is forgotten."""
    stage.day = date(2013, 2, 10)
    one, other, late = [i for i, f in stage.model.findings.items() if f.org == stage.id("village")]
    owner, superior = "reporter of village", "reviewer of nanzhuang"
    path = f"/v1/findings/{late}"
    await stage.callers[owner].change("PATCH", path, {"due_on": "2013-02-20"}, of=path)
    stage.model.findings[late].due = date(2013, 2, 20)
    for finding in (one, other):
        await stage.step(owner, finding, "start", "in_progress")
        await stage.step(owner, finding, "report_done", "reported_done")
    await stage.step(superior, other, "return", "in_progress", reason="群众还不满意")
    await stage.step(superior, one, "verify", "verified")
    await stage.step("reviewer of chancheng", one, "close", "closed")
    await stage.step(superior, one, "reopen", "open", reason="问题反弹")
    for action, status in (("start", "in_progress"), ("report_done", "reported_done")):
        await stage.step(owner, one, action, status)
    await stage.step(superior, one, "verify", "verified")
    await stage.step(superior, one, "close", "closed")


async def _reminders(stage: Stage) -> None:
    """Before the day, after it, and to the superior; what is done or asked promptly, never."""
    open_ones = {stage.id("estate")}
    for day, stages in (
        (date(2013, 2, 20), set()),
        (date(2013, 2, 26), {"due_soon"}),
        (date(2013, 3, 3), {"overdue"}),
        (date(2013, 3, 8), {"escalated"}),
    ):
        stage.day = day
        await stage.admin.work()
        found = [r for r in await stage.admin.all("/v1/reminders") if r["kind"] == "obligation"]
        assert {r["stage"] for r in found} == stages, day
        assert {r["org_id"] for r in found} == (open_ones if stages else set())
        await stage.agree("chancheng", "nanzhuang")
    told = await stage.admin.all("/v1/reminders")
    assert {tuple(r["addressed_to"]) for r in told if r["kind"] == "obligation"} == {
        (stage.id("estate"), stage.id("nanzhuang"))
    }
    assert [r["stage"] for r in told if r["kind"] == "finding"] == ["escalated"]


async def _a_town_is_merged(stage: Stage) -> None:
    """A town goes into its neighbour: seen before, carried out, and nothing done is lost."""
    stage.day = date(2013, 3, 11)
    path = f"/v1/units/{stage.id('nanzhuang')}"
    body = {"into_id": stage.id("zhangcha"), "closed_on": str(stage.day), "reason": "撤镇并街"}
    effect = await stage.admin.change("POST", f"{path}/merge", {**body, "preview": True}, of=path)
    assert (effect["organizations"], effect["leaders"]) == (2, 1)
    assert effect["obligations"]["void"]
    await stage.agree("chancheng", "nanzhuang", "zhangcha")
    await stage.admin.change("POST", f"{path}/merge", body, of=path)
    model = stage.model
    into = stage.id("zhangcha")
    for name in ("village", "estate"):
        model.orgs[stage.id(name)].move(into, stage.day)
    model.leaders[stage.id("town head")].go(into, stage.day)
    model.orgs[stage.id("nanzhuang")].closed_on = stage.day
    await stage.agree("province", "city", "chancheng", "nanzhuang", "zhangcha")
    await stage.admin.work()
    await stage.agree("province", "city", "chancheng", "nanzhuang", "zhangcha")
    await stage.held("estate", "themed_org_life_meeting", checks=CHECKS,
                     leaders={"district head": "participant"})  # fmt: skip
    mistaken = await stage.wrote("estate", "good_practice")
    await stage.reviewed("zhangcha", mistaken, "accept")


async def _a_leader_is_transferred(stage: Stage) -> None:
    """The town's head goes to the other district: what was done goes along, and counts once."""
    stage.day = date(2013, 4, 1)
    path = f"/v1/leaders/{stage.id('town head')}"
    body = {"unit_id": stage.id("shunde"), "branch_id": stage.id("port"), "post": "常委"}
    await stage.admin.change("PATCH", path, body, of=path)
    leader = stage.model.leaders[stage.id("town head")]
    leader.go(stage.id("shunde"), stage.day)
    leader.branches.append(stage.id("port"))
    await stage.agree("province", "city", "chancheng", "zhangcha", "shunde")
    owed = await stage.admin.all("/v1/obligations", subject_id=stage.id("town head"))
    three = {o["requirement_code"]: o["status"] for o in owed}
    assert three["leader-discussion"] == three["leader-research-article"] == "met"
    assert three["leader-grassroots-talk"] == "open"
    await stage.talked("town head", "grassroots_talk")
    await stage.held("port", "themed_org_life_meeting", checks=CHECKS,
                     leaders={"town head": "participant"})  # fmt: skip


async def _adoption(stage: Stage, essay: Any) -> None:
    """The province's bulletin prints the essay."""
    stage.day = date(2013, 5, 2)
    path = f"/v1/reports/{essay['id']}"
    printed = {
        "level": "province",
        "outlet": "组工信息",
        "issue": "第9期",
        "adopted_on": "2013-05-02",
    }
    await stage.callers["reviewer of province"].post(f"{path}/adoptions", printed)
    stage.model.deeds[essay["id"]].adopted_on = stage.day
    await stage.agree("province", "city", "zhangcha")


async def _closing(stage: Stage) -> None:
    """Summaries, then the end: what is open then stays open for good."""
    stage.day = date(2013, 6, 28)
    for name in ("chancheng", "shunde", "organs"):
        summary = await stage.wrote(name, "summary")
        await stage.reviewed("city", summary, "accept")
    path = f"/v1/campaigns/{stage.campaign['id']}"
    await stage.admin.change("POST", f"{path}/close", of=path)
    await stage.admin.work()
    await stage.agree("province", "city", "chancheng", "shunde", "organs", "zhangcha")
    own = stage.callers["reporter of port"]
    late = factories.activity(stage.rows["port"], stage.campaign, held_on=str(stage.day))
    problem = await own.post("/v1/activities", late, expect=409)
    assert problem["code"] == "campaign_not_open"
    stage.day += timedelta(days=30)
    await stage.agree("province", "city")
    timeline = await stage.admin.get(
        "/v1/progress/timeline", campaign_id=stage.campaign["id"], unit_id=stage.id("city")
    )
    figures = stage.model.figures(stage.id("city"), "sector", stage.day)
    done = sum(t.get("done", 0) for lines in figures.values() for t in lines.values())
    assert timeline["data"][-1]["done_so_far"] == done
