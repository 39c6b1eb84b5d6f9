"""Days that move: what falls outside is told, and old records can still be put right."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.places import Place

pytestmark = pytest.mark.one_database

LATER = "2013-02-01"


async def test_a_campaign_tells_what_its_new_days_leave_outside(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}"
    before = await place.admin.get(path)
    await place.activity()
    await place.activity(held_on=LATER)
    await place.activity(status="draft")
    await place.report(reported_on=factories.DAY)
    moved = {"starts_on": "2013-01-20"}

    response = await place.admin.send(
        "PATCH", f"{path}?preview=true", moved, headers={"If-Match": "*"}
    )
    effect = response.json()
    assert response.status_code == 200, effect
    assert (effect["starts_on"], effect["revision"]) == ("2013-01-20", before["revision"])
    told = {warning["code"]: warning["count"] for warning in effect["warnings"]}
    assert told == {"activity_outside_period": 1, "report_outside_period": 1}
    assert await place.admin.get(path) == before

    changed = await place.admin.change("PATCH", path, moved)
    assert changed["warnings"] == effect["warnings"]
    assert (await place.admin.get(path))["warnings"] == []
    again = await place.admin.change("PATCH", path, {"name": "大家谈"})
    assert again["warnings"] == []
    # They stay and count.
    asked = {"campaign_id": place.campaign["id"], "unit_id": place.root["id"]}
    assert (await place.admin.get("/v1/progress", **asked))["counts"]["activities"] == 2


async def test_a_record_of_other_days_can_be_corrected_but_for_its_day(place: Place) -> None:
    activity = f"/v1/activities/{(await place.activity(topics=[factories.TOPICS[0]]))['id']}"
    report = f"/v1/reports/{(await place.report(reported_on=factories.DAY))['id']}"
    talked = factories.record(place.leader, place.campaign)
    record = f"/v1/leader-records/{(await place.admin.post('/v1/leader-records', talked))['id']}"
    seen = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"], "seen": "…",
            "org_id": place.branch["id"], "held_on": factories.DAY}  # fmt: skip
    inspection = f"/v1/inspections/{(await place.admin.post('/v1/inspections', seen))['id']}"
    campaign = f"/v1/campaigns/{place.campaign['id']}"
    await place.admin.change("PATCH", campaign, {"starts_on": "2013-01-20"})
    branch = f"/v1/branches/{place.branch['id']}"
    founded = await place.admin.change("PATCH", branch, {"opened_on": "2013-01-20"})
    assert [(w["code"], w["count"]) for w in founded["warnings"]] == [
        ("records_outside_existence", 2)
    ]

    for path, day, title in (
        (activity, "held_on", "title"),
        (report, "reported_on", "title"),
        (record, "done_on", "title"),
        (inspection, "held_on", "seen"),
    ):
        changed = await place.admin.change("PATCH", path, {title: "更正"})
        assert changed[title] == "更正"
        same: dict[str, Any] = {day: factories.DAY, title: "再更正"}
        await place.admin.change("PATCH", path, same)
        wrong = await place.admin.change("PATCH", path, {day: "2013-01-16"}, expect=422)
        assert f"/{day}" in {error["pointer"] for error in wrong["errors"]}
    sent = await place.admin.change("PATCH", activity, {"topics": ["none"]}, expect=422)
    assert [error["pointer"] for error in sent["errors"]] == ["/topics/0"]


async def test_a_later_day_of_a_superior_takes_the_subordinates_along(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}/requirements"
    evidence = {"record": "activity", "kinds": ["study_session"]}
    asked = {"code": "study", "title": "集中学习", "subject": "branch", "evidence": evidence}
    above = await place.admin.post(path, asked | {"due_on": LATER})
    local = asked | {"code": "local", "issued_by_unit_id": place.unit["id"], "due_on": LATER}
    below = await place.admin.post(path, local)
    assert below["extends_code"] == "study"

    changed = await place.admin.change(
        "PATCH", f"{path}/{above['id']}", {"due_on": "2013-03-01", "opens_on": "2013-01-20"}
    )
    assert changed["extended_codes"] == ["local"]
    assert (await place.admin.get(f"{path}/{below['id']}"))["due_on"] == "2013-03-01"
    owed = await place.obligations(place.branch)
    assert owed["local"]["due_on"] == owed["study"]["due_on"] == "2013-03-01"
    # What was done before it was asked for is done.
    await place.activity(kind="study_session")
    assert (await place.obligations(place.branch))["study"]["status"] == "met"
    # An earlier day is the superior's own: nobody below had to have a later one.
    sooner = await place.admin.change("PATCH", f"{path}/{above['id']}", {"due_on": "2013-02-20"})
    assert sooner["extended_codes"] == []
