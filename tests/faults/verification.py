"""After the kills: nothing acknowledged lost, nothing twice, nothing partial, every sum right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from app.db import Database
from app.demo.comparison import Comparison
from app.demo.duties import days_of
from app.demo.records import Activity, Record, Sent, Tree
from app.demo.recount import Recount
from app.demo.service import Service
from app.kit import clock
from app.models import Credit, Event, Job, Obligation
from app.settings import DatabaseSettings
from tests.faults.ground import Ground

Acknowledged = Mapping[str, tuple[str, Activity]]
Records = Mapping[str, tuple[str, Record]]


async def nothing_is_lost_or_doubled(
    service: Service, ground: Ground, opened: Sequence[str], database_url: str
) -> tuple[int, int]:
    """All that was acknowledged, and nothing else. Jobs of openings, and takeovers among them."""
    acknowledged = ground.submitters.acknowledged
    every_activity_is_there_once_and_whole(service, ground.campaign["id"], acknowledged)
    recount = progress_is_what_was_acknowledged(
        service, ground.campaign, ground.tree, ground.loader.ids, acknowledged
    )
    database = Database(DatabaseSettings(database_url=database_url))
    try:
        await rows_agree(database, acknowledged, recount)
        duties = sum(
            duty.requirement != "local-volunteer-service" for duty in recount.duties.values()
        )
        return await every_opening_is_whole(database, opened, duties)
    finally:
        await database.close()


def every_activity_is_there_once_and_whole(
    service: Service, campaign_id: str, acknowledged: Acknowledged
) -> None:
    """Each with the parts that were sent, in the state that was acknowledged."""
    rows = list(service.all("/v1/activities", campaign_id=campaign_id))
    assert Counter(row["external_id"] for row in rows) == Counter(acknowledged.keys())
    for row in rows:
        identifier, activity = acknowledged[row["external_id"]]
        assert row["id"] == identifier
        assert row["status"] == ("withdrawn" if activity.withdrawn else "submitted")
        assert len(row["participants"]) == len(activity.participants)
        assert len(row["findings"]) == len(activity.findings)
        assert len(row["opinions"]) == len(activity.opinions)


def every_record_is_there_once(service: Service, campaign_id: str, records: Records) -> None:
    """Each that was submitted directly, in the state that was acknowledged."""
    rows = service.all("/v1/leader-records", campaign_id=campaign_id, derived="false")
    assert sorted((row["external_id"], row["id"], row["status"]) for row in rows) == sorted(
        (code, identifier, "withdrawn" if record.withdrawn else "submitted")
        for code, (identifier, record) in records.items()
    )


def progress_is_what_was_acknowledged(
    service: Service, campaign: Any, tree: Tree, ids: Mapping[str, str], acknowledged: Acknowledged
) -> Recount:
    """Every number of it; and every leader record is there once. The recount."""
    sent = Sent(tuple(activity for _, activity in acknowledged.values()), ())
    recount = Recount(tree, campaign["requirements"], ids, sent, clock.today(), days_of(campaign))
    comparison = Comparison(service, campaign["id"], ids)
    assert list(comparison.differences(tree, recount)) == []
    leaders = {identifier: code for code, identifier in ids.items()}
    activities = {identifier: code for code, (identifier, _) in acknowledged.items()}
    records = service.all("/v1/leader-records", campaign_id=campaign["id"], status="submitted")
    assert recount.leader_records() == sorted(
        (activities[row["activity_id"]], leaders[row["leader_id"]], row["item"]) for row in records
    )
    return recount


async def rows_agree(database: Database, acknowledged: Acknowledged, recount: Recount) -> None:
    """What no route shows: one event for each thing that happened, one credit for each duty."""
    await every_event_is_there_once(database, acknowledged)
    async with database.reading() as session:
        credits_there = (
            select(func.count())
            .select_from(Credit)
            .join(Obligation, Obligation.id == Credit.obligation_id)
        )
        owed = sum(len(duty.days) for duty in recount.duties.values())
        assert await session.scalar(credits_there) == owed


async def every_event_is_there_once(database: Database, acknowledged: Acknowledged) -> None:
    """One for each activity that was submitted, one for each that was withdrawn."""
    withdrawn = {identifier for identifier, each in acknowledged.values() if each.withdrawn}
    async with database.reading() as session:
        events = select(Event.type, Event.resource_id).where(Event.resource == "activity")
        happened = Counter(
            (row.type, str(row.resource_id)) for row in await session.execute(events)
        )
        expected = {("activity.created", identifier) for identifier, _ in acknowledged.values()}
        expected |= {("activity.withdrawn", identifier) for identifier in withdrawn}
        assert happened == Counter(expected)


async def every_opening_is_whole(
    database: Database, opened: Sequence[str], duties: int
) -> tuple[int, int]:
    """Each opened once, by one job, with every obligation once. Jobs, and takeovers among them."""
    async with database.reading() as session:
        kept = select(Obligation.campaign_id, func.count()).group_by(Obligation.campaign_id)
        obligations = {str(row[0]): row[1] for row in await session.execute(kept)}
        assert {campaign: obligations[campaign] for campaign in opened} == dict.fromkeys(
            opened, duties
        )
        told = select(Event.resource_id).where(Event.type == "campaign.opened")
        events = Counter(str(each) for each in await session.scalars(told))
        assert all(events[campaign] == 1 for campaign in opened)
        jobs = (await session.scalars(select(Job).where(Job.kind == "campaign.open"))).all()
        by_campaign = Counter(job.payload["campaign_id"] for job in jobs)
        assert set(by_campaign) > set(opened)
        assert set(by_campaign.values()) == {1}
        assert {job.status for job in jobs} == {"succeeded"}
        # A job that nobody took over has a revision for its enqueuing, its claim and each step.
        undisturbed = min(job.revision for job in jobs)
        return len(jobs), sum(job.revision > undisturbed for job in jobs)
