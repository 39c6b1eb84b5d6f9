"""Findings and opinions: entered with an activity or alone, led to the end, seen in the ledgers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.kit import clock
from app.models import Finding
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database

STATES = ("open", "in_progress", "reported_done", "verified", "closed")
STEPS = {
    ("open", "start"): "in_progress",
    ("in_progress", "report_done"): "reported_done",
    ("reported_done", "return"): "in_progress",
    ("reported_done", "verify"): "verified",
    ("reported_done", "close"): "closed",
    ("verified", "close"): "closed",
    ("verified", "reopen"): "open",
    ("closed", "reopen"): "open",
}
OWNERS = {"start", "report_done"}
ACTIONS = {action for _, action in STEPS}
COMPLETE = {
    "cause": "制度不全",
    "measure": "每月走访",
    "responsible": "支部书记",
    "goal": "户户走到",
}
DONE = {"done": {"text": "走访了十户"}}


def finding(place: Place, **fields: Any) -> dict[str, Any]:
    return {
        "campaign_id": place.campaign["id"],
        "org_id": place.branch["id"],
        "check": "work_style",
        "description": "走访群众不够深入",
        **fields,
    }


async def step(caller: Api, record: Any, action: str, expect: int = 201, **fields: Any) -> Any:
    path = f"/v1/findings/{record['id']}"
    body = {"action": action, **(DONE if action == "report_done" else {}), **fields}
    return await caller.change("POST", f"{path}/transitions", body, expect=expect, of=path)


async def test_every_state_action_and_role(place: Place, api: Api) -> None:
    made = await place.reporter.post("/v1/findings", finding(place, **COMPLETE))
    path = f"/v1/findings/{made['id']}"
    callers = {
        "owner": place.reporter,
        "superior": place.reviewer,
        "superior above": place.root_reviewer,
        "own reviewer": await granted(api, place.branch, "reviewer"),
        "viewer": await granted(api, place.root, "viewer"),
    }
    sides = {"owner": OWNERS, "superior": ACTIONS - OWNERS, "superior above": ACTIONS - OWNERS}
    revision = 1
    for state in STATES:
        for name, caller in callers.items():
            allowed = sides.get(name, set())
            open_to = {a for s, a in STEPS if s == state and a in allowed}
            beside = {"edit"} if name == "owner" else {"amend", "hand_over"} if allowed else set()
            edit = beside if state in STATES[:2] else set()
            await _put_into(api, made, state)
            seen = await caller.get(path)
            assert set(seen["allowed_actions"]) == open_to | edit, (state, name)
            for action in sorted(ACTIONS):
                expect = 403 if action not in allowed else 201 if action in open_to else 409
                done = DONE if action == "report_done" else {}
                act = {"action": action, "reason": "核查", **done}
                response = await caller.send(
                    "POST", f"{path}/transitions", act, expect=expect, headers={"If-Match": "*"}
                )
                if expect == 201:
                    revision += 1
                    answer = response.json()
                    assert answer["status"] == STEPS[state, action]
                    assert answer["revision"] == revision
                    await _put_into(api, made, state)


async def _put_into(api: Api, made: Any, state: str) -> None:
    """Let a finding be in a state, whoever brought it there."""
    async with api.database.writing() as session:
        row = update(Finding).where(Finding.id == UUID(made["id"]))
        await session.execute(row.values(status=state, reported_by=None))


async def test_history_is_readable_from_finding_to_closing(place: Place) -> None:
    made = await place.reporter.post("/v1/findings", finding(place, due_on="2030-01-01"))
    path = f"/v1/findings/{made['id']}"
    await place.reporter.change("PATCH", path, {"measure": "每月走访", "responsible": "书记"})
    await step(place.reporter, made, "start")
    problem = await step(place.reporter, made, "report_done", 422, done=None)
    assert problems(problem) == {("/done", "required")}
    await step(place.reporter, made, "report_done")
    problem = await step(place.reviewer, made, "return", 422)
    assert problems(problem) == {("/reason", "required")}
    await step(place.reviewer, made, "return", reason="没有走访记录")
    rest = {"cause": "制度不全", "goal": "户户走到"}
    await place.reporter.change("PATCH", path, rest)
    await step(place.reporter, made, "report_done")
    await step(place.reviewer, made, "verify")
    await step(place.root_reviewer, made, "close")
    record = await step(place.reviewer, made, "reopen", reason="问题反弹")

    acts = [(e["act"], e["reason"]) for e in record["history"]]
    assert acts == [
        ("created", None), ("updated", None), ("started", None), ("reported_done", None),
        ("returned", "没有走访记录"), ("updated", None), ("reported_done", None),
        ("verified", None),
        ("closed", None), ("reopened", "问题反弹"),
    ]  # fmt: skip
    assert record["history"][1]["changes"] == [
        {"pointer": "/measure", "before": None, "after": "每月走访"},
        {"pointer": "/responsible", "before": None, "after": "书记"},
    ]
    assert record["history"][4]["client_id"] != record["history"][3]["client_id"]
    assert record["status"] == "open"


async def test_nobody_verifies_what_they_reported_done(place: Place, api: Api) -> None:
    both = await granted(api, place.root, "organizer")
    made = await both.post("/v1/findings", finding(place))
    await step(both, made, "start")
    reported = await step(both, made, "report_done")
    assert reported["allowed_actions"] == []
    problem = await step(both, made, "verify", 403)
    assert problem["code"] == "own_submission"


async def test_a_superior_enters_what_it_found(place: Place, api: Api) -> None:
    made = await place.reviewer.post("/v1/findings", finding(place))
    assert made["found_on"] == str(clock.today())
    await (await granted(api, place.branch, "reviewer")).post(
        "/v1/findings", finding(place), expect=403
    )
    await (await granted(api, place.branch, "viewer")).post(
        "/v1/findings", finding(place), expect=403
    )
    wrong = finding(
        place,
        activity_id=factories.own_id(),
        inspection_id=factories.own_id(),
        origin="own",
        found_on=str(clock.today() + timedelta(days=1)),
    )
    problem = await place.reporter.post("/v1/findings", wrong, expect=422)
    assert problems(problem) == {
        ("/activity_id", "unknown_activity"), ("/inspection_id", "unknown_inspection"),
        ("/found_on", "in_future"), ("/origin", "inspection_says"),
    }  # fmt: skip


async def test_ledgers_by_unit_check_sector_and_day(place: Place, api: Api) -> None:
    rural = await factories.branch(api, place.unit, sector="rural")
    past, ahead = "2013-02-01", str(clock.today() + timedelta(days=9))
    late = await api.post("/v1/findings", finding(place, due_on=past))
    await api.post("/v1/findings", finding(place, due_on=past, nature="long_term"))
    await api.post("/v1/findings", finding(place, due_on=ahead, check="methods"))
    await api.post("/v1/findings", finding(place, org_id=rural["id"], nature="immediate"))

    async def count(**filters: Any) -> int:
        return len(await api.all("/v1/findings", **filters))

    assert await count() == 4
    assert [f["id"] for f in await api.all("/v1/findings", overdue="true")] == [late["id"]]
    assert await count(overdue="false") == 3
    assert await count(check="methods") == 1
    assert await count(sector="rural") == 1
    assert await count(org_id=place.branch["id"]) == 3
    assert await count(under=place.unit["id"]) == 4
    assert await count(nature="immediate", status="open") == 1
    assert await count(due_from=past, due_to=past) == 2
    await step(api, late, "start")
    await step(api, late, "report_done")
    assert await count(overdue="true") == 0
    assert await count(status="reported_done") == 1


@pytest.mark.parametrize("check", ["thinking", "work_style", "methods", "policies"])
async def test_every_check_finds(place: Place, check: str) -> None:
    said = {
        "check": check, "description": "政策落实不够", "cause": "调查研究不够",
        "measure": "逐户核对", "goal": "应享尽享", "responsible": "民政办",
        "nature": "long_term", "due_on": "2013-06-30",
    }  # fmt: skip
    made = await place.reporter.post("/v1/findings", finding(place, **said))
    assert {name: made[name] for name in said} == said
    (listed,) = await place.reviewer.all("/v1/findings", check=check)
    assert (listed["id"], listed["sector"]) == (made["id"], "community")


async def test_findings_of_an_activity_are_the_same_findings(place: Place) -> None:
    given = {"check": "thinking", "description": "群众观点不牢"}
    activity = await place.activity(kind="themed_org_life_meeting", findings=[given])
    (inner,) = activity["findings"]
    path, one = f"/v1/activities/{activity['id']}", f"/v1/findings/{inner['id']}"
    changed = {**given, "id": inner["id"], "cause": "学习不够"}
    await place.reporter.change("PATCH", path, {"findings": [changed]})
    record = await place.reporter.get(one)
    assert (record["activity_id"], record["cause"]) == (activity["id"], "学习不够")
    assert [e["act"] for e in record["history"]] == ["created", "updated"]
    await step(place.reporter, inner, "start")
    await step(place.reporter, inner, "report_done")
    again = {"findings": [{**changed, "cause": "别的"}]}
    problem = await place.reporter.change("PATCH", path, again, expect=422)
    assert problems(problem) == {("/findings/0", "finding_settled")}
    await place.reporter.change("PATCH", path, {"title": "专题组织生活会"})


async def test_opinions_are_handled_to_the_answer(place: Place, api: Api) -> None:
    body = {
        "campaign_id": place.campaign["id"], "org_id": place.branch["id"], "field": "social",
        "source_group": "vulnerable", "content": "看病远",
    }  # fmt: skip
    made = await place.reporter.post("/v1/opinions", body)
    path = f"/v1/opinions/{made['id']}"
    assert (made["handling"], made["allowed_actions"]) == ("recorded", ["edit", "hand_over"])
    problem = await place.reporter.change("PATCH", path, {"handling": "assigned"}, expect=422)
    assert problems(problem) == {("/handler", "required")}
    assigned = {"handling": "assigned", "handler": "卫生站"}
    await place.reporter.change("PATCH", path, assigned)
    problem = await place.reporter.change("PATCH", path, {"handling": "answered"}, expect=422)
    assert problems(problem) == {("/answer", "required")}
    answered = {"handling": "answered", "answer": "每周三巡诊"}
    await place.reporter.change("PATCH", path, answered)
    await place.reporter.change("PATCH", path, {"handling": "resolved"})

    history = (await place.reviewer.get(f"{path}/history"))["data"]
    assert [e["act"] for e in history] == ["created", "assigned", "answered", "resolved"]
    await place.reviewer.change("PATCH", path, {"answer": "…"}, expect=403)
    filters: list[dict[str, Any]] = [{"field": "social"}, {"source_group": "vulnerable"},
               {"handling": "resolved"}, {"under": place.unit["id"]}]  # fmt: skip
    for wanted in filters:
        assert len(await place.reviewer.all("/v1/opinions", **wanted)) == 1
    assert await api.all("/v1/opinions", handling="recorded") == []
    elsewhere = await granted(api, await factories.unit(api, place.root), "organizer")
    await elsewhere.get(path, expect=404)
    await elsewhere.post("/v1/opinions", body, expect=422)


async def test_opinions_come_with_activities_too(place: Place) -> None:
    opinion = {"field": "ecological", "source_group": "public", "content": "河涌污染"}
    activity = await place.activity(kind="opinion_solicitation", opinions=[opinion],
                                    details={"opinions_received": 1})  # fmt: skip
    (inner,) = activity["opinions"]
    record = await place.reporter.get(f"/v1/opinions/{inner['id']}")
    assert (record["activity_id"], record["content"]) == (activity["id"], "河涌污染")
    wrong = {"opinions": [{**opinion, "handling": "answered"}]}
    path = f"/v1/activities/{activity['id']}"
    problem = await place.reporter.change("PATCH", path, wrong, expect=422)
    assert problems(problem) == {("/opinions/0/answer", "required")}


async def test_offline_clients_put_findings_and_opinions_under_their_own_ids(place: Place) -> None:
    of = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}
    opinion = {**of, "field": "economic", "source_group": "public", "content": "路灯不亮"}
    for resource, body, text in (
        ("findings", finding(place), "description"),
        ("opinions", opinion, "content"),
    ):
        path = f"/v1/{resource}/{factories.own_id()}"
        made = (await place.reporter.send("PUT", path, body, expect=201)).json()
        assert path.endswith(made["id"])
        await place.reporter.send("PUT", path, body, expect=200)
        changed = await place.reporter.change("PUT", path, {**body, text: "另一说法"})
        assert (changed[text], changed["revision"]) == ("另一说法", 2)
        moved = {**body, "org_id": place.unit["id"]}
        wrong = await place.unit_reporter.change("PUT", path, moved, expect=422)
        assert problems(wrong) == {("/org_id", "immutable")}
