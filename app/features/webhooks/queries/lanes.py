"""SQL of lanes: which worker serves which endpoint, and what is due there."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import jobs
from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db.rows import find_rows
from app.db.unit_of_work import UnitOfWork
from app.kit import ids
from app.models import Event, Organization, WebhookDelivery, WebhookEndpoint, WebhookLane


class Lease(NamedTuple):
    """An endpoint that a worker has in hand: nobody else serves it until the lease runs out."""

    endpoint_id: UUID
    token: UUID


class ReminderRow(NamedTuple):
    """The event of a reminder."""

    place: int
    event_id: UUID
    type: str
    resource_id: UUID
    org_id: UUID
    revision: int
    at: datetime


async def is_any_due(session: AsyncSession) -> bool:
    """Return whether any endpoint has something to do, and no worker has it in hand."""
    return await session.scalar(select(_due(session).exists())) is True


async def take(session: AsyncSession, seconds: float) -> Lease | None:
    """Lease the endpoint that has been due longest; None if none is."""
    locked = _due(session).order_by(WebhookLane.free_at).limit(1)
    locked = locked.with_for_update(of=[WebhookEndpoint, WebhookLane], skip_locked=True)
    endpoint_id = await session.scalar(locked)
    if endpoint_id is None:
        return None
    token = ids.new_id()
    values = {"lease_token": token, "free_at": jobs.moment(session, seconds)}
    lane = update(WebhookLane).where(WebhookLane.endpoint_id == endpoint_id)
    await session.execute(lane.values(values))
    return Lease(endpoint_id, token)


async def lock(session: AsyncSession, lease: Lease) -> tuple[WebhookEndpoint, WebhookLane] | None:
    """Return an endpoint and its lane, locked; None where the lease is another's by now."""
    fresh = {"populate_existing": True}
    endpoint = select(WebhookEndpoint).where(WebhookEndpoint.id == lease.endpoint_id)
    found = await session.scalar(endpoint.with_for_update().execution_options(**fresh))
    held = (WebhookLane.endpoint_id == lease.endpoint_id, WebhookLane.lease_token == lease.token)
    lane = select(WebhookLane).where(*held).with_for_update().execution_options(**fresh)
    mine = await session.scalar(lane)
    return None if found is None or mine is None else (found, mine)


async def load(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, WebhookDelivery]:
    """Return deliveries by their ids."""
    statement = select(WebhookDelivery).where(WebhookDelivery.id.in_(ids))
    return {row.id: row for row in await session.scalars(statement)}


async def list_due(
    session: AsyncSession, endpoint: WebhookEndpoint, limit: int
) -> Sequence[WebhookDelivery]:
    """Return what may be sent now, in order: nothing past an earlier change of the same record."""
    earlier = aliased(WebhookDelivery)
    waits = exists().where(
        earlier.endpoint_id == WebhookDelivery.endpoint_id,
        earlier.resource_id == WebhookDelivery.resource_id,
        earlier.status == "pending",
        earlier.place < WebhookDelivery.place,
        earlier.due_at > jobs.moment(session),
    )
    due = WebhookDelivery.due_at <= jobs.moment(session)
    statement = select(WebhookDelivery).where(_pending(endpoint), due, ~waits)
    first = (WebhookDelivery.place.is_not(None), WebhookDelivery.place)
    statement = statement.order_by(*first, WebhookDelivery.id).limit(limit)
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def find_next_due(session: AsyncSession, endpoint: WebhookEndpoint) -> datetime | None:
    """Return when something is due at an endpoint, None where nothing is pending."""
    return await session.scalar(select(func.min(WebhookDelivery.due_at)).where(_pending(endpoint)))


async def count_pending(session: AsyncSession, endpoint_id: UUID) -> int:
    """Return how many changes wait for an endpoint."""
    pending = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == "pending")
    statement = select(func.count()).select_from(WebhookDelivery).where(*pending)
    return (await session.execute(statement)).scalar_one()


async def list_reminders(
    session: AsyncSession, caller: Principal, under: str | None, after: int, last: int
) -> Sequence[ReminderRow]:
    """Return the reminders between two places that the caller sees."""
    statement = select(
        Event.place,
        Event.id.label("event_id"),
        Event.type,
        Event.resource_id,
        Event.org_id,
        Event.revision,
        Event.at,
    ).where(
        Event.place > after,
        Event.place <= last,
        Event.resource == "reminder",
        visible(caller, Event.org_id, Power.VIEW, under=under),
    )
    return await find_rows(session, ReminderRow, statement.order_by(Event.place))


async def find_paths(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the paths of organizations by their ids."""
    statement = select(Organization.id, Organization.path).where(Organization.id.in_(org_ids))
    return dict((await session.execute(statement)).all())


def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Keep deliveries to insert."""
    UnitOfWork.of(session).insert(WebhookDelivery, rows)


async def release(
    session: AsyncSession, lane: WebhookLane, due_at: datetime | None, wait: float
) -> None:
    """Give an endpoint back, not to be taken before so many seconds have passed."""
    values = {
        "lease_token": null(),
        "due_at": due_at,
        "free_at": jobs.moment(session, wait),
    }
    held = update(WebhookLane).where(WebhookLane.endpoint_id == lane.endpoint_id)
    await session.execute(held.values(values))


def _pending(endpoint: WebhookEndpoint) -> ColumnElement[bool]:
    """Condition: waits for an endpoint; one that is paused gets tests alone."""
    pending = and_(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.status == "pending")
    return (
        pending if endpoint.status == "active" else and_(pending, WebhookDelivery.place.is_(None))
    )


def _due(session: AsyncSession) -> Any:
    head = select(func.max(Event.place)).where(Event.place.is_not(None)).scalar_subquery()
    now = jobs.moment(session)
    abandoned = WebhookLane.lease_token.is_not(None)  # and its lease is over
    has_more = and_(WebhookEndpoint.status == "active", WebhookLane.position < head)
    return (
        select(WebhookLane.endpoint_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookLane.endpoint_id)
        .where(WebhookEndpoint.deleted_at.is_(None), WebhookLane.free_at <= now)
        .where(or_(WebhookLane.due_at <= now, has_more, abandoned))
    )
