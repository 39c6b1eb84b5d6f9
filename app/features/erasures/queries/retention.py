"""SQL of retention: what records of a campaign say of persons, taken out chunk by chunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.erasures.rules import PLACEHOLDER
from app.kit import clock
from app.models import (
    Activity,
    Attachment,
    Campaign,
    Event,
    ExemptionProposal,
    Finding,
    Inspection,
    Job,
    Leader,
    LeaderRecord,
    Obligation,
    Opinion,
    Report,
    Review,
    Revision,
)
from app.models.activities import counts_in

CHUNK: Final = 1000


Record = (
    type[Activity]
    | type[LeaderRecord]
    | type[Report]
    | type[Inspection]
    | type[Finding]
    | type[Opinion]
    | type[ExemptionProposal]
)


@dataclass(frozen=True, slots=True)
class Fields:
    """A kind of record, and which of its columns say who: null or an empty list without them."""

    model: Record
    names: tuple[str, ...]
    lists: tuple[str, ...] = ()


FIELDS: Final = (
    Fields(Activity, ("host", "recorder"), ("authors", "attachment_ids")),
    Fields(LeaderRecord, ("disputed_by",), ("authors",)),
    Fields(Report, ("author",), ("authors", "passed_by", "attachment_ids")),
    Fields(Inspection, ("inspectors",), ("attachment_ids",)),
    Fields(Finding, ("responsible", "reported_by"), ("attachment_ids",)),
    Fields(Opinion, ("handler",)),
    Fields(ExemptionProposal, ("proposed_by",)),
)
PERSONAL: Final = frozenset(
    ("member_refs", *(name for fields in FIELDS for name in (*fields.names, *fields.lists)))
)
"""Names of fields that former revisions lose, too."""


async def list_due(session: AsyncSession, now: datetime) -> list[Campaign]:
    """Return closed campaigns that have a time of retention and have not been forgotten."""
    statement = select(Campaign).where(
        Campaign.closed_at.is_not(None),
        Campaign.retention_years.is_not(None),
        Campaign.forgotten_at.is_(None),
    )
    found = (await session.execute(statement.order_by(Campaign.id))).scalars()
    return [c for c in found if c.closed_at and _ends(c.closed_at, c.retention_years or 0) <= now]


async def is_being_forgotten(session: AsyncSession, kind: str, campaign_id: UUID) -> bool:
    """Return whether a job is forgetting the campaign."""
    statement = select(Job.payload).where(Job.kind == kind, Job.status.in_(("queued", "running")))
    payloads = (await session.execute(statement)).scalars()
    return any(payload["campaign_id"] == str(campaign_id) for payload in payloads)


async def blank(session: AsyncSession, fields: Fields, campaign_id: UUID) -> int:
    """Take out of the next thousand records what they say of persons; how many were left."""
    model = fields.model
    columns = model.__table__.c
    said: list[ColumnElement[bool]] = [columns[name].is_not(None) for name in fields.names]
    said += [columns[name] != [] for name in fields.lists]
    chosen = (
        select(model.id)
        .where(_is_done(model, campaign_id), or_(*said))
        .order_by(model.id)
        .limit(CHUNK)
        .with_for_update()
    )
    ids = list((await session.execute(chosen)).scalars())
    values: dict[str, Any] = dict.fromkeys(fields.names)
    values |= {name: [] for name in fields.lists}
    statement = (
        update(model)
        .where(model.id.in_(ids))
        .values(**values, revision=model.revision + 1, updated_at=clock.now())
    )
    if ids:
        await session.execute(statement)
        if model in {Finding, Opinion}:
            await _touch_activities(session, select(columns.activity_id).where(model.id.in_(ids)))
    return len(ids)


async def _touch_activities(session: AsyncSession, ids: Select[tuple[UUID]]) -> None:
    """Count up activities, for they show their findings and opinions."""
    statement = (
        update(Activity)
        .where(Activity.id.in_(ids))
        .values(revision=Activity.revision + 1, updated_at=clock.now())
    )
    await session.execute(statement)


async def lock_references(
    session: AsyncSession, campaign_id: UUID, after: UUID | None
) -> Sequence[Activity]:
    """Return the next thousand activities that refer to members, locked."""
    statement = select(Activity).where(
        _is_done(Activity, campaign_id), Activity.__table__.c.member_refs != []
    )
    if after is not None:
        statement = statement.where(Activity.id > after)
    statement = statement.order_by(Activity.id).limit(CHUNK).with_for_update()
    return (await session.execute(statement)).scalars().all()


async def forget_reviewers(session: AsyncSession, campaign_id: UUID) -> list[UUID]:
    """Take the actors out of the next thousand decisions; which they were."""
    chosen = (
        select(Review.id)
        .where(Review.record_id.in_(_records(campaign_id)), Review.actor.is_not(None))
        .limit(CHUNK)
    )
    ids = list((await session.execute(chosen)).scalars())
    if ids:
        statement = update(Review).where(Review.id.in_(ids)).values(actor=None)
        await session.execute(statement)
    return ids


async def lock_revisions(
    session: AsyncSession, campaign_id: UUID, after: tuple[UUID, int] | None
) -> Sequence[Revision]:
    """Lock and return the next thousand former revisions of the campaign's records."""
    order = (Revision.record_id, Revision.revision)
    statement = select(Revision).where(Revision.record_id.in_(_records(campaign_id)))
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    statement = statement.order_by(*order).limit(CHUNK).with_for_update()
    return (await session.execute(statement)).scalars().all()


async def lock_files(session: AsyncSession, campaign_id: UUID) -> Sequence[Attachment]:
    """Lock and return the next thousand files of the campaign's records."""
    statement = (
        select(Attachment)
        .where(Attachment.resource_id.in_(_records(campaign_id)))
        .order_by(Attachment.id)
        .limit(CHUNK)
        .with_for_update()
    )
    return (await session.execute(statement)).scalars().all()


def events_about(campaign_id: UUID) -> ColumnElement[bool]:
    """Condition: events of its records."""
    return Event.resource_id.in_(_records(campaign_id))


async def blank_leaders(session: AsyncSession, campaign_id: UUID) -> list[Leader]:
    """Leaders who have left and owe nothing in any campaign that is not forgotten, blanked.

    Of the campaign named; it counts as forgotten.
    """
    kept = exists().where(
        Obligation.subject_id == Leader.id,
        Obligation.campaign_id == Campaign.id,
        Campaign.id != campaign_id,
        Campaign.forgotten_at.is_(None),
    )
    here = exists().where(Obligation.subject_id == Leader.id, Obligation.campaign_id == campaign_id)
    left = and_(Leader.active_to.is_not(None), Leader.active_to < clock.today())
    statement = (
        select(Leader)
        .where(left, here, ~kept, Leader.name != PLACEHOLDER)
        .order_by(Leader.id)
        .limit(CHUNK)
        .with_for_update()
    )
    found = list((await session.execute(statement)).scalars())
    for leader in found:
        leader.name = leader.post = PLACEHOLDER
        leader.source = leader.external_id = None
        leader.revision += 1
    await session.flush()
    return found


async def mark_forgotten(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Mark the campaign forgotten now and return it."""
    statement = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    record = (await session.execute(statement)).scalar_one()
    record.forgotten_at = clock.now()
    record.revision += 1
    await session.flush()
    return record


def _is_done(model: Record, campaign_id: UUID) -> ColumnElement[bool]:
    """Return the condition that a record is of the campaign, and of no other that is not forgotten.

    An activity may count in several: the last one that is forgotten takes out who it was.
    """
    if model is not Activity:
        is_its: ColumnElement[bool] = model.campaign_id == campaign_id
        return is_its
    kept = exists().where(
        Campaign.id != campaign_id,
        Campaign.forgotten_at.is_(None),
        counts_in(Campaign.id),
    )
    alone = Activity.__table__.c.further_campaign_ids == []
    return or_(
        and_(Activity.campaign_id == campaign_id, alone),
        and_(counts_in(campaign_id), ~alone, ~kept),
    )


def _records(campaign_id: UUID) -> Select[UUID]:
    """Return the ids of all records of the campaign."""
    every = union(
        *(
            select(fields.model.id.label("id")).where(_is_done(fields.model, campaign_id))
            for fields in FIELDS
        )
    ).subquery("its_records")
    return select(every.c.id)


def _ends(closed_at: datetime, years: int) -> datetime:
    """Return the same day so many years later; of 29 February the day before."""
    try:
        return closed_at.replace(year=closed_at.year + years)
    except ValueError:
        return closed_at.replace(year=closed_at.year + years, day=28)
