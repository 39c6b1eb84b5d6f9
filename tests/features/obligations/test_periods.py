"""What is asked anew in each period: one obligation for each, opened as it begins."""

from datetime import date
from typing import Any

import pytest

from app.features.campaigns.jobs import open_begun
from app.features.obligations.service.verifying import Disagreements, find_disagreements
from app.kit import clock
from app.kit.periods import list_periods
from tests.support import factories
from tests.support.client import Api
from tests.support.periods import cut
from tests.support.places import Place

MONTHLY = {
    "code": "monthly", "title": "每月开展一次讨论", "subject": "branch", "every": "month",
    "evidence": {"record": "activity", "kinds": ["discussion"]},
}  # fmt: skip
DAYS = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}


def set_today(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """Let it be a day in China; the hours go on as they are."""
    monkeypatch.setattr(clock, "today", lambda: date.fromisoformat(day))


async def campaign(api: Api, place: Place, *requirements: Any, **fields: Any) -> Any:
    body = {"root_unit_id": place.unit["id"], "code": "regular", "name": "定期活动", **DAYS,
            "requirements": list(requirements), **fields}  # fmt: skip
    made = await api.post("/v1/campaigns", body)
    await factories.open_campaign(api, made)
    return made


async def owed(api: Api, of: Any, code: str = "monthly", **more: Any) -> list[tuple[str, ...]]:
    """First day, last day, status of each obligation of a subject."""
    rows = await api.all("/v1/obligations", subject_id=of["id"], requirement_code=code, **more)
    return sorted((o["period"]["from"], o["period"]["to"], o["status"]) for o in rows)


async def line(api: Api, within: Any, of: Any, **more: Any) -> Any:
    asked = {"campaign_id": within["id"], "unit_id": of["id"], **more}
    return (await api.get("/v1/progress", **asked))["requirements"][0]


async def hold(api: Api, within: Any, of: Any, day: str) -> Any:
    body = factories.activity(of, within) | {"held_on": day, "title": f"{day}讨论"}
    return await api.post("/v1/activities", body)


async def all_agree(api: Api) -> None:
    async with api.database.reading() as session:
        found = await find_disagreements(session)
        assert found == Disagreements(found.obligations, [], [], [])


async def let_worker_look(api: Api) -> None:
    async with api.database.writing() as session:
        await open_begun(session)
    await api.work()


@pytest.mark.parametrize("every", ["month", "quarter", "half_year"])
def test_periods_are_those_that_are_counted_by_hand(every: str) -> None:
    for first in (date(2012, 12, 24), date(2013, 1, 1), date(2013, 2, 14), date(2013, 5, 17)):
        for last in (date(2013, 2, 20), date(2013, 6, 30), date(2014, 1, 5), date(2012, 12, 30)):
            found = list_periods(every, first, last, date(2015, 1, 1))
            assert [(p.opens_on, p.due_on) for p in found] == cut(every, first, last)
            for until in (date(2013, 1, 3), date(2013, 4, 1)):
                begun = list_periods(every, first, last, until)
                assert begun == [p for p in found if p.opens_on <= until]


async def test_each_period_is_owed_for_itself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.admin
    set_today(monkeypatch, "2026-03-10")
    made = await campaign(api, place, MONTHLY)
    january, february, march = await owed(api, place.branch)
    assert january == ("2026-01-01", "2026-01-31", "open")
    assert (february[1], march[1]) == ("2026-02-28", "2026-03-31")
    await hold(api, made, place.branch, "2026-02-05")
    assert [status for *_, status in await owed(api, place.branch)] == ["open", "met", "open"]
    held = await hold(api, made, place.branch, "2026-01-31")
    assert [status for *_, status in await owed(api, place.branch)] == ["met", "met", "open"]
    told = await line(api, made, place.unit)
    assert (told["due"], told["done"], told["open"], told["overdue"]) == (3, 2, 1, 0)
    assert [p["done"] for p in told["periods"]] == [1, 1, 0]
    assert told["periods"][0]["period"] == {"from": "2026-01-01", "to": "2026-01-31"}
    path = f"/v1/activities/{held['id']}"
    await api.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    told = await line(api, made, place.unit)
    assert (told["due"], told["done"], told["open"], told["overdue"]) == (3, 1, 2, 1)
    past = await line(api, made, place.unit, as_of="2026-02-10")
    assert (past["due"], past["done"], past["open"], past["overdue"]) == (2, 1, 1, 1)
    assert len(past["periods"]) == 2
    then = {"campaign_id": made["id"], "as_of": "2026-02-10"}
    assert len(await owed(api, place.branch, **then)) == 2
    within = {"period_from": "2026-02-01", "period_to": "2026-02-28"}
    assert await owed(api, place.branch, **within) == [(*february[:2], "met")]
    await all_agree(api)


async def test_the_worker_opens_what_has_begun_and_catches_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.admin
    set_today(monkeypatch, "2026-01-20")
    made = await campaign(api, place, MONTHLY)
    assert len(await owed(api, place.branch)) == 1
    await hold(api, made, place.branch, "2026-01-20")
    set_today(monkeypatch, "2026-04-02")  # the worker stood still for two months
    # Held before the period was opened: it counts as soon as it is.
    await hold(api, made, place.branch, "2026-03-03")
    assert len(await owed(api, place.branch)) == 1
    for _ in range(2):
        await let_worker_look(api)
        found = [status for *_, status in await owed(api, place.branch)]
        assert found == ["met", "open", "met", "open"]
    assert (await line(api, made, place.unit))["done"] == 2
    await all_agree(api)
    late = await factories.branch(api, place.unit, opened_on="2026-03-15")
    assert [first for first, *_ in await owed(api, late)] == ["2026-03-01", "2026-04-01"]
    path = f"/v1/branches/{late['id']}"
    body = {"closed_on": "2026-04-01", "reason": "撤并"}
    await api.change("POST", f"{path}/close", body, of=path)
    set_today(monkeypatch, "2026-05-01")
    await let_worker_look(api)
    assert await owed(api, late) == []
    assert len(await owed(api, place.branch)) == 5
    await all_agree(api)


async def test_days_of_the_campaign_cut_the_periods(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.admin
    set_today(monkeypatch, "2026-03-10")
    made = await campaign(api, place, MONTHLY, starts_on="2026-01-20")
    assert [d[:2] for d in await owed(api, place.branch)] == [
        ("2026-01-20", "2026-02-28"), ("2026-03-01", "2026-03-31"),
    ]  # fmt: skip
    await hold(api, made, place.branch, "2026-02-03")
    path = f"/v1/campaigns/{made['id']}"
    await api.change("PATCH", path, {"starts_on": "2026-01-10", "ends_on": "2026-04-05"}, of=path)
    await api.work()
    assert await owed(api, place.branch) == [
        ("2026-01-10", "2026-01-31", "open"),
        ("2026-02-01", "2026-02-28", "met"),
        ("2026-03-01", "2026-04-05", "open"),
    ]
    await all_agree(api)
    own = next(r for r in (await api.get(path))["requirements"] if r["code"] == "monthly")
    at = f"{path}/requirements/{own['id']}"
    await api.change("PATCH", at, {"every": None}, of=at)
    (only,) = await api.all("/v1/obligations", subject_id=place.branch["id"], status="met")
    assert (only["period"], only["count"]) == (None, 1)
    await all_agree(api)


async def test_what_is_asked_anew_under_way_begins_that_day(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.admin
    set_today(monkeypatch, "2026-03-10")
    made = await campaign(api, place)
    path = f"/v1/campaigns/{made['id']}/requirements"
    added = await api.post(path, MONTHLY)
    assert added["opens_on"] == "2026-03-10"
    assert [d[:2] for d in await owed(api, place.branch)] == [("2026-03-10", "2026-03-31")]
    set_today(monkeypatch, "2026-03-12")
    again = await api.send("POST", path, MONTHLY, expect=200)
    assert again.json()["id"] == added["id"]


async def test_exemption_and_moving_are_of_one_period(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.admin
    set_today(monkeypatch, "2026-03-10")
    made = await campaign(api, place, MONTHLY)
    february = (await api.all("/v1/obligations", subject_id=place.branch["id"],
                              period_from="2026-02-01", period_to="2026-02-28"))[0]  # fmt: skip
    path = f"/v1/obligations/{february['id']}"
    await api.change("POST", f"{path}/exemption", {"reason": "汛期抗洪"}, of=path)
    assert [s for *_, s in await owed(api, place.branch)] == ["open", "exempt", "open"]
    other = await factories.unit(api, place.unit)
    branch = f"/v1/branches/{place.branch['id']}"
    await api.change("POST", f"{branch}/move", {"unit_id": other["id"]}, of=branch)
    assert [s for *_, s in await owed(api, place.branch)] == ["open", "exempt", "open"]
    told = await line(api, made, other)
    assert (told["due"], told["exempt"], told["overdue"]) == (2, 1, 1)
    await all_agree(api)


async def test_too_many_periods_and_local_ones_asked_oftener_are_refused(place: Place) -> None:
    api = place.admin
    long = {"starts_on": "2012-01-01", "ends_on": "2026-12-31"}
    body = {"root_unit_id": place.unit["id"], "code": "long", "name": "长期", **long,
            "requirements": [MONTHLY]}  # fmt: skip
    problem = await api.post("/v1/campaigns", body, expect=422)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/requirements/0/every", "too_many_periods")
    ]
