"""Reports: submitted, reviewed level by level, selected, adopted; their lineage stays whole."""

from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place, accepting, review

pytestmark = pytest.mark.one_database

ESSAY = "群众路线是我们党的根本工作路线，要深入基层、深入群众，听真话、察实情、办实事。" * 8


async def test_a_report_goes_up_level_by_level_and_its_lineage_stays_whole(place: Place) -> None:
    made = await place.report(title="初稿", body="第一稿")
    path = f"/v1/reports/{made['id']}"
    assert (made["status"], made["level"]["id"]) == ("submitted", place.unit["id"])
    assert made["allowed_actions"] == ["edit", "withdraw"]
    await place.root_reviewer.get(path)
    await place.reporter.change("PATCH", path, {"body": "第二稿"})
    seen = await place.reviewer.get(path)
    assert seen["allowed_actions"] == ["accept", "return", "forward", "select", "adopt"]

    forwarded = await place.reviewer.post(
        f"{path}/reviews", review(seen, "forward", body="区里修改稿", reason="有推广价值")
    )

    assert (forwarded["status"], forwarded["level"]["id"]) == ("submitted", place.root["id"])
    # What has gone further up is no longer its author's to edit, but to withdraw.
    own = await place.reporter.get(path)
    assert own["allowed_actions"] == ["withdraw"]
    problem = await place.reporter.change("PATCH", path, {"body": "再改"}, expect=409)
    assert problem["code"] == "wrong_state"
    # The level that passed it on does not decide again.
    await place.reviewer.post(f"{path}/reviews", review(own), expect=403)

    accepted = await place.root_reviewer.post(f"{path}/reviews", review(own))

    assert accepted["status"] == "accepted"
    versions = [(v["by"]["id"], v["title"], v["body"]) for v in accepted["lineage"]]
    branch, unit = place.branch["id"], place.unit["id"]
    own = [(branch, "初稿", "第一稿"), (branch, "初稿", "第二稿")]
    assert versions == [*own, (unit, "初稿", "区里修改稿")]
    decisions = [
        (r["decision"], r["level"]["id"], r["to_level"] and r["to_level"]["id"], r["revision"])
        for r in accepted["reviews"]
    ]
    assert decisions == [
        ("forward", place.unit["id"], place.root["id"], 2),
        ("accept", place.root["id"], None, 3),
    ]
    listed = (await place.reviewer.get(f"{path}/reviews"))["data"]
    assert listed == accepted["reviews"]


async def test_at_the_root_nothing_is_forwarded(place: Place) -> None:
    body = place.report_body(org_id=place.unit["id"])
    made = await place.unit_reporter.post("/v1/reports", body)
    path = f"/v1/reports/{made['id']}"

    seen = await place.root_reviewer.get(path)
    assert "forward" not in seen["allowed_actions"]
    problem = await place.root_reviewer.post(f"{path}/reviews", review(seen, "forward"), expect=409)
    assert problem["code"] == "no_level_above"
    edited = review(seen, "accept", title="改题", body="改文")
    problem = await place.root_reviewer.post(f"{path}/reviews", edited, expect=422)
    assert problems(problem) == {("/title", "only_forwarded"), ("/body", "only_forwarded")}


async def test_a_return_goes_home_and_comes_back_through_every_level(place: Place) -> None:
    made = await place.report()
    path = f"/v1/reports/{made['id']}"
    forwarded = await place.reviewer.post(f"{path}/reviews", review(made, "forward"))
    day = str(clock.today() + timedelta(days=2))

    returned = await place.root_reviewer.post(
        f"{path}/reviews", review(forwarded, "return", reason="补充数据", resubmit_by=day)
    )

    assert (returned["status"], returned["resubmit_by"]) == ("returned", day)
    assert returned["level"]["id"] == place.branch["id"]
    again = await place.reporter.change("POST", f"{path}/submission", of=path)
    assert (again["status"], again["level"]["id"]) == ("submitted", place.unit["id"])
    assert again["reported_on"] == made["reported_on"]
    # Who passed it up before is no author of it: a level with one reviewer goes on.
    assert "forward" in (await place.reviewer.get(path))["allowed_actions"]
    passed = await place.reviewer.post(f"{path}/reviews", review(again, "forward"))
    assert passed["level"]["id"] == place.root["id"]


async def test_reports_meet_duties_from_day_to_day(place: Place) -> None:
    body = place.report_body("work_update", org_id=place.unit["id"])
    made = await place.unit_reporter.post("/v1/reports", body)
    path = f"/v1/reports/{made['id']}"

    async def met() -> dict[str, Any]:
        owed = await place.obligations(place.unit)
        return {c: o for c, o in owed.items() if o["count"] or o["returned"]}

    first = await met()
    assert len(first) == 1
    (met_one,) = first.values()
    assert met_one["evidence"] == [{"record": "report", "id": made["id"], "on": str(clock.today())}]
    await place.root_reviewer.post(f"{path}/reviews", review(made, "return", reason="补"))
    (returned,) = (await met()).values()
    assert (returned["returned"], returned["count"]) == (True, 0)
    await place.unit_reporter.change("POST", f"{path}/withdrawal", {"reason": "误"}, of=path)
    assert await met() == {}


async def test_an_article_by_a_leader_is_one_of_the_three_ones(place: Place) -> None:
    made = await place.article()
    path = f"/v1/reports/{made['id']}"

    (record,) = await place.admin.all("/v1/leader-records")
    assert (record["item"], record["report_id"], record["derived"]) == (
        "research_article", made["id"], True,
    )  # fmt: skip
    owed = await place.obligations(place.leader)
    assert [o["count"] for o in owed.values() if o["count"]] == [1]
    await place.reporter.change("PATCH", path, {"title": "新题目"})
    seen = await place.reviewer.get(path)
    await place.reviewer.post(f"{path}/reviews", review(seen, "return", reason="太短"))
    (record,) = await place.admin.all("/v1/leader-records")
    assert (record["title"], record["status"]) == ("新题目", "returned")
    owed = await place.obligations(place.leader)
    assert any(o["returned"] for o in owed.values())
    await place.reporter.change("PATCH", path, {"leader_id": None})
    assert await place.admin.all("/v1/leader-records") == []


async def test_passing_on_is_accepting_where_only_that_counts(api: Api) -> None:
    place = await accepting(api)
    made = await place.article()
    path = f"/v1/reports/{made['id']}/reviews"

    async def counted() -> int:
        return sum(o["count"] for o in (await place.obligations(place.leader)).values())

    assert await counted() == 0
    forwarded = await place.reviewer.post(path, review(made, "forward"))
    assert await counted() == 1
    await place.root_reviewer.post(path, review(forwarded, "return", reason="补"))
    assert await counted() == 0


async def test_nil_is_a_return_of_its_own(place: Place) -> None:
    nil = {"body": None, "nil_kinds": ["work_update", "good_practice"]}
    made = await place.report("nil_return", title="本月零报告", **nil)
    assert (made["body"], made["body_html"], made["nil_kinds"]) == (None, None, nil["nil_kinds"])

    wrong = place.report_body("nil_return", nil_kinds=[])
    problem = await place.reporter.post("/v1/reports", wrong, expect=422)
    assert problems(problem) == {("/nil_kinds", "required")}
    wrong = place.report_body(body=None, nil_kinds=["summary", "summary"])
    problem = await place.reporter.post("/v1/reports", wrong, expect=422)
    assert problems(problem) == {
        ("/body", "required"), ("/nil_kinds", "not_for_kind"), ("/nil_kinds/1", "not_for_kind"),
    }  # fmt: skip


async def test_selection_and_adoption_are_facts_of_their_own(place: Place) -> None:
    made = await place.report("reflection_essay")
    path = f"/v1/reports/{made['id']}"
    adoption = {"level": "province", "outlet": "组工信息", "issue": "第3期",
                "adopted_on": "2013-02-01", "link": "https://example.org/a"}  # fmt: skip

    for caller in (place.reporter, place.unit_reporter):
        await caller.post(f"{path}/adoptions", adoption, expect=403)
    selected = await place.reviewer.change("POST", f"{path}/selection", of=path)
    assert selected["selected"]
    assert "deselect" in selected["allowed_actions"]
    adopted = await place.reviewer.post(f"{path}/adoptions", adoption)
    again = await place.reviewer.post(f"{path}/adoptions", adoption)
    assert again["adoptions"] == adopted["adoptions"]
    (fact,) = adopted["adoptions"]
    assert {name: fact[name] for name in adoption} == adoption
    assert adopted["status"] == "submitted"

    listed = await place.admin.all("/v1/reports", adopted="true", selected="true")
    assert [r["id"] for r in listed] == [made["id"]]
    assert "body" not in listed[0]
    ahead = {**adoption, "adopted_on": str(clock.today() + timedelta(days=1))}
    problem = await place.reviewer.post(f"{path}/adoptions", ahead, expect=422)
    assert problems(problem) == {("/adopted_on", "in_future")}
    one = f"{path}/adoptions/{fact['id']}"
    assert (await place.reviewer.change("DELETE", one, of=path))["adoptions"] == []
    await place.reviewer.change("DELETE", one, of=path, expect=404)
    deselected = await place.reviewer.change("DELETE", f"{path}/selection", of=path)
    assert not deselected["selected"]


async def test_near_copies_are_a_hint_to_author_and_reviewer(place: Place, api: Api) -> None:
    other = await factories.branch(api, await factories.unit(api, place.root))
    first = await api.post("/v1/reports", place.report_body(body=ESSAY, org_id=other["id"]))
    copy = await place.report(body="我的体会：" + ESSAY)
    await place.report(body="完全不同的内容，谈的是城市升级和行政体制改革的具体安排与分工。" * 3)
    path = f"/v1/reports/{copy['id']}/similar"

    hidden = {"report_id": None, "title": None, "org_id": None}
    near = {"likeness": "nearly_identical"}
    # The author learns that there is one, but not whose.
    assert (await place.reporter.get(path))["data"] == [near | hidden]
    assert (await place.reviewer.get(path))["data"] == [near | hidden]
    shown = {"report_id": first["id"], "title": first["title"], "org_id": other["id"]}
    assert (await place.root_reviewer.get(path))["data"] == [near | shown]
    viewer = await granted(api, place.root, "viewer")
    await viewer.get(path, expect=403)
    assert "likeness" not in str(await api.all("/v1/reports"))


async def test_text_is_markdown_and_safe_to_show(place: Place) -> None:
    body = (
        "# 题\n\n**好** [网](https://example.org) [坏](javascript:alert(1))\n\n"
        "<script>alert(1)</script><img src=x onerror=alert(1)>\n\n|a|b|\n|-|-|\n|1|2|"
    )
    html = (await place.report(body=body))["body_html"]

    assert "<h1>题</h1>" in html
    assert "<strong>好</strong>" in html
    assert "<table>" in html
    assert 'href="https://example.org"' in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


async def test_drafts_are_kept_until_they_are_handed_in(place: Place) -> None:
    draft = await place.report(status="draft")
    path = f"/v1/reports/{draft['id']}"
    assert (draft["level"]["id"], draft["reported_on"]) == (place.branch["id"], None)
    assert draft["allowed_actions"] == ["edit", "submit", "withdraw", "delete"]
    assert (await place.reviewer.get(path))["allowed_actions"] == []
    await place.reviewer.post(f"{path}/reviews", review(draft), expect=409)

    submitted = await place.reporter.change("POST", f"{path}/submission", of=path)
    assert (submitted["status"], submitted["reported_on"]) == ("submitted", str(clock.today()))
    await place.reporter.change("DELETE", path, expect=409)
    other = await place.report(status="draft")
    await place.reporter.change("DELETE", f"/v1/reports/{other['id']}", expect=204)


async def test_own_ids_natural_keys_and_batches(place: Place) -> None:
    body = place.report_body(source="oa", external_id="9")
    made = await place.reporter.post("/v1/reports", body)
    assert (await place.reporter.post("/v1/reports", body, expect=200))["id"] == made["id"]
    problem = await place.reporter.post("/v1/reports", {**body, "title": "别的"}, expect=409)
    assert problem["code"] == "exists_otherwise"
    path = f"/v1/reports/{factories.own_id()}"
    await place.reporter.send("PUT", path, place.report_body(), expect=201)
    replaced = await place.reporter.change("PUT", path, place.report_body(title="新"))
    assert replaced["title"] == "新"
    moved = place.report_body(org_id=place.unit["id"])
    await place.unit_reporter.change("PUT", path, moved, expect=422)

    items = [place.report_body(), place.report_body(kind="poem"), body]
    batch = {"items": items, "atomic": False}
    result = await place.reporter.post("/v1/reports/batch", batch, expect=200)
    assert [item["status"] for item in result["data"]] == [201, 422, 200]
    await place.reporter.post("/v1/reports/batch", {"items": items}, expect=422)


async def test_others_see_nothing(place: Place, api: Api) -> None:
    made = await place.report()
    elsewhere = await granted(api, await factories.unit(api, place.root), "organizer")
    path = f"/v1/reports/{made['id']}"

    for suffix in ("", "/reviews", "/history", "/similar"):
        await elsewhere.get(path + suffix, expect=404)
    await elsewhere.post(f"{path}/reviews", review(made), expect=404)
    assert await elsewhere.all("/v1/reports") == []
    wrong = place.report_body(leader_id=factories.own_id(), reported_on="2012-01-01")
    problem = await elsewhere.post("/v1/reports", wrong, expect=422)
    assert ("/org_id", "unknown_organization") in problems(problem)
    assert ("/leader_id", "unknown_leader") in problems(problem)
    assert ("/reported_on", "outside_campaign") in problems(problem)
