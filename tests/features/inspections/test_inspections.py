"""Inspections: entered by who inspected, answered by who was inspected, counted as a duty done."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.kit import clock
from app.models import FollowUp, Inspection
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database


def inspection(place: Place, **fields: Any) -> dict[str, Any]:
    return {
        "campaign_id": place.campaign["id"],
        "unit_id": place.unit["id"],
        "org_id": place.branch["id"],
        "held_on": factories.DAY,
        "seen": "讨论记录完整，走访偏少",
        **fields,
    }


async def test_what_must_follow_is_answered_by_the_inspected(place: Place, api: Api) -> None:
    follow_ups = [{"what": "补走访", "due_on": "2013-02-01"}, {"what": "报送体会文章"}]
    made = await place.reviewer.post("/v1/inspections", inspection(place, follow_ups=follow_ups))
    path = f"/v1/inspections/{made['id']}"
    assert made["allowed_actions"] == ["edit", "withdraw"]
    assert [f["overdue"] for f in made["follow_ups"]] == [True, False]
    assert (await place.reporter.get(path))["allowed_actions"] == ["answer"]
    assert len(await place.reporter.all("/v1/inspections", unanswered="true")) == 1
    first, second = (f"{path}/follow-ups/{f['id']}/answer" for f in made["follow_ups"])
    text = {"answer": "已走访十户"}
    await place.reviewer.change("POST", first, text, of=path, expect=403)

    answered = await place.reporter.change("POST", first, text, of=path)

    assert [f["answer"] for f in answered["follow_ups"]] == ["已走访十户", None]
    assert not answered["follow_ups"][0]["overdue"]
    await place.reporter.change("POST", second, {"answer": "已报"}, of=path)
    assert await place.reporter.all("/v1/inspections", unanswered="true") == []
    unknown = f"{path}/follow-ups/{factories.own_id()}/answer"
    await place.reporter.change("POST", unknown, text, of=path, expect=404)
    history = (await api.get(f"{path}/history"))["data"]
    assert [e["act"] for e in history] == ["created", "answered", "answered"]
    assert "/follow_ups/0/answer" in {change["pointer"] for change in history[1]["changes"]}


async def test_what_was_answered_stays(place: Place) -> None:
    follow_ups = [{"what": "补走访"}, {"what": "补记录"}]
    made = await place.unit_reporter.post(
        "/v1/inspections", inspection(place, follow_ups=follow_ups)
    )
    path = f"/v1/inspections/{made['id']}"
    first, second = made["follow_ups"]
    answer = f"{path}/follow-ups/{first['id']}/answer"
    await place.reporter.change("POST", answer, {"answer": "已办"}, of=path)

    problem = await place.unit_reporter.change("PATCH", path, {"follow_ups": []}, expect=422)
    assert problems(problem) == {("/follow_ups", "answered")}
    other = {"follow_ups": [{"id": first["id"], "what": "别的"}, {"what": "新"}]}
    problem = await place.unit_reporter.change("PATCH", path, other, expect=422)
    assert problems(problem) == {("/follow_ups/0", "answered")}
    kept = {"follow_ups": [{"id": first["id"], "what": "补走访"}, {"what": "再补"}], "seen": "复查"}
    changed = await place.unit_reporter.change("PATCH", path, kept)
    assert [f["what"] for f in changed["follow_ups"]] == ["补走访", "再补"]
    assert changed["follow_ups"][0]["answer"] == "已办"
    assert second["id"] not in {f["id"] for f in changed["follow_ups"]}


async def test_inspecting_is_a_duty_done_until_it_is_taken_back(place: Place) -> None:
    body = inspection(place, unit_id=place.root["id"], org_id=place.unit["id"])

    async def counts() -> list[int]:
        owed = await place.obligations(place.root)
        return [o["count"] for o in owed.values() if o["count"]]

    assert await counts() == []
    made = await place.root_reviewer.post("/v1/inspections", body)
    # The duty of the province's notice, and what the city added to it.
    assert await counts() == [1, 1]
    path = f"/v1/inspections/{made['id']}"
    withdrawn = await place.root_reviewer.change(
        "POST", f"{path}/withdrawal", {"reason": "登错"}, of=path
    )
    assert (withdrawn["status"], withdrawn["allowed_actions"]) == ("withdrawn", [])
    assert await counts() == []
    assert await place.admin.all("/v1/inspections") == []
    assert len(await place.admin.all("/v1/inspections", status="withdrawn")) == 1
    await place.root_reviewer.change("PATCH", path, {"seen": "…"}, expect=409)


async def test_only_what_is_below_is_inspected_and_only_by_its_own(place: Place, api: Api) -> None:
    upward = inspection(place, unit_id=place.unit["id"], org_id=place.unit["id"])
    problem = await place.reviewer.post("/v1/inspections", upward, expect=422)
    assert problems(problem) == {("/org_id", "not_below")}
    ahead = str(clock.today() + timedelta(days=1))
    problem = await place.reviewer.post(
        "/v1/inspections", inspection(place, held_on=ahead), expect=422
    )
    assert problems(problem) == {("/held_on", "outside_campaign")}
    await place.reporter.post("/v1/inspections", inspection(place), expect=422)
    viewer = await granted(api, place.root, "viewer")
    await viewer.post("/v1/inspections", inspection(place), expect=403)
    elsewhere = await granted(api, await factories.unit(api, place.root), "organizer")
    made = await place.reviewer.post("/v1/inspections", inspection(place))
    await elsewhere.get(f"/v1/inspections/{made['id']}", expect=404)
    assert await elsewhere.all("/v1/inspections") == []


async def test_own_ids_and_natural_keys(place: Place) -> None:
    body = inspection(place, source="oa", external_id="3", follow_ups=[{"what": "补"}])
    made = await place.reviewer.post("/v1/inspections", body)
    assert (await place.reviewer.post("/v1/inspections", body, expect=200))["id"] == made["id"]
    problem = await place.reviewer.post("/v1/inspections", {**body, "seen": "别"}, expect=409)
    assert problem["code"] == "exists_otherwise"
    path = f"/v1/inspections/{factories.own_id()}"
    await place.reviewer.send("PUT", path, inspection(place), expect=201)
    replaced = await place.reviewer.change("PUT", path, inspection(place, seen="新"))
    assert replaced["seen"] == "新"
    moved = inspection(place, unit_id=place.root["id"])
    problem = await place.reviewer.change("PUT", path, moved, expect=422)
    assert problems(problem) == {("/unit_id", "immutable")}
    listed = await place.admin.all("/v1/inspections", unit_id=place.unit["id"])
    assert len(listed) == 2
    assert await place.admin.all("/v1/inspections", unit_id=place.root["id"]) == []


async def test_every_state_action_and_role(place: Place, api: Api) -> None:
    body = inspection(place, follow_ups=[{"what": "补走访"}])
    made = await place.unit_reporter.post("/v1/inspections", body)
    path = f"/v1/inspections/{made['id']}"
    answer = f"{path}/follow-ups/{made['follow_ups'][0]['id']}/answer"
    inspects, answers = {"edit", "withdraw"}, {"answer"}
    callers = {
        # Who inspects does not answer as well, though it could report for the branch.
        "inspecting reporter": (place.unit_reporter, inspects),
        "inspecting reviewer": (place.reviewer, inspects),
        "superior": (place.root_reviewer, inspects),
        "inspected": (place.reporter, answers),
        "own reviewer": (await granted(api, place.branch, "reviewer"), set[str]()),
        "viewer": (await granted(api, place.root, "viewer"), set[str]()),
    }
    calls: dict[str, tuple[str, str, Any]] = {
        "edit": ("PATCH", path, {"seen": "会议按时召开"}),
        "withdraw": ("POST", f"{path}/withdrawal", {"reason": "误填"}),
        "answer": ("POST", answer, {"answer": "已走访"}),
    }
    for state in ("submitted", "withdrawn"):
        for name, (caller, may) in callers.items():
            for action, (method, address, sent) in calls.items():
                async with api.database.writing() as session:
                    await session.execute(update(Inspection).values(status=state))
                    unanswered = {"answer": None, "answered_at": None, "status": "open"}
                    await session.execute(update(FollowUp).values(**unanswered))
                seen = await api.send("GET", path)
                shown = (await caller.get(path))["allowed_actions"]
                assert set(shown) == (may if state == "submitted" else set()), (state, name)
                tag = {"If-Match": seen.headers["etag"]}
                got = await caller.send(method, address, sent, headers=tag)
                open_to = 200 if state == "submitted" else 409
                expect = open_to if action in may else 403
                assert got.status_code == expect, (state, name, action, got.text)
