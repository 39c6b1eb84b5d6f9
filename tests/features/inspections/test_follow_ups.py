"""What must follow from inspections: answered, refused, verified, given a later day."""

from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.features.inspections.test_inspections import inspection
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database


def day(days: int) -> str:
    return str(clock.today() + timedelta(days=days))


async def _made(place: Place, **fields: Any) -> tuple[str, str]:
    """The addresses of an inspection and of the one thing that must follow from it."""
    body = inspection(place, follow_ups=[{"what": "补走访", **fields}])
    made = await place.reviewer.post("/v1/inspections", body)
    path = f"/v1/inspections/{made['id']}"
    return path, f"{path}/follow-ups/{made['follow_ups'][0]['id']}"


async def test_what_was_answered_is_refused_verified_and_reopened(place: Place) -> None:
    path, of = await _made(place, due_on=day(-1))

    async def step(caller: Api, action: str, expect: int = 201, **fields: Any) -> Any:
        body = {"action": action, **fields}
        answer = await caller.change("POST", f"{of}/transitions", body, of=path, expect=expect)
        return answer["follow_ups"][0] if expect == 201 else answer

    reached = await step(place.reporter, "start")
    assert (reached["state"], reached["overdue"]) == ("in_progress", True)
    answered = await place.reporter.change("POST", f"{of}/answer", {"answer": "已走访"}, of=path)
    (answered,) = answered["follow_ups"]
    assert (answered["state"], answered["overdue"], answered["done_late"]) == (
        "reported_done", False, True,
    )  # fmt: skip
    again = {"answer": "又走访"}
    await place.reporter.change("POST", f"{of}/answer", again, of=path, expect=409)
    problem = await step(place.reviewer, "return", 422)
    assert problems(problem) == {("/reason", "required")}
    refused = await step(place.reviewer, "return", reason="没有记录")
    # Refused, it is owed again: it was never late for ever, nor settled for ever.
    assert (refused["state"], refused["overdue"], refused["answer"]) == ("in_progress", True, None)
    assert len(await place.reporter.all("/v1/reminders", kind="follow_up")) == 1
    done = {"text": "走访了十户", "done_on": day(-2)}
    answered = await step(place.reporter, "report_done", done=done)
    assert (answered["answer"], answered["done_late"]) == ("走访了十户", False)
    await step(place.reporter, "verify", 403)
    await step(place.unit_reporter, "verify", 403)
    await step(place.reviewer, "close")
    reopened = await step(place.reviewer, "reopen", reason="问题反弹")
    assert (reopened["state"], reopened["overdue"]) == ("open", True)
    history = (await place.reviewer.get(f"{path}/history"))["data"]
    assert [e["act"] for e in history] == [
        "created", "follow_up_started", "answered", "follow_up_returned", "answered",
        "follow_up_closed", "follow_up_reopened",
    ]  # fmt: skip


async def test_a_later_day_is_for_who_inspected_to_grant(place: Place) -> None:
    path, of = await _made(place, due_on=day(-1))
    asked = {"until": day(5), "reason": "汛期"}
    await place.reviewer.post(f"{of}/extensions", asked, expect=403)
    waiting = await place.reporter.post(f"{of}/extensions", asked)
    (row,) = waiting["follow_ups"]
    assert (row["due_on"], row["overdue"]) == (day(-1), True)
    assert (
        "decide_extension" in (await place.reviewer.get(path))["follow_ups"][0]["allowed_actions"]
    )
    answer = f"{of}/extensions/{row['extensions'][0]['id']}/decision"
    await place.unit_reporter.post(answer, {"decision": "grant"}, expect=403)
    (row,) = (await place.reviewer.post(answer, {"decision": "grant"}, expect=200))["follow_ups"]
    assert (row["due_on"], row["overdue"]) == (day(5), False)
    assert row["extensions"][0]["status"] == "granted"


async def test_who_inspects_does_not_answer(place: Place, api: Api) -> None:
    path, of = await _made(place)
    both = await granted(api, place.root, "organizer")
    for caller in (place.unit_reporter, both):
        await caller.change("POST", f"{of}/answer", {"answer": "已走访"}, of=path, expect=403)


async def test_it_is_passed_on_with_a_day_and_answered_by_who_has_it_then(
    place: Place, api: Api
) -> None:
    path, of = await _made(place, due_on=day(-1))
    new = await factories.branch(api, place.unit)
    outside = await factories.branch(api, await factories.unit(api, place.root))
    handler = await granted(api, new, "reporter")
    await handler.get(path, expect=404)
    body = {"org_id": new["id"], "due_on": day(5), "reason": "属路政"}
    await place.reporter.change("POST", f"{of}/handover", body, of=path, expect=403)
    for wrong, code in (
        ({"org_id": outside["id"]}, "unknown_organization"),
        ({"org_id": place.unit["id"]}, "not_below"),
        ({"org_id": place.branch["id"]}, "unknown_organization"),
    ):
        sent = body | wrong
        refused = await place.reviewer.change("POST", f"{of}/handover", sent, of=path, expect=422)
        assert problems(refused) == {("/org_id", code)}
    past = body | {"due_on": day(-1)}
    refused = await place.reviewer.change("POST", f"{of}/handover", past, of=path, expect=422)
    assert problems(refused) == {("/due_on", "in_past")}

    made = await place.reviewer.change("POST", f"{of}/handover", body, of=path)

    (part,) = made["follow_ups"]
    assert (part["handler_org_id"], part["due_on"], part["overdue"]) == (new["id"], day(5), False)
    (listed,) = await handler.all("/v1/inspections", answering_org_id=new["id"])
    assert (listed["org_id"], listed["follow_ups"][0]["allowed_actions"]) == (
        place.branch["id"], ["start", "report_done", "ask_extension"],
    )  # fmt: skip
    assert await handler.all("/v1/inspections", answering_org_id=new["id"], under=new["id"])
    answer = {"answer": "已修复"}
    await place.reporter.change("POST", f"{of}/answer", answer, of=path, expect=403)
    await handler.change("POST", f"{of}/answer", answer, of=path)
    closed = {"action": "close"}
    await handler.change("POST", f"{of}/transitions", closed, of=path, expect=403)
    await place.reviewer.change("POST", f"{of}/transitions", closed, of=path, expect=201)
    history = (await place.reporter.get(f"{path}/history"))["data"]
    assert [entry["act"] for entry in history] == [
        "created", "follow_up_handed_over", "answered", "follow_up_closed",
    ]  # fmt: skip


async def test_what_was_passed_on_is_reminded_of_urged_and_inherited(
    place: Place, api: Api
) -> None:
    path, of = await _made(place, due_on=day(-1))
    new, heir = [await factories.branch(api, place.unit) for _ in range(2)]
    body = {"org_id": new["id"], "reason": "属路政"}
    await place.reviewer.change("POST", f"{of}/handover", body, of=path)

    async def reminded(org: Any) -> int:
        asked = {"kind": "follow_up", "org_id": org["id"]}
        count = len(await api.all("/v1/reminders", **asked))
        urging = f"/v1/campaigns/{place.campaign['id']}/urging"
        rows = await api.all(urging, unit_id=place.unit["id"])
        urged = {row["id"]: row["overdue"]["follow_ups"] for row in rows}
        assert urged[org["id"]] == count
        return count

    assert [await reminded(org) for org in (place.branch, new, heir)] == [0, 1, 0]
    merged = f"/v1/branches/{new['id']}"
    told = {"into_id": heir["id"], "closed_on": day(-1)}
    await api.change("POST", f"{merged}/merge", told, of=merged)
    assert [await reminded(org) for org in (place.branch, new, heir)] == [0, 0, 1]
    (part,) = (await place.reviewer.get(path))["follow_ups"]
    assert part["handler_org_id"] == heir["id"]
    taken = await granted(api, heir, "reporter")
    await taken.change("POST", f"{of}/answer", {"answer": "已修复"}, of=path)
    assert [await reminded(org) for org in (place.branch, new, heir)] == [0, 0, 0]
