"""A nil return settles what it names: neither done nor open, until a real report comes."""

from datetime import date, timedelta
from typing import Any

from app.features.obligations.service.verifying import find_disagreements
from app.kit import clock
from tests.support.client import Api, problems
from tests.support.places import Place

NIL: dict[str, Any] = {"body": None, "nil_kinds": ["good_practice", "publicity"]}


async def figures(place: Place, code: str = "good-practice", **given: Any) -> dict[str, int]:
    """The unit's figures of one requirement that are not zero, alike in every grouping."""
    found = []
    for unit in (place.unit, place.root):
        for by in ("children", "sector"):
            told = await place.admin.get(
                "/v1/progress", campaign_id=place.campaign["id"], unit_id=unit["id"],
                group_by=by, **given,
            )  # fmt: skip
            (line,) = [r for r in told["requirements"] if r["requirement_code"] == code]
            found.append({n: v for n, v in line.items() if v and isinstance(v, int)})
    assert all(each == found[0] for each in found), found
    return found[0]


async def nil_return(place: Place, **fields: Any) -> Any:
    body = place.report_body("nil_return", org_id=place.unit["id"], **{**NIL, **fields})
    return await place.admin.post("/v1/reports", body)


async def agreed(place: Place) -> None:
    """Ledger and counters agree, folded or not."""
    for _ in range(2):
        async with place.admin.database.reading() as session:
            found = await find_disagreements(session)
        assert (found.mistallied, found.miscounted) == ([], [])
        await place.admin.fold()


async def test_it_settles_what_it_names_until_a_report_meets_it(place: Place) -> None:
    await nil_return(place, reported_on="2013-02-01")
    owed = await place.obligations(place.unit)
    for code in ("good-practice", "publicity"):
        one = owed[code]
        assert (one["status"], one["count"], one["nil_on"]) == ("nil", 0, "2013-02-01")
        assert [credit["record"] for credit in one["evidence"]] == ["nil_return"]
    assert owed["work-updates"]["status"] == "open"
    assert await figures(place) == {"due": 1, "nil": 1}
    rows = await place.admin.all("/v1/obligations", status="nil", requirement_code="good-practice")
    assert [row["subject"]["id"] for row in rows] == [place.unit["id"]]
    assert await figures(place, as_of="2013-01-31") == {"due": 1, "open": 1}

    body = place.report_body("good_practice", org_id=place.unit["id"], reported_on="2013-03-01")
    real = await place.admin.post("/v1/reports", body)
    owed = (await place.obligations(place.unit))["good-practice"]
    assert (owed["status"], owed["count"], owed["met_on"]) == ("met", 1, "2013-03-01")
    await agreed(place)
    assert await figures(place) == {"due": 1, "done": 1, "on_time": 1}
    assert await figures(place, as_of="2013-02-15") == {"due": 1, "nil": 1}
    assert await figures(place, as_of="2013-01-15") == {"due": 1, "open": 1}

    path = f"/v1/reports/{real['id']}"
    await place.admin.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    assert await figures(place) == {"due": 1, "nil": 1}
    await agreed(place)


async def test_one_that_is_taken_back_settles_nothing(place: Place) -> None:
    made = await nil_return(place)
    path = f"/v1/reports/{made['id']}"
    await place.admin.change("PATCH", path, {"nil_kinds": ["publicity"]}, of=path)
    owed = await place.obligations(place.unit)
    assert (owed["good-practice"]["status"], owed["publicity"]["status"]) == ("open", "nil")
    await place.admin.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    owed = await place.obligations(place.unit)
    assert owed["publicity"]["status"] == "open"
    assert owed["publicity"]["nil_on"] is None
    await agreed(place)


async def test_it_is_about_its_days(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}/requirements"
    evidence = {"record": "report", "kinds": ["good_practice"]}
    days = {"january": "2013-01-31", "february": "2013-02-28", "any-day": None}
    for code, day in days.items():
        body = {"code": code, "title": code, "subject": "unit", "evidence": evidence,
                "due_on": day, "opens_on": day and f"{day[:8]}01"}  # fmt: skip
        await place.admin.post(path, body)
    made = await nil_return(place, period={"from": "2013-02-01", "to": "2013-02-28"})
    assert made["period"] == {"from": "2013-02-01", "to": "2013-02-28"}
    owed = await place.obligations(place.unit)
    assert [owed[code]["status"] for code in days] == ["open", "nil", "nil"]
    # Made anew from what is there, it is the same.
    for row in (await place.admin.get(f"/v1/campaigns/{place.campaign['id']}"))["requirements"]:
        if row["code"] in days:
            one = f"{path}/{row['id']}"
            await place.admin.change("PATCH", one, {"min_count": 2}, of=one)
    owed = await place.obligations(place.unit)
    assert [owed[code]["status"] for code in days] == ["open", "nil", "nil"]
    assert not owed["february"]["overdue"]

    bad = place.report_body(**NIL, period={"from": "2013-02-01", "to": "2013-01-01"})
    bad["kind"] = "nil_return"
    problem = await place.admin.post("/v1/reports", bad, expect=422)
    assert problems(problem) == {("/period/to", "period_reversed")}
    bad = place.report_body(period={"from": "2013-01-01", "to": str(date(2013, 2, 1))})
    problem = await place.admin.post("/v1/reports", bad, expect=422)
    assert problems(problem) == {("/period", "not_for_kind")}


async def test_a_past_tree_has_it_too(place: Place, api: Api) -> None:
    await nil_return(place, reported_on="2013-02-01")
    other = {"code": "TOWN-9", "name": "另一镇", "kind": "committee", "sector": "rural",
             "parent_id": place.root["id"]}  # fmt: skip
    target = await api.post("/v1/units", other)
    path = f"/v1/units/{place.unit['id']}"
    await api.change("POST", f"{path}/move", {"parent_id": target["id"]}, of=path)
    assert "good-practice" not in await place.obligations(place.unit)
    yesterday = str(clock.today() - timedelta(days=1))
    told = await api.get(
        "/v1/progress", campaign_id=place.campaign["id"], unit_id=place.root["id"],
        as_of=yesterday,
    )  # fmt: skip
    (line,) = [r for r in told["requirements"] if r["requirement_code"] == "good-practice"]
    assert (line["nil"], line["done"]) == (1, 0)
    assert line["due"] == line["nil"] + line["open"]
    rows = await api.all(
        "/v1/obligations", campaign_id=place.campaign["id"], as_of=yesterday, status="nil"
    )
    assert {row["requirement_code"] for row in rows} == {"good-practice", "publicity"}
    assert all(row["count"] == 0 and row["nil_on"] == "2013-02-01" for row in rows)
    await agreed(place)
