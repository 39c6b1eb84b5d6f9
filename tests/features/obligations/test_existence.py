"""Days of existence: nothing counts before a subject is there or after, and nothing is due."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.features.counts.queries.verifying import find_discrepancies
from app.features.obligations.jobs import settle_ended
from app.features.obligations.service.verifying import Disagreements, find_disagreements
from app.kit import clock
from app.models import Organization
from tests.support import factories
from tests.support.places import Place

FOUNDED = "2013-02-01"
BEFORE = "2013-01-15"
AFTER = "2013-02-15"
CHECKS = list(factories.CHECKS)


async def meeting(place: Place, of: Any, day: str, expect: int = 201, **fields: Any) -> Any:
    body = factories.activity(
        of, place.campaign, "themed_org_life_meeting", checks=CHECKS, members_present=9
    )
    body |= {"held_on": day, **fields}
    return await place.admin.post("/v1/activities", body, expect=expect)


async def told(place: Place, of: Any, as_of: str | None = None) -> tuple[int, int, int]:
    """Done of the themed meeting, activities by `as_of`, and done so far by the timeline."""
    asked: dict[str, Any] = {"campaign_id": place.campaign["id"], "unit_id": of["id"]}
    by_day = (await place.admin.get("/v1/progress/timeline", **asked))["data"]
    days = [day for day in by_day if as_of is None or day["day"] <= as_of]
    more: dict[str, Any] = {} if as_of is None else {"as_of": as_of}
    answer = await place.admin.get("/v1/progress", **asked, **more)
    done = sum(line["done"] for line in answer["requirements"])
    assert done == (days[-1]["done_so_far"] if days else 0)
    assert answer["counts"]["activities"] == sum(day["activities"] for day in days)
    listed = await place.admin.all(
        "/v1/obligations", campaign_id=place.campaign["id"], org_id=of["id"], status="met", **more
    )
    if of["id"] == place.branch["id"]:
        assert len(listed) == done
    due = sum(line["due"] for line in answer["requirements"])
    return done, answer["counts"]["activities"], due


async def all_agree(place: Place) -> None:
    async with place.admin.database.reading() as session:
        found = await find_disagreements(session)
        assert found == Disagreements(found.obligations, [], [], [])
        assert await find_discrepancies(session) == []


async def change(place: Place, kind: str, of: Any, **fields: Any) -> Any:
    return await place.admin.change("PATCH", f"/v1/{kind}/{of['id']}", fields)


async def test_nothing_is_done_before_an_organization_is_there(place: Place) -> None:
    young = await factories.branch(place.admin, place.unit, opened_on=FOUNDED)

    early = await meeting(place, young, BEFORE, expect=422)
    assert [(e["pointer"], e["code"]) for e in early["errors"]] == [("/held_on", "not_founded_yet")]
    await meeting(place, young, FOUNDED)
    report = place.report_body(reported_on=BEFORE) | {"org_id": young["id"]}
    refused = await place.admin.post("/v1/reports", report, expect=422)
    assert refused["errors"][0]["code"] == "not_founded_yet"
    unit = await factories.unit(place.admin, place.root, opened_on=FOUNDED)
    below = await factories.branch(place.admin, unit)
    seen = {"campaign_id": place.campaign["id"], "unit_id": unit["id"], "org_id": below["id"],
            "held_on": BEFORE, "seen": "…"}  # fmt: skip
    refused = await place.admin.post("/v1/inspections", seen, expect=422)
    assert refused["errors"][0]["code"] == "not_founded_yet"
    leader = await factories.leader(place.admin, place.unit, place.branch, active_from=FOUNDED)
    record = factories.record(leader, place.campaign, done_on=BEFORE)
    refused = await place.admin.post("/v1/leader-records", record, expect=422)
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/done_on", "not_in_post")]
    await all_agree(place)


async def test_work_counts_on_days_on_which_its_organization_exists(place: Place) -> None:
    await meeting(place, place.branch, BEFORE)
    await meeting(place, place.branch, AFTER)
    assert (await told(place, place.branch))[:2] == (1, 2)

    # Founded later than was known: what was done before was done by nobody.
    await change(place, "branches", place.branch, opened_on=FOUNDED)
    for of in (place.branch, place.unit, place.root):
        assert (await told(place, of))[:2] == (1, 1)
        assert (await told(place, of, BEFORE))[:2] == (0, 0)
        assert (await told(place, of, AFTER))[:2] == (1, 1)
    await all_agree(place)
    await place.admin.work()
    await all_agree(place)

    await change(place, "branches", place.branch, opened_on=None)
    assert (await told(place, place.branch, BEFORE))[:2] == (1, 1)
    # Closed before the second was held, and reopened.
    path = f"/v1/branches/{place.branch['id']}"
    closed = {"closed_on": FOUNDED, "reason": "撤销"}
    await place.admin.change("POST", f"{path}/close", closed, of=path)
    for of in (place.branch, place.unit):
        assert (await told(place, of))[:2] == (1, 1)
    await all_agree(place)
    await place.admin.change("POST", f"{path}/reopen", {"reason": "误"}, of=path)
    assert (await told(place, place.branch))[:2] == (1, 2)
    await all_agree(place)


async def test_nothing_is_due_from_what_is_not_there_yet(place: Place) -> None:
    tomorrow = str(clock.today() + timedelta(days=1))
    before = (await told(place, place.root))[2]
    young = await factories.branch(place.admin, place.unit, opened_on=tomorrow)
    leader = await factories.leader(place.admin, place.unit, place.branch, active_from=tomorrow)
    assert (await told(place, place.root))[2] == before
    for subject in (young, leader):
        assert await place.obligations(subject) == {}
    await place.admin.work()
    assert (await told(place, place.root))[2] == before

    # It was founded earlier than was thought.
    await change(place, "branches", young, opened_on=FOUNDED)
    await change(place, "leaders", leader, active_from=FOUNDED)
    assert (await told(place, place.root))[2] > before
    for subject in (young, leader):
        assert await place.obligations(subject)
    await change(place, "branches", young, opened_on=tomorrow)
    await change(place, "leaders", leader, active_from=tomorrow)
    assert (await told(place, place.root))[2] == before
    await all_agree(place)


async def test_a_leader_has_done_what_was_done_in_post(place: Place) -> None:
    both = [{"leader_id": place.leader["id"]}]
    await meeting(place, place.branch, BEFORE, participants=both)
    discussed = factories.activity(place.branch, place.campaign, participants=both)
    await place.admin.post("/v1/activities", discussed)

    async def met() -> set[str]:
        owed = await place.obligations(place.leader)
        return {code for code, one in owed.items() if one["status"] == "met"}

    done = await met()
    assert len(done) == 2
    await change(place, "leaders", place.leader, active_from=FOUNDED)
    assert await met() == set()
    await change(place, "leaders", place.leader, active_from="2012-01-01")
    assert await met() == done
    await change(place, "leaders", place.leader, active_to="2013-01-14")
    assert await met() == set()
    await all_agree(place)


async def test_who_begins_or_was_counted_wrongly_is_settled_by_the_worker(place: Place) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    young = await factories.branch(place.admin, place.unit, opened_on=str(tomorrow))
    await meeting(place, place.branch, BEFORE)
    async with place.admin.database.writing() as session:
        # As the release before left it: the day moved, and nobody looked.
        await session.execute(
            update(Organization)
            .where(Organization.id == UUID(place.branch["id"]))
            .values(opened_on=date.fromisoformat(FOUNDED))
        )
        await session.execute(
            update(Organization)
            .where(Organization.id == UUID(young["id"]))
            .values(opened_on=clock.today())
        )
        await settle_ended(session)
    assert await place.obligations(young)
    assert (await told(place, place.branch))[0] == 0
