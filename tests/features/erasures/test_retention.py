"""Campaigns whose time of retention is over: nobody is named any more, everything still counts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.events.verification import verify
from app.features.counts.queries.verifying import find_discrepancies
from app.features.erasures.queries import retention as queries
from app.features.erasures.rules import PLACEHOLDER
from app.features.erasures.service import retention
from app.kit import clock
from app.models import Attachment, Campaign, ExemptionProposal, LeaderRecord, PeriodicTask
from tests.features.erasures.test_persons import ACTOR, NAME, counted, dump, everywhere
from tests.support import factories as make
from tests.support.client import Api
from tests.support.places import Place


async def ended(api: Api, at: Place, days: int) -> None:
    """Close the campaign, as if so many days ago; then let the worker look again."""
    path = f"/v1/campaigns/{at.campaign['id']}"
    await api.change("POST", f"{path}/close", of=path)
    async with api.database.writing() as session:
        closed = {"closed_at": clock.now() - timedelta(days=days)}
        await session.execute(
            update(Campaign).where(Campaign.id == UUID(at.campaign["id"])).values(**closed)
        )


async def worked(api: Api) -> None:
    async with api.database.writing() as session:
        due = update(PeriodicTask).values(next_run_at=datetime(2000, 1, 1, tzinfo=UTC))
        await session.execute(due)
        await retention.look_for_due(session)
    await api.work()


async def test_a_campaign_is_forgotten_in_time_and_not_before(api: Api) -> None:
    place = await Place(api).made(retention_years=2)
    leader, _ = await everywhere(place)
    left: dict[str, Any] = {"active_to": "2013-03-01"}
    await api.change("PATCH", f"/v1/leaders/{leader['id']}", left)
    await ended(api, place, 600)
    before = await counted(place)
    refs = (await api.all("/v1/activities"))[0]["member_refs"]
    path = f"/v1/campaigns/{place.campaign['id']}"
    await worked(api)
    assert (await api.get(path))["forgotten_at"] is None

    async with api.database.writing() as session:
        await session.execute(update(Campaign).values(closed_at=clock.now() - timedelta(days=740)))
    await worked(api)

    assert (await api.get(path))["forgotten_at"] is not None
    assert await counted(place) == before
    activity = (await api.all("/v1/activities"))[0]
    assert (activity["host"], activity["recorder"]) == (None, None)
    # Other marks, of as many members.
    assert len(set(activity["member_refs"]) - set(refs)) == len(refs) > 0
    assert activity["attachment_ids"] == []
    assert activity["findings"][0]["responsible"] is None
    assert activity["participants"] == [{"leader_id": leader["id"], "role": "speaker"}]
    assert (await api.all("/v1/reports"))[0]["author"] is None
    assert (await api.all("/v1/inspections"))[0]["inspectors"] is None
    assert (await api.get(f"/v1/leaders/{leader['id']}"))["name"] == PLACEHOLDER
    changes = (await api.get(f"/v1/activities/{activity['id']}/history"))["data"]
    assert all(entry["actor"] is None for entry in changes)
    lines = [line for line in (await dump(api)).splitlines() if line.startswith("revisions:")]
    assert lines
    assert not any(f"'host': '由{NAME}" in line or ACTOR in line for line in lines)
    await _nothing_is_wrong(api)


async def test_an_activity_is_another_when_what_it_shows_is_forgotten(api: Api) -> None:
    place = await Place(api).made(retention_years=2)
    found = {"check": "methods", "description": "入户少", "responsible": NAME}
    path = f"/v1/activities/{(await place.activity(findings=[found]))['id']}"
    tag = (await api.send("GET", path)).headers["ETag"]
    await ended(api, place, 740)
    await worked(api)
    seen = await api.send("GET", path, headers={"If-None-Match": tag})
    assert (seen.status_code, NAME in seen.text) == (200, False)


async def _nothing_is_wrong(api: Api) -> None:
    async with api.database.reading() as session:
        assert (await verify(session, api.settings.secret)).faults == []
        assert await session.scalar(select(func.count()).select_from(Attachment)) == 0
        for said_by in (ExemptionProposal.proposed_by, LeaderRecord.disputed_by):
            assert await session.scalar(select(func.count(said_by))) == 0
        assert await find_discrepancies(session) == []


async def test_it_goes_on_where_it_stood(api: Api, monkeypatch: Any) -> None:
    place = await Place(api).made(retention_years=0)
    for number in range(5):
        made = await place.activity(host=f"{NAME}{number}", title=f"第{number}次")
        await place.reporter.change("PATCH", f"/v1/activities/{made['id']}", {"place": "礼堂"})
    await ended(api, place, 1)
    for module in (queries, retention):
        monkeypatch.setattr(module, "CHUNK", 2)
    await worked(api)
    assert [line for line in (await dump(api)).splitlines() if NAME in line] == []
    assert (await api.get(f"/v1/campaigns/{place.campaign['id']}"))["forgotten_at"] is not None
    assert make.DAY in {a["held_on"] for a in await api.all("/v1/activities")}
