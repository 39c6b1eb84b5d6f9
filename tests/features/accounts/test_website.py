"""What a website sees: what is accepted or adopted, and of that only what is public."""

from typing import Any

import pytest

from app.access import published
from tests.support import factories
from tests.support.callers import caller
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place, review


async def accept(place: Place, path: str, record: Any) -> None:
    await place.root_reviewer.change("POST", f"{path}/reviews", review(record), of=path, expect=201)


@pytest.fixture
async def website(place: Place) -> Api:
    return await granted(place.admin, place.root, "website")


async def test_accepted_activities_without_what_is_not_public(place: Place, website: Api) -> None:
    parts: dict[str, Any] = {
        "participants": [{"leader_id": place.leader["id"], "role": "speaker"}],
        "findings": [{"check": "methods", "description": "走访不够"}],
        "opinions": [{"field": "social", "source_group": "public", "content": "增设门诊"}],
        "host": "主持人", "recorder": "记录人", "source": "oa", "external_id": "1",
    }  # fmt: skip
    shown = await place.activity(title="审核通过的讨论", **parts)
    drafted = await place.activity(title="草稿", status="draft")
    sent = await place.activity(title="刚报送的", held_on="2013-01-20")
    reviewed = f"/v1/activities/{shown['id']}"
    await place.reviewer.change(
        "POST", f"{reviewed}/reviews", review(shown), of=reviewed, expect=201
    )
    (row,) = await website.all("/v1/activities")
    assert row["id"] == shown["id"]
    assert row.keys() <= published.ACTIVITY
    assert (await website.get(reviewed)).keys() <= published.ACTIVITY
    for hidden in (drafted, sent):
        await website.get(f"/v1/activities/{hidden['id']}", expect=404)
    for name, value in (("leader_id", place.leader["id"]), ("status", "draft"), ("source", "oa")):
        await website.get(f"/v1/activities?{name}={value}", expect=403)
    few = await website.get("/v1/activities", fields="title,findings,participants")
    assert [each.keys() for each in few["data"]] == [{"id", "title"}]
    everything = (await website.send("GET", "/v1/activities")).text
    for secret in (place.leader["id"], "走访不够", "增设门诊", "主持人", "记录人"):
        assert secret not in everything


async def test_adopted_writings_as_they_were_adopted(place: Place, website: Api) -> None:
    adopted, other = await place.report(title="采用的"), await place.report(title="未采用的")
    path = f"/v1/reports/{adopted['id']}"
    adoption = {"level": "city", "outlet": "简报", "adopted_on": "2013-01-20"}
    await place.reviewer.change("POST", f"{path}/adoptions", adoption, of=path, expect=201)
    (row,) = await website.all("/v1/reports")
    assert row["id"] == adopted["id"]
    whole = await website.get(path)
    assert whole.keys() <= published.REPORT
    assert "讨论会" in whole["body_html"]
    assert [each["outlet"] for each in whole["adoptions"]] == ["简报"]
    await website.get(f"/v1/reports/{other['id']}", expect=404)
    await website.send("GET", "/v1/reports", expect=403, leader_id=place.leader["id"])


async def test_campaigns_organizations_and_progress(place: Place, website: Api) -> None:
    draft = await factories.campaign(place.admin, place.root, opened=False, code="next")
    (row,) = await website.all("/v1/campaigns")
    assert row["id"] == place.campaign["id"]
    assert row.keys() <= published.CAMPAIGN
    await website.get(f"/v1/campaigns/{draft['id']}", expect=404)
    for path in ("/v1/units", "/v1/branches"):
        for each in await website.all(path):
            assert each.keys() <= published.ORGANIZATION
            assert (await website.get(f"{path}/{each['id']}")).keys() <= published.ORGANIZATION
    mine = await website.get("/v1/progress", campaign_id=place.campaign["id"])
    full = await place.admin.get("/v1/progress", campaign_id=place.campaign["id"])
    assert mine == full
    for path in ("/v1/findings", "/v1/leaders", "/v1/opinions", "/v1/audit-events", "/v1/me/tasks"):
        await website.get(path, expect=403)


async def test_a_website_is_nothing_else(place: Place) -> None:
    api = place.admin
    made = await caller(api, "website", place.unit)
    for role, expected in (("viewer", 409), ("website", 201)):
        body = {"client_id": made.client["id"], "role": role, "unit_id": place.root["id"]}
        await api.post("/v1/grants", body, expect=expected)
    assert (await made.api.get("/v1/me"))["scopes"] == ["public"]


async def test_drafts_are_for_those_who_work_on_them(place: Place) -> None:
    viewer = await granted(place.admin, place.unit, "viewer")
    article = factories.record(place.leader, place.campaign, status="draft")
    made = {
        "activities": await place.activity(status="draft"),
        "reports": await place.report(status="draft"),
        "leader-records": await place.unit_reporter.post("/v1/leader-records", article),
    }
    for name, draft in made.items():
        path = f"/v1/{name}/{draft['id']}"
        working = place.unit_reporter if name == "leader-records" else place.reporter
        for who in (working, place.reviewer, place.admin):
            assert draft["id"] in {row["id"] for row in await who.all(f"/v1/{name}")}
            await who.get(path)
        assert await viewer.all(f"/v1/{name}") == []
        await viewer.get(path, expect=404)
        await working.change("POST", f"{path}/submission", of=path)
        await viewer.get(path)
