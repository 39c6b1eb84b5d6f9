"""What progress counts beside the ledger: findings, opinions, reports, adoptions, inspections."""

from typing import Any

import pytest

from app.kit import clock
from app.kit.fields import MAX_COUNT
from tests.support import factories
from tests.support.client import Api
from tests.support.places import Place

ADOPTION = {"level": "city", "outlet": "简报", "adopted_on": "2013-02-01"}
OPINION = {"field": "social", "source_group": "public", "content": "看病远"}


async def test_counts_follow_every_record(api: Api) -> None:
    place = await Place(api).made()
    own = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}

    async def counts(unit: Any, **more: Any) -> dict[str, int]:
        answer = await api.get(
            "/v1/progress", campaign_id=place.campaign["id"], unit_id=unit["id"], **more
        )
        groups = [group["counts"] for group in answer["groups"]]
        whole: dict[str, int] = answer["counts"]
        assert whole == {name: sum(group[name] for group in groups) for name in whole}
        return {name: number for name, number in whole.items() if number}

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
        "reports": 1, "nil_returns": 1, "adopted": 1, "inspections": 1,
    }  # fmt: skip
    assert await counts(place.root) == expected
    assert await counts(place.unit) == expected
    assert await counts(place.root, group_by="sector") == expected
    # A branch answers for itself, and so it does where nobody says of whom.
    of_branch = {name: number for name, number in expected.items() if name != "inspections"}
    for more in ({}, {"group_by": "sector"}, {"as_of": str(clock.today())}):
        assert await counts(place.branch, **more) == of_branch
    # By the day on which things were done.
    assert await counts(place.root, as_of=factories.DAY) == {
        "activities": 1, "findings_open": 1, "opinions": 1, "inspections": 1,
    }  # fmt: skip


async def test_the_greatest_numbers_add_up(api: Api) -> None:
    place = await Place(api).made()
    for _ in range(2):
        await place.activity(
            members_present=MAX_COUNT, public_present=MAX_COUNT, person_times=MAX_COUNT
        )

    answer = await api.get(
        "/v1/progress", campaign_id=place.campaign["id"], unit_id=place.root["id"]
    )

    assert answer["counts"]["persons"] == 4 * MAX_COUNT
    assert answer["counts"]["person_times"] == 2 * MAX_COUNT


@pytest.mark.parametrize(("as_of", "done"), [(None, 2), (factories.DAY, 2), ("2013-01-14", 0)])
async def test_a_branch_has_what_it_has_as_a_child_of_its_unit(
    place: Place, as_of: str | None, done: int
) -> None:
    await place.activity(kind="themed_org_life_meeting", checks=list(factories.CHECKS))
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
    await place.activity(kind="themed_org_life_meeting", checks=list(factories.CHECKS))
    await place.activity(topics=[factories.TOPICS[0]], held_on="2013-01-16")

    told = await place.reporter.get("/v1/progress/timeline", campaign_id=place.campaign["id"])

    assert [tuple(day.values()) for day in told["data"]] == [
        (factories.DAY, 1, 1, 1), ("2013-01-16", 1, 1, 2),
    ]  # fmt: skip
