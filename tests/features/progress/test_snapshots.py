"""Figures that were issued: read for ever as they were; what was known on a day, or refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.support import factories
from tests.support.places import Place

TITLE = "活动进展情况通报（第1期）"


def path_of(place: Place) -> str:
    return f"/v1/campaigns/{place.campaign['id']}/snapshots"


async def issued(place: Place, **fields: Any) -> Any:
    body = {"unit_id": place.unit["id"], "title": TITLE, **fields}
    return await place.reviewer.post(path_of(place), body)


async def test_issued_figures_stay_whatever_happens(place: Place) -> None:
    activity = await place.activity(topics=list(factories.TOPICS), members_present=9)
    asked = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"]}
    progress = await place.admin.get("/v1/progress", **asked)

    made = await issued(place, document_number="佛组通〔2013〕5号")
    assert made["progress"] == progress
    assert (made["as_of"], made["group_by"]) == (str(clock.today()), "children")

    path = f"/v1/activities/{activity['id']}"
    await place.admin.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    other = await factories.unit(place.admin, place.root)
    merged = f"/v1/units/{place.unit['id']}"
    body = {"into_id": other["id"], "closed_on": str(clock.today()), "reason": "撤并"}
    await place.admin.change("POST", f"{merged}/merge", body, of=merged)
    await place.admin.change("PATCH", f"/v1/branches/{place.branch['id']}", {"name": "改名支部"})
    await place.admin.work()

    assert await place.admin.get("/v1/progress", **asked) != progress
    again = await place.admin.get(f"{path_of(place)}/{made['id']}")
    assert again == made
    rows = (await place.admin.get(path_of(place)))["data"]
    assert rows == [{k: v for k, v in made.items() if k != "progress"}]
    for method in ("PATCH", "PUT", "DELETE"):
        answer = await place.admin.send(method, f"{path_of(place)}/{made['id']}", {})
        assert answer.status_code == 405


async def test_issued_figures_are_for_who_sees_the_unit(place: Place) -> None:
    made = await issued(place, as_of=factories.DAY, group_by="requirement")
    assert made["progress"]["group_by"] == "requirement"
    assert made["progress"]["as_of"] == factories.DAY
    read = f"{path_of(place)}/{made['id']}"

    assert (await place.reporter.send("GET", read)).status_code == 404
    assert (await place.reporter.get(path_of(place)))["data"] == []
    body = {"unit_id": place.unit["id"], "title": TITLE}
    refused = await place.unit_reporter.send("POST", path_of(place), body)
    assert refused.status_code == 403
    body["unit_id"] = factories.own_id()
    wrong = await place.reviewer.post(path_of(place), body, expect=422)
    assert [error["pointer"] for error in wrong["errors"]] == ["/unit_id"]
    for unit_id, number in ((place.unit["id"], 1), (place.branch["id"], 0)):
        assert len((await place.admin.get(path_of(place), unit_id=unit_id))["data"]) == number


async def test_what_was_known_is_exact_or_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.activity()
    asked = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"]}
    progress = await place.admin.get("/v1/progress", **asked)
    today = clock.today()
    yesterday = await place.admin.send(
        "GET", "/v1/progress", **asked, known_on=str(today - timedelta(days=1))
    )
    assert yesterday.json()["errors"][0]["code"] == "recorded_since"
    ahead = await place.admin.send(
        "GET", "/v1/progress", **asked, known_on=str(today + timedelta(days=1))
    )
    assert ahead.json()["errors"][0]["code"] == "in_future"
    assert await place.admin.get("/v1/progress", **asked, known_on=str(today)) == progress

    # Days later: nothing was recorded in between, then something was.
    later = datetime.now(clock.CHINA) + timedelta(days=3)
    monkeypatch.setattr(clock, "today", later.date)
    assert (await place.admin.get("/v1/progress", **asked, known_on=str(today)))[
        "counts"
    ] == progress["counts"]
    monkeypatch.setattr(clock, "now", lambda: later)
    await place.activity()
    refused = await place.admin.send("GET", "/v1/progress", **asked, known_on=str(today))
    assert refused.json()["errors"][0]["code"] == "recorded_since"
