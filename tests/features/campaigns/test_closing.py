"""What waits when a campaign is closed is still settled until a stated day; it may go on, too."""

from datetime import timedelta
from typing import Any

import pytest

from app.features.obligations.service.verifying import find_disagreements
from app.kit import clock
from tests.support import factories
from tests.support.client import problems
from tests.support.places import Place, review


async def closed(place: Place, **body: Any) -> Any:
    path = f"/v1/campaigns/{place.campaign['id']}"
    return await place.admin.change("POST", f"{path}/close", body or None, of=path)


async def test_the_preview_tells_what_waits_and_writes_nothing(place: Place) -> None:
    waiting = await place.report()
    back = await place.report()
    reviews = f"/v1/reports/{back['id']}/reviews"
    await place.reviewer.post(reviews, review(back, "return", reason="补充"))
    await place.activity(status="draft")
    told = await closed(place, preview=True)
    assert told["status"] == "open"
    still = told["waiting"]
    assert still["submitted"] == {"activities": 0, "leader_records": 0, "reports": 1}
    assert still["returned"] == {"activities": 0, "leader_records": 0, "reports": 1}
    assert still["drafts"]["activities"] == 1
    owed = await place.admin.all("/v1/obligations", status="open")
    assert still["obligations"] == len(owed)
    assert (await place.admin.get(f"/v1/reports/{waiting['id']}"))["allowed_actions"]
    yesterday = str(clock.today() - timedelta(days=1))
    path = f"/v1/campaigns/{place.campaign['id']}"
    body = {"settle_until": yesterday}
    problem = await place.admin.change("POST", f"{path}/close", body, of=path, expect=422)
    assert problems(problem) == {("/settle_until", "day_passed")}


async def test_what_was_handed_in_is_reviewed(place: Place) -> None:
    waiting, meeting = await place.report(), await place.activity()
    until = str(clock.today() + timedelta(days=10))
    assert (await closed(place, settle_until=until))["settle_until"] == until

    one = f"/v1/reports/{waiting['id']}"
    seen = await place.reviewer.get(one)
    assert set(seen["allowed_actions"]) == {"accept", "return", "forward", "select", "adopt"}
    done = await place.reviewer.post(f"{one}/reviews", review(seen))
    assert done["status"] == "accepted"
    act = f"/v1/activities/{meeting['id']}"
    seen = await place.reviewer.get(act)
    assert seen["allowed_actions"] == ["accept", "return"]
    (row,) = [r for r in await place.reviewer.all("/v1/activities") if r["id"] == meeting["id"]]
    assert row["allowed_actions"] == ["accept", "return"]
    await place.reviewer.post(f"{act}/reviews", review(seen, "return", reason="补"))
    assert set((await place.reporter.get(act))["allowed_actions"]) == {"edit", "submit"}
    await place.reporter.change("PATCH", act, {"title": "讨论会（补）"}, of=act)
    await place.reporter.change("POST", f"{act}/submission", of=act)


async def test_what_was_returned_and_summaries_come_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = await place.report("good_practice")
    reviews = f"/v1/reports/{back['id']}/reviews"
    await place.reviewer.post(reviews, review(back, "return", reason="补充"))
    await closed(place, settle_until=str(clock.today() + timedelta(days=10)))
    other = f"/v1/reports/{back['id']}"
    await place.reporter.change("PATCH", other, {"body": "补充后"}, of=other)
    await place.reporter.change("POST", f"{other}/submission", of=other)
    summary = await place.admin.post(
        "/v1/reports", place.report_body("summary", org_id=place.unit["id"])
    )
    assert (await place.obligations(place.unit))["summary"]["status"] == "met"

    for path, body in (
        ("/v1/reports", place.report_body()),
        ("/v1/activities", factories.activity(place.branch, place.campaign)),
    ):
        problem = await place.reporter.post(path, body, expect=409)
        assert problem["code"] == "campaign_not_open"
    problem = await place.admin.change(
        "POST", f"/v1/reports/{summary['id']}/withdrawal", {"reason": "误报"},
        of=f"/v1/reports/{summary['id']}", expect=409,
    )  # fmt: skip
    assert problem["code"] == "campaign_not_open"
    async with place.admin.database.reading() as session:
        found = await find_disagreements(session)
    assert (found.mistallied, found.miscounted) == ([], [])

    after = clock.today() + timedelta(days=11)
    monkeypatch.setattr(clock, "today", lambda: after)
    assert (await place.reviewer.get(other))["allowed_actions"] == []
    seen = await place.reviewer.get(other)
    problem = await place.reviewer.post(f"{other}/reviews", review(seen), expect=409)
    assert problem["code"] == "campaign_not_open"
    campaign = f"/v1/campaigns/{place.campaign['id']}"
    problem = await place.admin.change(
        "POST", f"{campaign}/reopen", {"reason": "误关"}, of=campaign, expect=409
    )
    assert problem["code"] == "campaign_settled"


async def test_it_goes_on_with_a_reason_and_its_ledger_follows(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}"
    body = {"reason": "省里延长活动时间"}
    problem = await place.admin.change("POST", f"{path}/reopen", body, of=path, expect=409)
    assert problem["code"] == "campaign_already_opened"
    assert (await closed(place))["settle_until"] == str(clock.today() + timedelta(days=30))
    kept = await place.admin.change("PATCH", path, {"retention_years": 5}, of=path)
    assert kept["retention_years"] == 5
    await place.admin.change("PATCH", path, {"retention_years": 5, "name": "改"}, expect=409)
    late = await factories.branch(place.admin, place.unit)
    assert await place.obligations(late) == {}
    await place.admin.change("POST", f"{path}/reopen", {}, of=path, expect=422)
    again = await place.admin.change("POST", f"{path}/reopen", body, of=path)
    assert (again["status"], again["closed_at"], again["settle_until"]) == ("open", None, None)
    await place.admin.work()
    assert (await place.obligations(late))["themed-meeting"]["status"] == "open"
    await place.report()
    async with place.admin.database.reading() as session:
        found = await find_disagreements(session)
    assert (found.mistallied, found.misplaced, found.miscounted) == ([], [], [])
