"""What was found stays in the ledger, whatever becomes of the meeting at which it was found."""

from typing import Any

from sqlalchemy import select

from app.models import Event
from tests.features.findings.test_findings import COMPLETE, finding, step
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.places import Place, review

FOUND = {"check": "thinking", "description": "群众观点不牢", "due_on": factories.DAY}
OPINION = {"field": "social", "source_group": "public", "content": "路灯不亮"}


async def _counts(place: Place) -> dict[str, int]:
    query = {"campaign_id": place.campaign["id"], "unit_id": place.branch["id"]}
    counts = (await place.admin.get("/v1/progress", **query))["counts"]
    names = ("findings_open", "findings_closed", "findings_overdue", "opinions")
    return {name: counts[name] for name in names}


async def test_withdrawing_and_returning_empty_no_ledger(place: Place) -> None:
    made = await place.activity(findings=[{**FOUND, **COMPLETE}, FOUND], opinions=[OPINION])
    first, second = made["findings"]
    await step(place.reporter, first, "start")
    await step(place.reporter, first, "report_done")
    await step(place.reviewer, first, "close")
    before = await _counts(place)
    assert before == {
        "findings_open": 1, "findings_closed": 1, "findings_overdue": 1, "opinions": 1
    }  # fmt: skip
    path = f"/v1/activities/{made['id']}"

    problem = await place.reporter.change("POST", f"{path}/withdrawal", {}, of=path, expect=422)
    assert problems(problem) == {("/reason", "required")}
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "误"}, of=path)

    for caller in (place.reporter, place.reviewer):
        assert len(await caller.all("/v1/findings", activity_id=made["id"])) == 2
        assert len(await caller.all("/v1/opinions")) == 1
    record = await place.reviewer.get(f"/v1/findings/{second['id']}")
    assert record["activity_id"] == made["id"]
    assert await _counts(place) == before
    told = await place.reviewer.all("/v1/reminders", kind="finding")
    assert [each["record_id"] for each in told] == [second["id"]]
    await place.reporter.change("POST", f"{path}/submission", None, of=path)
    current = await place.reviewer.get(path)
    refused = review(current, "return", reason="重报")
    await place.reviewer.change("POST", f"{path}/reviews", refused, of=path, expect=201)
    assert await _counts(place) == before
    assert (await place.reviewer.get(f"/v1/findings/{first['id']}"))["status"] == "closed"


async def test_what_an_edit_leaves_out_stays_and_says_where_it_was_found(place: Place) -> None:
    made = await place.activity(findings=[FOUND, {**FOUND, "description": "走访少"}],
                                opinions=[OPINION])  # fmt: skip
    path, before = f"/v1/activities/{made['id']}", await _counts(place)
    # The same again, without ids, is the same.
    same = {"findings": [FOUND, {**FOUND, "description": "走访少"}], "opinions": [OPINION]}
    again = await place.reporter.change("PATCH", path, same)
    assert {f["id"] for f in again["findings"]} == {f["id"] for f in made["findings"]}
    assert again["opinions"][0]["id"] == made["opinions"][0]["id"]

    changed = await place.reporter.change("PATCH", path, {"findings": [FOUND], "opinions": []})

    (kept,) = changed["findings"]
    (gone,) = {f["id"] for f in made["findings"]} - {kept["id"]}
    record = await place.reviewer.get(f"/v1/findings/{gone}")
    assert (record["activity_id"], record["from_activity_id"]) == (None, made["id"])
    assert (record["found_on"], record["status"]) == (made["held_on"], "open")
    assert [e["act"] for e in record["history"]] == ["created", "detached"]
    opinion = await place.reviewer.get(f"/v1/opinions/{made['opinions'][0]['id']}")
    assert opinion["from_activity_id"] == made["id"]
    assert len(await place.reviewer.all("/v1/findings", activity_id=made["id"])) == 2
    assert await _counts(place) == before


async def test_a_draft_goes_with_what_is_its_own(place: Place, api: Api) -> None:
    draft = await place.activity(findings=[FOUND], opinions=[OPINION], status="draft")
    path, (inner,) = f"/v1/activities/{draft['id']}", draft["findings"]
    assert await place.reviewer.all("/v1/findings") == []
    beside = finding(place, activity_id=draft["id"])
    problem = await place.reviewer.post("/v1/findings", beside, expect=422)
    assert problems(problem) == {("/activity_id", "unknown_activity")}

    await place.reporter.change("DELETE", path, expect=204)

    await place.reviewer.get(f"/v1/findings/{inner['id']}", expect=404)
    async with api.database.reading() as session:
        ended = select(Event.type).where(Event.type.like("%.deleted"))
        types: list[Any] = list(await session.scalars(ended.order_by(Event.type)))
    assert types == ["activity.deleted", "finding.deleted", "opinion.deleted"]
