"""The rehearsal in layers: the province's campaign, in which one city's notice adds to its own.

As in `test_campaign.py`, every step goes over HTTP and progress is compared with the books after
it; in the end progress of past days is, by the tree of each.
"""

from datetime import date
from typing import Any

import pytest

from app.worker import PERIODIC, periodic
from tests.rehearsal.model import Model, Org
from tests.rehearsal.stage import WAYS, Stage
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted

CHECKS = list(factories.CHECKS)
TOPICS = list(factories.TOPICS)
WINDS = ["formalism", "bureaucratism", "hedonism", "extravagance"]
RECEIVED = {"office": "党代表工作室", "delegate_level": "city", "delegates": 2,
            "people_received": 7}  # fmt: skip


async def test_a_campaign_in_layers(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(api, monkeypatch, top="province")
    await _tree(stage)
    await _opening(stage)
    supplement = await _foshan_adds(stage)
    await _receipts(stage, supplement)
    await _ways_of_talking(stage)
    await _branches(stage)
    await _units(stage)
    await _three_ones(stage)
    await _inspections(stage)
    await _nothing_to_report_and_exempt(stage)
    await _reports(stage)
    await _findings(stage)
    await _a_town_is_merged(stage)
    await _a_leader_goes_to_the_other_city(stage)
    await _a_branch_is_closed(stage)
    both = await _the_next_campaign(stage)
    await _work_for_both(stage, both)
    await _work_for_the_second(stage, both)
    await _the_second_half_year(stage)
    await _past_days(stage)
    await _the_supplement_ends(stage, supplement)
    await _the_first_is_closed(stage, both)


async def _tree(stage: Stage) -> None:
    """A province with two cities; one with a district, organs, two towns and four branches."""
    root = await factories.root(stage.admin)
    path = f"/v1/units/{root['id']}"
    body = {"code": "440000", "name": "中共广东省委组织部"}
    root = await stage.admin.change("PATCH", path, body, of=path)
    await stage.enter("province", root, Org("unit", root["kind"], root["sector"], None))
    await stage.unit("foshan", "province", "organization_department", "organ")
    await stage.unit("zhongshan", "province", "organization_department", "organ")
    await stage.unit("chancheng", "foshan", "organization_department", "organ")
    await stage.unit("organs", "foshan", "working_committee", "organ")
    await stage.unit("nanzhuang", "chancheng", "primary_committee", "rural")
    await stage.unit("zhangcha", "chancheng", "primary_committee", "rural")
    await stage.unit("shiqi", "zhongshan", "primary_committee", "community")
    for name, above, sector in (
        ("village", "nanzhuang", "rural"), ("estate", "nanzhuang", "community"),
        ("school", "zhangcha", "school"), ("archive", "organs", "organ"),
        ("port", "shiqi", "enterprise"), ("quay", "shiqi", "community"),
    ):  # fmt: skip
        await stage.branch(name, above, sector)
    await stage.leader("town head", "nanzhuang", "village")
    await stage.leader("district head", "chancheng", "estate")
    await stage.leader("director", "organs", "archive")


async def _opening(stage: Stage) -> None:
    """The province opens the campaign of its own notice, with days for some of what it asks."""
    made = await factories.campaign(
        stage.admin, stage.rows["province"], level="province", opened=False,
        starts_on="2012-12-24", ends_on="2013-12-31",
    )  # fmt: skip
    path = f"/v1/campaigns/{made['id']}"
    days = {"themed-meeting": "2013-02-28", "practical-deeds": "2013-01-24",
            "guidance-and-inspection": "2013-03-01", "leader-discussion": "2013-02-15"}  # fmt: skip
    for asked in made["requirements"]:
        if asked["code"] in days:
            own = f"{path}/requirements/{asked['id']}"
            await stage.admin.change("PATCH", own, {"due_on": days[asked["code"]]}, of=own)
    await factories.open_campaign(stage.admin, made)
    opened = await stage.read(made, stage.model)
    assert (opened["status"], opened["talk_modes"], opened["methods"]) == ("open", [], [])
    assert {asked["origin"]["document_number"] for asked in opened["requirements"]} == {
        "粤组电传〔2012〕122号"
    }
    await stage.agree(*stage.units())


async def _foshan_adds(stage: Stage) -> Any:
    """The city forwards the notice and adds to it; the province approves of what it asks for."""
    stage.day = date(2013, 1, 8)
    organizer = await granted(stage.admin, stage.rows["foshan"], "organizer")
    path = f"/v1/campaigns/{stage.campaign['id']}"
    body = {"unit_id": stage.id("foshan"), "template": "foshan-2013"}
    supplement = await organizer.post(f"{path}/supplements", body)
    assert {asked["status"] for asked in supplement["requirements"]} == {"proposed"}
    before = len(stage.model.requirements)
    await stage.read(stage.campaign, stage.model)
    assert len(stage.model.requirements) == before + len(supplement["requirements"])
    await stage.agree("foshan", "organs")
    own, approve = f"{path}/supplements/{supplement['id']}", {"decision": "approve"}
    await organizer.change("POST", f"{own}/decision", approve, expect=403, of=own)
    superior = await granted(stage.admin, stage.rows["province"], "organizer")
    decided = await superior.change("POST", f"{own}/decision", approve, of=own)
    assert {asked["status"] for asked in decided["requirements"]} == {"active"}
    await stage.admin.work()
    await stage.read(stage.campaign, stage.model)
    owed = await stage.admin.all("/v1/obligations", requirement_code="kickoff")
    assert {o["subject"]["id"] for o in owed} == {stage.id("chancheng"), stage.id("organs")}
    await stage.agree(*stage.units())
    return supplement


async def _receipts(stage: Stage, supplement: Any) -> None:
    """Each level says that it has the notice; who has not is a list."""
    campaign = await stage.admin.get(f"/v1/campaigns/{stage.campaign['id']}")
    notices = f"/v1/campaigns/{campaign['id']}/notices"
    provinces, foshans = campaign["notices"][0]["id"], supplement["notice"]["id"]
    received = (
        (provinces, ("foshan", "zhongshan", "chancheng")),
        (foshans, ("organs", "nanzhuang", "village")),
    )
    for notice, names in received:
        for name in names:
            body = {"unit_id": stage.id(name)}
            reporter = stage.callers[f"reporter of {name}"]
            await reporter.post(f"{notices}/{notice}/receipts", body)
    for notice, under, missing in (
        (provinces, "province", set()),
        (provinces, "foshan", {"organs"}),
        (foshans, "foshan", {"chancheng"}),
        (foshans, "chancheng", {"zhangcha"}),
        (foshans, "nanzhuang", {"estate"}),
    ):
        asked = {"under": stage.id(under), "received": False}
        rows = await stage.admin.all(f"{notices}/{notice}/receipts", **asked)
        assert {row["id"] for row in rows} == {stage.id(name) for name in missing}, under
    told = await stage.admin.post(
        f"{notices}/{foshans}/receipts", {"unit_id": stage.id("zhongshan")}, expect=422
    )
    assert problems(told) == {("/unit_id", "not_addressed")}
    stranger = stage.callers["reporter of shiqi"]
    body = {"unit_id": stage.id("shiqi")}
    await stranger.post(f"{notices}/{foshans}/receipts", body, expect=404)


async def _ways_of_talking(stage: Stage) -> None:
    """Talk modes and methods are used inside the city, by its levels, and nowhere else."""
    stage.day = date(2013, 1, 12)
    outside: dict[str, Any] = {
        "talk_mode": ("learn", "/talk_mode"),
        "methods": (["listen"], "/methods/0"),
    }
    for name in ("zhongshan", "port"):
        for field, (value, pointer) in outside.items():
            body = factories.activity(
                stage.rows[name], stage.campaign, held_on=str(stage.day), **{field: value}
            )
            own = stage.callers[f"reporter of {name}"]
            told = await own.post("/v1/activities", body, expect=422)
            assert problems(told) == {(pointer, "not_in_campaign")}
    # Observed without a visit before it, the method meets nothing; after one it does.
    await stage.held("chancheng", "discussion", methods=["observe"])
    await stage.held("chancheng", "visit", details={"group_visited": "vulnerable", "households": 4})
    await stage.held("chancheng", "symposium", methods=["observe", "listen"], talk_mode="learn",
                     members_present=12, public_present=5)  # fmt: skip
    await stage.held("organs", "discussion", methods=["diagnose"], topics=TOPICS[3:],
                     members_present=6)  # fmt: skip
    await stage.held("organs", "volunteer_service", talk_mode="action",
                     details={"service": "清洁河涌", "volunteers": 9, "hours": 27})  # fmt: skip
    await stage.held("chancheng", "opinion_solicitation", methods=["inquire"], opinions=3,
                     details={"opinions_received": 3})  # fmt: skip
    await stage.held("village", "study_session", talk_mode="learn", members_present=11)
    await stage.admin.work()
    await stage.agree(*stage.units())


async def _branches(stage: Stage) -> None:
    """Discussions and themed meetings in both cities."""
    stage.day = date(2013, 1, 20)
    everyone = {"town head": "participant", "district head": "host"}
    for topic in TOPICS[:3]:
        await stage.held("village", "discussion", topics=[topic], members_present=21,
                         person_times=30, leaders=everyone)  # fmt: skip
    for members in (["甲", "乙", "丙"], ["乙", "丙", "丁"]):
        await stage.held("port", "study_session", members_present=3, member_refs=members)
    await stage.held("archive", "discussion", topics=TOPICS, leaders={"director": "speaker"})
    await stage.held("quay", "discussion", topics=TOPICS[:2], members_present=8)
    await stage.held("village", "themed_org_life_meeting", checks=CHECKS, members_present=30,
                     leaders=everyone, findings=3)  # fmt: skip
    await stage.held("port", "themed_org_life_meeting", checks=CHECKS, members_present=9)
    returned = await stage.held("school", "themed_org_life_meeting", checks=CHECKS, findings=1,
                                members_present=14)  # fmt: skip
    await stage.reviewed("zhangcha", returned, "return", reason="没有查摆出问题")
    await stage.admin.work()
    await stage.handed_in_again("school", returned)
    await stage.reviewed("zhangcha", returned, "accept")
    mistaken = await stage.held("estate", "discussion", topics=TOPICS)
    await stage.withdrawn("estate", mistaken)


async def _units(stage: Stage) -> None:
    """Columns, receptions in a group and alone, deeds in time and late, care over the holidays."""
    web = {"medium": "web", "outlet": "党建网", "issues": 3}
    await stage.held("foshan", "platform_column", details=web)
    await stage.held("foshan", "delegate_reception", details=RECEIVED)
    await stage.held("zhongshan", "delegate_reception", details=RECEIVED | {"delegates": 1})
    township = {"delegate_level": "township", "delegates": 1, "people_received": 2}
    await stage.held("zhangcha", "delegate_reception", details=RECEIVED | township)
    deed = {"category": "路灯", "items": 6, "households": 40}
    await stage.held("nanzhuang", "practical_deed", details=deed)
    await stage.held("zhongshan", "visit", details={"group_visited": "public", "households": 5})
    stage.day = date(2013, 1, 28)
    await stage.held("shiqi", "practical_deed", details={"category": "道路", "items": 1})
    await stage.agree(*stage.units())


async def _three_ones(stage: Stage) -> None:
    """Leaders speak at the grass roots and write; what is returned counts when it comes again."""
    await stage.held("nanzhuang", "guidance_talk", leaders={"district head": "speaker",
                     "town head": "participant"}, details={"audience_count": 60})  # fmt: skip
    await stage.talked("director", "grassroots_talk")
    article = await stage.wrote("nanzhuang", "research_article", leader="town head")
    await stage.reviewed("chancheng", article, "return", reason="数据不实")
    await stage.handed_in_again("nanzhuang", article)
    owed = await stage.admin.all("/v1/obligations", subject_id=stage.id("district head"))
    assert {o["requirement_code"]: o["status"] for o in owed} == {
        "leader-discussion": "met", "leader-grassroots-talk": "met",
        "leader-research-article": "open", "leader-themed-meeting": "open",
    }  # fmt: skip


async def _inspections(stage: Stage) -> None:
    """The province inspects a city, the city its district, which inspects a town and a branch."""
    stage.day = date(2013, 2, 2)
    await stage.inspected("province", "foshan")
    await stage.inspected("foshan", "chancheng")
    await stage.inspected("chancheng", "nanzhuang")
    await stage.inspected("chancheng", "school")


async def _nothing_to_report_and_exempt(stage: Stage) -> None:
    """A nil return settles what it names; who is away is exempt."""
    nil: Any = {"body": None, "nil_kinds": ["good_practice", "publicity"]}
    await stage.wrote("organs", "nil_return", **nil)
    await stage.wrote("zhongshan", "nil_return", body=None, nil_kinds=["good_practice"])
    owed = await stage.admin.all(
        "/v1/obligations", subject_id=stage.id("archive"), requirement_code="themed-meeting"
    )
    path = f"/v1/obligations/{owed[0]['id']}"
    reviewer = stage.callers["reviewer of organs"]
    await reviewer.change("POST", f"{path}/exemption", {"reason": "全员外派"}, of=path)
    await stage.agree("organs")
    issuer = stage.callers["reviewer of province"]
    await issuer.change("POST", f"{path}/exemption/decision", {"decision": "grant"}, of=path)
    stage.model.exempt.add(("themed-meeting", stage.id("archive")))
    await stage.agree(*stage.units())


async def _reports(stage: Stage) -> None:
    """An essay and good practice go up level by level; the essay is selected and printed."""
    stage.day = date(2013, 2, 8)
    essay = await stage.wrote("village", "reflection_essay", author="老党员")
    for level in ("nanzhuang", "chancheng"):
        essay = await stage.reviewed(level, essay, "forward")
    essay = await stage.reviewed("foshan", essay, "return", reason="请补充事例")
    essay = await stage.handed_in_again("village", essay)
    stage.day = date(2013, 2, 12)
    for level in ("nanzhuang", "chancheng", "foshan"):
        essay = await stage.reviewed(level, essay, "forward")
    assert essay["level"]["id"] == stage.id("province")
    essay = await stage.reviewed("province", essay, "accept")
    path = f"/v1/reports/{essay['id']}"
    reviewer = stage.callers["reviewer of province"]
    chosen = await reviewer.change("POST", f"{path}/selection", of=path)
    essay = await stage.now(essay, chosen)
    practice = await stage.wrote("chancheng", "good_practice")
    await stage.reviewed("foshan", practice, "forward")
    update = await stage.wrote("foshan", "work_update")
    assert update["level"]["id"] == stage.id("province")
    owed = await stage.admin.all("/v1/obligations", subject_id=stage.id("foshan"))
    met = {o["requirement_code"] for o in owed if o["status"] == "met"}
    assert met >= {"selected-essays", "good-practice", "situation-report"}
    stage.day = date(2013, 3, 4)
    printed = {"level": "province", "outlet": "组工信息", "issue": "第9期",
               "adopted_on": str(stage.day)}  # fmt: skip
    await reviewer.post(f"{path}/adoptions", printed)
    stage.model.deeds[essay["id"]].adopted_on = stage.day
    await stage.agree(*stage.units())


async def _findings(stage: Stage) -> None:
    """From the first call to 销号: done, sent back, done again; one is passed on to the town."""
    stage.day = date(2013, 3, 6)
    own = [i for i, f in stage.model.findings.items() if f.org == stage.id("village")]
    one, other, late = own
    owner, superior = "reporter of village", "reviewer of nanzhuang"
    path = f"/v1/findings/{late}"
    await stage.callers[owner].change("PATCH", path, {"due_on": "2013-03-20"}, of=path)
    stage.model.findings[late].due = date(2013, 3, 20)
    for finding in (one, other):
        await stage.step(owner, finding, "start", "in_progress")
        await stage.step(owner, finding, "report_done", "reported_done")
    await stage.step(superior, other, "return", "in_progress", reason="群众还不满意")
    await stage.step(superior, one, "close", "closed")
    await stage.step(owner, other, "report_done", "reported_done")
    await stage.step(superior, other, "verify", "verified")
    await stage.step(superior, other, "close", "closed")
    await stage.step("reviewer of chancheng", one, "reopen", "open", reason="问题反弹")
    passed = next(i for i, f in stage.model.findings.items() if f.org == stage.id("school"))
    path = f"/v1/findings/{passed}"
    body = {"org_id": stage.id("zhangcha"), "reason": "须由镇统筹"}
    await stage.callers["reviewer of chancheng"].change("POST", f"{path}/handover", body, of=path)
    stage.model.findings[passed].org = stage.id("zhangcha")
    await stage.agree(*stage.units())


async def _a_town_is_merged(stage: Stage) -> None:
    """A town goes into its neighbour, with branches and leaders."""
    stage.day = date(2013, 4, 2)
    path, into = f"/v1/units/{stage.id('nanzhuang')}", stage.id("zhangcha")
    body = {"into_id": into, "closed_on": str(stage.day), "reason": "撤镇并街"}
    await stage.admin.change("POST", f"{path}/merge", body, of=path)
    model = stage.model
    for name in ("village", "estate"):
        model.orgs[stage.id(name)].move(into, stage.day)
    model.leaders[stage.id("town head")].go(into, stage.day)
    model.orgs[stage.id("nanzhuang")].closed_on = stage.day
    await stage.agree(*stage.units())
    await stage.admin.work()
    await stage.agree(*stage.units())
    await stage.held("estate", "themed_org_life_meeting", checks=CHECKS, members_present=5,
                     leaders={"district head": "participant"})  # fmt: skip


async def _a_leader_goes_to_the_other_city(stage: Stage) -> None:
    """What they have done goes along; what only the first city asks for stays behind."""
    stage.day = date(2013, 5, 6)
    path = f"/v1/leaders/{stage.id('town head')}"
    body = {"unit_id": stage.id("shiqi"), "branch_id": stage.id("port"), "post": "书记"}
    await stage.admin.change("POST", f"{path}/transfer", body, of=path)
    leader = stage.model.leaders[stage.id("town head")]
    leader.go(stage.id("shiqi"), stage.day)
    leader.branches.append(stage.id("port"))
    await stage.agree(*stage.units())
    await stage.talked("town head", "grassroots_talk")
    await stage.held("port", "discussion", topics=TOPICS[3:], members_present=4,
                     leaders={"town head": "participant"})  # fmt: skip


async def _a_branch_is_closed(stage: Stage) -> None:
    """It owes nothing any more; what it did stays."""
    stage.day = date(2013, 6, 3)
    path = f"/v1/branches/{stage.id('quay')}"
    body = {"closed_on": str(stage.day), "reason": "撤销"}
    await stage.admin.change("POST", f"{path}/close", body, of=path)
    stage.model.orgs[stage.id("quay")].closed_on = stage.day
    await stage.agree(*stage.units())


async def _the_next_campaign(stage: Stage) -> list[str]:
    """The campaign of 2013 is opened beside the first, with books of its own."""
    stage.day = date(2013, 6, 20)
    body = {"template": "mass-line-education-2013", "root_unit_id": stage.id("province")}
    made = await stage.admin.post("/v1/campaigns", body)
    await factories.open_campaign(stage.admin, made)
    opened = await stage.read(made, stage.model.beside())
    assert [check["code"] for check in opened["checks"]] == WINDS
    await stage.agree(*stage.units())
    return [stage.campaign["id"], opened["id"]]


async def _work_for_both(stage: Stage, both: list[str]) -> None:
    """What is entered once counts in each, as what each asks for; what is returned, in none."""
    first, second = both
    await stage.held("chancheng", "study_session", campaign_ids=both, talk_mode="learn",
                     topics=["stage_listening"], members_present=10)  # fmt: skip
    talk = await stage.held("zhangcha", "heart_to_heart_talk", campaign_ids=[second, first],
                            opinions=2, details={"opinions_received": 2})  # fmt: skip
    meeting = await stage.held(
        "estate", "themed_org_life_meeting", campaign_ids=[second, first], findings=2,
        checks=[*CHECKS, *WINDS], topics=["stage_criticism"], members_present=7,
        leaders={"district head": "participant"},
    )  # fmt: skip
    owed = await stage.admin.all("/v1/obligations", subject_id=stage.id("estate"), status="met")
    met = {(o["campaign_id"], o["requirement_code"]) for o in owed}
    assert met >= {(first, "rectification-measures"), (second, "org-life-meeting")}
    await stage.reviewed("zhangcha", meeting, "return", reason="剖析不深")
    await stage.handed_in_again("estate", meeting)
    await stage.held("school", "discussion", campaign_ids=both, topics=TOPICS[:1],
                     members_present=9, member_refs=["甲", "乙"])  # fmt: skip
    await stage.admin.work()
    await stage.moved("zhangcha", talk, [second])
    await stage.moved("zhangcha", talk, [first, second])
    mistaken = await stage.held("school", "discussion", campaign_ids=both, topics=TOPICS[1:2])
    await stage.withdrawn("school", mistaken)
    # The city's ways of talking are its own, in whatever else an activity counts.
    body = factories.activity(stage.rows["port"], stage.campaign, held_on=str(stage.day),
                              talk_mode="learn", campaign_ids=both)  # fmt: skip
    told = await stage.callers["reporter of port"].post("/v1/activities", body, expect=422)
    assert problems(told) == {("/talk_mode", "not_in_campaign")}
    await stage.agree(*stage.units())


async def _work_for_the_second(stage: Stage, both: list[str]) -> None:
    """A democratic life meeting, writings and what leaders do, of kinds that only it has."""
    second = {"campaign_id": both[1]}
    await stage.held("shiqi", "democratic_life_meeting", checks=WINDS, topics=["stage_criticism"],
                     members_present=6, **second)  # fmt: skip
    await stage.wrote("shiqi", "team_examination", **second)
    plan = await stage.wrote("zhangcha", "rectification_plan", **second)
    await stage.reviewed("chancheng", plan, "return", reason="措施不实")
    await stage.talked("town head", "listening", **second)
    await stage.inspected("zhongshan", "shiqi", **second)
    body = {"campaign_id": both[0], "org_id": stage.id("shiqi"), "kind": "rectification_plan",
            "title": "方案", "body": "正文"}  # fmt: skip
    await stage.callers["reporter of shiqi"].post("/v1/reports", body, expect=422)
    await stage.agree(*stage.units())


async def _the_second_half_year(stage: Stage) -> None:
    """The worker opens what is owed anew; the first half counts no more for it."""
    stage.day = date(2013, 7, 1)
    tasks = [task for task in PERIODIC if task.name == "campaigns.open_periods"]
    await periodic.register(stage.admin.database, tasks)
    await periodic.run_due(stage.admin.database, tasks, stage.admin.settings)
    await stage.admin.work()
    code = "leadership-delegates-reception"
    owed = await stage.admin.all(
        "/v1/obligations", subject_id=stage.id("foshan"), requirement_code=code
    )
    assert sorted((o["period"]["from"], o["status"]) for o in owed) == [
        ("2012-12-24", "met"), ("2013-07-01", "open"),
    ]  # fmt: skip
    await stage.agree(*stage.units())
    await stage.held("zhongshan", "delegate_reception", details=RECEIVED)
    await stage.held("shiqi", "delegate_reception", details=RECEIVED)


async def _past_days(stage: Stage) -> None:
    """Every unit and branch, the whole in every way, today and by the tree of days gone by."""
    for number, day in enumerate((date(2013, 1, 25), date(2013, 4, 20), date(2013, 6, 20))):
        for model in stage.books.values():
            await _all_agree(stage, model, number, day, as_of=str(day))
    for number, model in enumerate(stage.books.values()):
        await _all_agree(stage, model, number, stage.day)
    near = [await stage.agree_on_near_misses(model, name)
            for model in stage.books.values() for name in stage.organizations()]  # fmt: skip
    assert sum(map(bool, near)) > 3, near


async def _all_agree(stage: Stage, model: Model, number: int, day: date, **given: Any) -> None:
    for place, name in enumerate(stage.organizations()):
        whole = name == stage.top
        for by in WAYS if whole else [WAYS[(place + number) % len(WAYS)]]:
            await stage.agree_on(model, name, by, day, **given)


async def _the_supplement_ends(stage: Stage, supplement: Any) -> None:
    """Nobody owes any more what the city asked for; the province's own stays."""
    path = f"/v1/campaigns/{stage.campaign['id']}/supplements/{supplement['id']}"
    await stage.admin.change("POST", f"{path}/end", {"reason": "任务完成"}, of=path)
    await stage.admin.work()
    await stage.read(stage.campaign, stage.model)
    await stage.agree(*stage.units())


async def _the_first_is_closed(stage: Stage, both: list[str]) -> None:
    """What the first has counted stays, while the second goes on."""
    stage.day = date(2013, 12, 30)
    path = f"/v1/campaigns/{both[0]}"
    await stage.admin.change("POST", f"{path}/close", of=path)
    await stage.admin.work()
    stage.day = date(2014, 3, 3)
    await stage.held("school", "themed_org_life_meeting", checks=WINDS, topics=["stage_criticism"],
                     members_present=8, campaign_id=both[1])  # fmt: skip
    await stage.agree(*stage.units())
