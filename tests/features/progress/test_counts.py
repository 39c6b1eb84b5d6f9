"""What progress counts beside the ledger: findings, opinions, reports, adoptions, inspections."""

from typing import Any

import pytest

from app.kit import clock
from app.kit.fields import MAX_COUNT
from tests.support import factories
from tests.support.client import Api
from tests.support.flattened import flat
from tests.support.places import Place

ADOPTION = {"level": "city", "outlet": "简报", "adopted_on": "2013-02-01"}
_PEOPLE = ("attendances", "members_reached", "branches_with_references")
_DETAILS: dict[str, Any] = {
    "practical_deed": {"category": "路灯", "items": 6, "households": 40},
    "visit": {"group_visited": "vulnerable", "households": 5},
    "platform_column": {"medium": "web", "outlet": "党建网", "issues": 3},
    "delegate_reception": {
        "office": "一室", "delegate_level": "county", "delegates": 2, "people_received": 12,
    },
    "volunteer_service": {"service": "扫雪", "volunteers": 15, "hours": 45},
}  # fmt: skip
_THINGS = {
    "items": 12, "households": 90, "households_visited": 10, "column_issues": 6,
    "people_received": 24, "volunteers": 30, "volunteer_hours": 90,
}  # fmt: skip
OPINION = {"field": "social", "source_group": "public", "content": "看病远"}


async def test_counts_follow_every_record(place: Place, api: Api) -> None:
    own = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}

    async def counts(unit: Any, **more: Any) -> dict[str, int]:
        answer = await api.get(
            "/v1/progress", campaign_id=place.campaign["id"], unit_id=unit["id"], **more
        )
        groups = [flat(group["counts"]) for group in answer["groups"]]
        whole = flat(answer["counts"])
        assert whole == {name: sum(group[name] for group in groups) for name in whole}
        return {name: number for name, number in whole.items() if number and "/of" not in name}

    assert await counts(place.root) == {}
    finding = {**own, "check": "methods", "description": "方法单一"}
    await api.post("/v1/findings", finding | {"due_on": "2013-02-01"})
    await api.post("/v1/findings", finding | {"due_on": "2013-02-01", "nature": "long_term"})
    await api.post("/v1/opinions", own | OPINION)
    await place.activity(opinions=[OPINION], findings=[{"check": "thinking", "description": "…"}])
    report = await place.report()
    await place.report("nil_return", body=None, nil_kinds=["summary"])
    await place.report(status="draft")
    inspection = {**own, "unit_id": place.unit["id"], "held_on": factories.DAY, "seen": "…"}
    await api.post("/v1/inspections", inspection)
    for issue in ("1", "2"):
        body = ADOPTION | {"issue": issue}
        await place.reviewer.post(f"/v1/reports/{report['id']}/adoptions", body)

    expected = {
        "activities": 1, "findings_open": 3, "findings_overdue": 1, "opinions": 2,
        "reports": 1, "nil_returns": 1, "adopted": 1, "inspections": 1, "inspected/n": 1,
    }  # fmt: skip
    assert await counts(place.root) == expected
    assert await counts(place.unit) == expected
    assert await counts(place.root, group_by="sector") == expected
    # A branch answers for itself, and so it does where nobody says of whom.
    of_branch = {n: number for n, number in expected.items() if not n.startswith("inspect")}
    for more in ({}, {"group_by": "sector"}, {"as_of": str(clock.today())}):
        assert await counts(place.branch, **more) == of_branch
    # By the day on which things were done.
    assert await counts(place.root, as_of=factories.DAY) == {
        "activities": 1, "findings_open": 1, "opinions": 1, "inspections": 1, "inspected/n": 1,
    }  # fmt: skip


async def test_who_took_part_is_told_once_and_never_more_often_than_anybody_came(
    place: Place,
) -> None:
    async def told(of: Any, **more: Any) -> tuple[int, ...]:
        asked = {"campaign_id": place.campaign["id"], "unit_id": of["id"], **more}
        counts = (await place.admin.get("/v1/progress", **asked))["counts"]
        return tuple(counts[name] for name in _PEOPLE)

    other = await factories.branch(place.admin, place.unit)
    for body in (
        {"members_present": 20, "public_present": 3},
        {"members_present": 25, "person_times": 30, "held_on": "2013-01-16"},
        {"members_present": 22, "held_on": "2013-01-17"},
    ):
        await place.activity(**body)
    # Of another branch it is known who they were, be it one more than were counted.
    for refs, day in ((["甲", "乙"], "2013-01-16"), (["乙", "丙", "丁"], "2013-01-17")):
        body = factories.activity(other, place.campaign, held_on=day, member_refs=refs)
        await place.admin.post("/v1/activities", body | {"members_present": 2})
    # Members of branches, who are counted there.
    at_unit = factories.activity(place.unit, place.campaign, members_present=9, public_present=1)
    await place.admin.post("/v1/activities", at_unit)

    assert await told(place.branch) == (23 + 30 + 22, 25, 0)
    assert await told(other) == (4, 4, 1)
    for of in (place.unit, place.root):
        assert await told(of) == (75 + 4 + 10, 29, 1)
        assert await told(of, as_of="2013-01-16") == (53 + 2 + 10, 27, 1)
        assert await told(of, as_of=factories.DAY) == (23 + 10, 20, 0)


async def test_deeds_visits_receptions_service_and_columns_add_up(place: Place) -> None:
    async def held(of: Any, kind: str) -> Any:
        body = factories.activity(of, place.campaign, kind, details=_DETAILS[kind])
        return await place.admin.post("/v1/activities", body)

    for kind in _DETAILS:
        await held(place.branch, kind)
        await held(place.unit, kind)
    mistaken = f"/v1/activities/{(await held(place.unit, 'volunteer_service'))['id']}"
    reason = {"reason": "重复"}
    await place.admin.change("POST", f"{mistaken}/withdrawal", reason, of=mistaken)
    asked = {"campaign_id": place.campaign["id"], "unit_id": place.root["id"]}
    ways: list[dict[str, Any]] = [{}, {"group_by": "sector"}, {"as_of": factories.DAY}]

    for more in ways:
        counts = (await place.admin.get("/v1/progress", **asked, **more))["counts"]
        assert {name: counts[name] for name in _THINGS} == _THINGS
    before = await place.admin.get("/v1/progress", **asked, as_of="2013-01-14")
    counted = flat(before["counts"])
    assert not any(number for name, number in counted.items() if "/of" not in name)


async def test_the_greatest_numbers_add_up(place: Place, api: Api) -> None:
    for person_times in (None, MAX_COUNT):
        await place.activity(
            members_present=MAX_COUNT, public_present=MAX_COUNT, person_times=person_times
        )

    answer = await api.get(
        "/v1/progress", campaign_id=place.campaign["id"], unit_id=place.root["id"]
    )

    assert answer["counts"]["attendances"] == 3 * MAX_COUNT
    assert answer["counts"]["members_reached"] == MAX_COUNT


@pytest.mark.parametrize(("as_of", "done"), [(None, 2), (factories.DAY, 2), ("2013-01-14", 0)])
async def test_a_branch_has_what_it_has_as_a_child_of_its_unit(
    place: Place, as_of: str | None, done: int
) -> None:
    await place.activity(
        kind="themed_org_life_meeting", checks=list(factories.CHECKS), members_present=9
    )
    await place.activity(topics=[factories.TOPICS[0]])
    asked = {"campaign_id": place.campaign["id"], **({"as_of": as_of} if as_of else {})}

    above = await place.admin.get("/v1/progress", unit_id=place.unit["id"], **asked)

    (child,) = [group for group in above["groups"] if group["id"] == place.branch["id"]]
    assert sum(line["done"] for line in child["requirements"]) == done
    for caller, of in ((place.admin, {"unit_id": place.branch["id"]}), (place.reporter, {})):
        for group_by in ("children", "sector", "requirement"):
            told = await caller.get("/v1/progress", group_by=group_by, **asked, **of)
            assert told["unit"]["id"] == place.branch["id"]
            assert told["requirements"] == child["requirements"]
            assert told["counts"] == child["counts"]


async def test_the_timeline_of_a_branch_has_its_days(place: Place) -> None:
    await place.activity(
        kind="themed_org_life_meeting", checks=list(factories.CHECKS), members_present=9
    )
    await place.activity(topics=[factories.TOPICS[0]], held_on="2013-01-16")

    told = await place.reporter.get("/v1/progress/timeline", campaign_id=place.campaign["id"])

    assert [tuple(day.values()) for day in told["data"]] == [
        (factories.DAY, 1, 1, 1), ("2013-01-16", 1, 1, 2),
    ]  # fmt: skip
