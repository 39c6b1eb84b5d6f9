"""Rectification under supervision: each side's own say, later days, passing on, batches."""

from datetime import timedelta

import pytest

from app.kit import clock
from tests.features.findings.test_findings import COMPLETE, DONE, finding, step
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database

OPINION = {"field": "social", "source_group": "public", "content": "路灯不亮"}


def day(days: int) -> str:
    return str(clock.today() + timedelta(days=days))


async def test_a_finding_says_to_each_side_what_is_its_own(place: Place) -> None:
    own = await place.reporter.post("/v1/findings", finding(place, due_on=day(3)))
    theirs = await place.reviewer.post("/v1/findings", finding(place, due_on=day(3)))
    assert (own["origin"], theirs["origin"]) == ("own", "superior")
    path = f"/v1/findings/{theirs['id']}"
    changed = {"due_on": day(120), "description": "别的", "nature": "long_term", "check": "methods"}

    problem = await place.reporter.change("PATCH", path, changed, expect=422)
    assert problems(problem) == {(f"/{name}", "not_yours") for name in changed}
    problem = await place.reviewer.change("PATCH", path, {"measure": "代写"}, expect=422)
    assert problems(problem) == {("/measure", "not_yours")}
    await place.reporter.change("PATCH", path, COMPLETE)
    amended = await place.reviewer.change("PATCH", path, changed)
    assert {name: amended[name] for name in changed} == changed
    assert not amended["overdue"]

    path = f"/v1/findings/{own['id']}"
    for put_off in ({"due_on": day(4)}, {"due_on": None}):
        problem = await place.reporter.change("PATCH", path, put_off, expect=422)
        assert problems(problem) == {("/due_on", "by_extension")}
    problem = await place.reporter.change("PATCH", path, {"nature": "long_term"}, expect=422)
    assert problems(problem) == {("/nature", "by_extension")}
    earlier = {"due_on": day(2), "description": "走访群众少"}
    await place.reporter.change("PATCH", path, earlier)
    problem = await place.reviewer.change("PATCH", path, {"description": "代写"}, expect=422)
    assert problems(problem) == {("/description", "not_yours")}
    assert (await place.reviewer.change("PATCH", path, {"due_on": day(9)}))["due_on"] == day(9)


async def test_an_activity_is_no_way_round(place: Place) -> None:
    given = {"check": "thinking", "description": "群众观点不牢", "due_on": day(3)}
    draft = await place.activity(findings=[given], status="draft")
    (inner,) = draft["findings"]
    path = f"/v1/activities/{draft['id']}"
    later = {"findings": [{**given, "id": inner["id"], "due_on": day(9)}]}
    await place.reporter.change("PATCH", path, later)
    await place.reporter.change("POST", f"{path}/submission", None, of=path)
    found = await place.reviewer.post("/v1/findings", finding(place, activity_id=draft["id"]))
    mine = {"id": inner["id"], "due_on": day(10)}
    theirs = {"id": found["id"], "check": "work_style", "description": "别的"}

    problem = await place.reporter.change(
        "PATCH", path, {"findings": [{**given, **mine}, theirs]}, expect=422
    )

    assert problems(problem) == {
        ("/findings/0/due_on", "by_extension"), ("/findings/1/description", "not_yours")
    }  # fmt: skip


@pytest.mark.parametrize("decision", ["grant", "refuse"])
async def test_a_later_day_is_the_superiors_to_grant(place: Place, decision: str) -> None:
    made = await place.reporter.post("/v1/findings", finding(place, due_on=day(-1)))
    path = f"/v1/findings/{made['id']}"
    assert made["overdue"]
    asked = {"until": day(-1), "reason": "…"}
    problem = await place.reporter.post(f"{path}/extensions", asked, expect=422)
    assert problems(problem) == {("/until", "not_later")}
    asked = {"until": day(5), "reason": "汛期"}
    await place.reviewer.post(f"{path}/extensions", asked, expect=403)
    waiting = await place.reporter.post(f"{path}/extensions", asked)
    (extension,) = waiting["extensions"]
    assert (extension["status"], waiting["due_on"], waiting["overdue"]) == ("asked", day(-1), True)
    assert "ask_extension" not in waiting["allowed_actions"]
    problem = await place.reporter.post(f"{path}/extensions", asked, expect=409)
    assert problem["code"] == "extension_pending"
    answer = f"{path}/extensions/{extension['id']}/decision"
    await place.reporter.post(answer, {"decision": "grant"}, expect=403)
    if decision == "refuse":
        problem = await place.reviewer.post(answer, {"decision": "refuse"}, expect=422)
        assert problems(problem) == {("/reason", "required")}

    said = {"decision": decision, "reason": "尽快"}
    decided = await place.reviewer.post(answer, said, expect=200)

    granted_ = decision == "grant"
    assert decided["due_on"] == (day(5) if granted_ else day(-1))
    assert decided["overdue"] is not granted_
    assert decided["extensions"][0]["answer"] == "尽快"
    problem = await place.reviewer.post(answer, said, expect=409)
    assert problem["code"] == "wrong_state"
    acts = [(e["act"], e["reason"]) for e in decided["history"][1:]]
    end = "extension_granted" if granted_ else "extension_refused"
    assert acts == [("extension_asked", "汛期"), (end, "尽快")]


async def test_nobody_grants_their_own_request(place: Place, api: Api) -> None:
    both = await granted(api, place.root, "organizer")
    made = await both.post("/v1/findings", finding(place, due_on=day(3)))
    path = f"/v1/findings/{made['id']}/extensions"
    asked = await both.post(path, {"until": day(9), "reason": "汛期"})
    answer = f"{path}/{asked['extensions'][0]['id']}/decision"
    problem = await both.post(answer, {"decision": "grant"}, expect=403)
    unknown = f"{path}/{factories.own_id()}/decision"
    await place.reviewer.post(unknown, {"decision": "grant"}, expect=404)
    assert problem["code"] == "own_submission"
    none = await place.reporter.post("/v1/findings", finding(place))
    nothing = f"/v1/findings/{none['id']}/extensions"
    later = {"until": day(5), "reason": "汛期"}
    problem = await place.reporter.post(nothing, later, expect=409)
    assert problem["code"] == "no_day_to_extend"
    past = await both.post("/v1/findings", finding(place, due_on=day(-9)))
    path = f"/v1/findings/{past['id']}/extensions"
    problem = await both.post(path, {"until": day(-1), "reason": "…"}, expect=422)
    assert problems(problem) == {("/until", "in_past")}


async def test_it_is_struck_off_only_when_it_says_all(place: Place) -> None:
    made = await place.reporter.post("/v1/findings", finding(place, cause="制度不全"))
    path = f"/v1/findings/{made['id']}"
    assert made["missing"] == ["measure", "responsible", "goal"]
    await step(place.reporter, made, "start")
    wrong = {"text": "走访了十户", "done_on": day(1), "attachment_ids": [factories.own_id()]}
    problem = await step(place.reporter, made, "report_done", 422, done=wrong)
    assert problems(problem) == {
        ("/done/done_on", "in_future"), ("/done/attachment_ids/0", "unknown_attachment")
    }  # fmt: skip
    file = {"file": ("照片.txt", "走访登记".encode(), "text/plain")}
    upload = await place.reporter.http.post(
        "/v1/attachments", data={"org_id": place.branch["id"]}, files=file
    )
    done = {"text": "走访了十户", "done_on": day(-1), "attachment_ids": [upload.json()["id"]]}
    reported = await step(place.reporter, made, "report_done", done=done)
    assert reported["done"] == done
    kept = await place.reviewer.get(f"/v1/attachments/{upload.json()['id']}")
    assert kept["resource_id"] == made["id"]
    problem = await step(place.reviewer, made, "close", 409)
    assert problem["code"] == "finding_incomplete"
    assert "整改措施、责任人、整改目标" in problem["detail"]
    problem = await step(place.reviewer, made, "return", 422, reason="不全", done=done)
    assert problems(problem) == {("/done", "only_reported_done")}
    await step(place.reviewer, made, "return", reason="不全")
    await place.reporter.change("PATCH", path, COMPLETE)
    await step(place.reporter, made, "report_done", done={"text": "又走访了十户"})
    closed = await step(place.reviewer, made, "close")
    assert (closed["status"], closed["missing"]) == ("closed", [])
    assert closed["done"]["done_on"] == day(0)
    assert [e["act"] for e in closed["history"]][-3:] == ["updated", "reported_done", "closed"]


async def test_a_meeting_with_three_findings_in_nine_requests(place: Place) -> None:
    found = [{"check": "thinking", "description": f"问题{n}", **COMPLETE} for n in range(3)]
    activity = await place.activity(kind="themed_org_life_meeting", findings=found)
    ids = [each["id"] for each in activity["findings"]]
    revision = 1
    for caller, action in (
        (place.reporter, "start"), (place.reporter, "report_done"), (place.reviewer, "close"),
    ):  # fmt: skip
        more = DONE if action == "report_done" else {}
        items = [{"id": i, "revision": revision, "action": action, **more} for i in ids]
        answer = await caller.post("/v1/findings/transitions", {"items": items}, expect=200)
        revision += 1
        assert [(r["status"], r["revision"]) for r in answer["data"]] == [(201, revision)] * 3
    shown = await place.reviewer.get(f"/v1/activities/{activity['id']}")
    assert {each["status"] for each in shown["findings"]} == {"closed"}


async def test_a_batch_tells_of_each_or_does_nothing(place: Place) -> None:
    first, second = [await place.reporter.post("/v1/findings", finding(place)) for _ in "12"]
    items = [
        {"id": first["id"], "revision": 1, "action": "start"},
        {"id": second["id"], "revision": 7, "action": "start"},
        {"id": factories.own_id(), "revision": 1, "action": "start"},
        {"id": second["id"], "revision": 1, "action": "verify"},
    ]
    path = "/v1/findings/transitions"
    problem = await place.reporter.post(path, {"items": items}, expect=422)
    assert problems(problem) == {
        ("/items/1", "other_revision"), ("/items/2", "not_found"), ("/items/3", "forbidden")
    }  # fmt: skip
    assert (await place.reporter.get(f"/v1/findings/{first['id']}"))["status"] == "open"
    some = await place.reporter.post(path, {"items": items, "atomic": False}, expect=200)
    assert [each["status"] for each in some["data"]] == [201, 409, 404, 403]
    assert (await place.reporter.get(f"/v1/findings/{first['id']}"))["status"] == "in_progress"


async def test_a_finding_is_passed_on_by_a_superior_of_both(place: Place, api: Api) -> None:
    beside = await factories.branch(api, place.unit)
    other = await granted(api, beside, "reporter")
    found = [{"check": "methods", "description": "办事慢"}]
    activity = await place.activity(findings=found)
    made = activity["findings"][0]
    path = f"/v1/findings/{made['id']}"
    body = {"org_id": beside["id"], "due_on": day(6), "reason": "属其职责"}
    await other.get(path, expect=404)
    await place.reporter.post(f"{path}/handover", body, expect=403)
    for wrong in (place.branch["id"], factories.own_id()):
        problem = await place.reviewer.post(
            f"{path}/handover", {**body, "org_id": wrong}, expect=422
        )
        assert problems(problem) == {("/org_id", "unknown_organization")}
    late = {**body, "due_on": day(-1)}
    problem = await place.reviewer.post(f"{path}/handover", late, expect=422)
    assert problems(problem) == {("/due_on", "in_past")}
    before = await api.get("/v1/progress", campaign_id=place.campaign["id"], unit_id=beside["id"])

    passed = await place.reviewer.post(f"{path}/handover", body, expect=200)

    assert (passed["org_id"], passed["due_on"]) == (beside["id"], day(6))
    assert (passed["from_org_id"], passed["from_activity_id"]) == (
        place.branch["id"], activity["id"],
    )  # fmt: skip
    # Who had it sees it still, and does nothing with it; who has it works on it.
    assert (await place.reporter.get(path))["allowed_actions"] == []
    await step(place.reporter, made, "start", 403)
    assert [f["id"] for f in await other.all("/v1/findings")] == [made["id"]]
    sent = await place.reporter.all("/v1/findings", from_org_id=place.branch["id"])
    assert [f["id"] for f in sent] == [made["id"]]
    assert await place.reporter.all("/v1/findings") == []
    await step(other, made, "start")
    assert (await place.reporter.get(f"/v1/activities/{activity['id']}"))["findings"] == []
    after = await api.get("/v1/progress", campaign_id=place.campaign["id"], unit_id=beside["id"])
    counts = [each["counts"]["findings_open"] for each in (before, after)]
    assert counts == [0, 1]


async def test_an_opinion_has_a_handler_a_day_and_is_overdue(place: Place, api: Api) -> None:
    beside = await factories.branch(api, place.unit)
    other = await granted(api, beside, "reporter")
    own = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}
    made = await place.reporter.post("/v1/opinions", {**own, **OPINION, "due_on": day(-1)})
    path = f"/v1/opinions/{made['id']}"
    assert made["overdue"]
    assert len(await place.reporter.all("/v1/opinions", overdue="true")) == 1
    told = await place.reporter.all("/v1/reminders", kind="opinion")
    assert [(t["record_id"], t["stage"]) for t in told] == [(made["id"], "overdue")]
    problem = await place.reporter.change("PATCH", path, {"due_on": day(9)}, expect=422)
    assert problems(problem) == {("/due_on", "by_extension")}
    body = {"org_id": beside["id"], "due_on": day(1), "reason": "属其职责"}
    await place.reporter.post(f"{path}/handover", body, expect=422)
    await other.get(path, expect=404)

    passed = await place.reviewer.post(f"{path}/handover", body, expect=200)

    assert (passed["handler_org_id"], passed["handling"]) == (beside["id"], "assigned")
    assert (passed["org_id"], passed["overdue"]) == (place.branch["id"], False)
    assert [o["id"] for o in await other.all("/v1/opinions", handler_org_id=beside["id"])] == [
        made["id"]
    ]
    told = await other.all("/v1/reminders", kind="opinion")
    assert [(t["record_id"], t["org_id"]) for t in told] == [(made["id"], beside["id"])]
    problem = await other.change("PATCH", path, {"content": "别的"}, expect=422)
    assert problems(problem) == {("/content", "not_yours")}
    asked = await other.post(f"{path}/extensions", {"until": day(8), "reason": "待采购"})
    answer = f"{path}/extensions/{asked['extensions'][0]['id']}/decision"
    decided = await place.reviewer.post(answer, {"decision": "grant"}, expect=200)
    assert decided["due_on"] == day(8)
    answered = {"handling": "answered", "answer": "已修好"}
    assert (await other.change("PATCH", path, answered))["allowed_actions"] == ["edit"]
    acts = [e["act"] for e in (await place.reporter.get(f"{path}/history"))["data"]]
    assert acts == [
        "created", "handed_over", "extension_asked", "extension_granted", "answered"
    ]  # fmt: skip
