"""SQL of endpoints and deliveries, as callers see them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, false, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.access.principal import Power, Principal
from app.access.visibility import belongs_under, visible
from app.db.rows import AnySelect
from app.kit.problems import NotFound
from app.models import Client, Organization, WebhookDelivery, WebhookEndpoint, WebhookLane


class EndpointRow(NamedTuple):
    """An endpoint, and how it gets on."""

    endpoint: WebhookEndpoint
    failing_since: datetime | None
    last_delivered_at: datetime | None


class Asker(NamedTuple):
    """Who asks: the caller, and the client that it is, if it sees all that the client sees."""

    caller: Principal
    client_id: UUID | None


def list_endpoints(
    asker: Asker, *conditions: ColumnElement[bool], under: str | None = None
) -> AnySelect:
    """Select the `EndpointRow`s of the client that asks, and of clients that the caller secures."""
    secured = visible(asker.caller, WebhookEndpoint.org_id, Power.SECURE)
    seen = or_(_is_own(asker), secured)
    inside = belongs_under(under, WebhookEndpoint.org_id)
    return (
        select(WebhookEndpoint, WebhookLane.failing_since, WebhookLane.last_delivered_at)
        .join(WebhookLane, WebhookLane.endpoint_id == WebhookEndpoint.id)
        .where(seen, WebhookEndpoint.deleted_at.is_(None), *inside, *conditions)
    )


async def get_endpoint(
    session: AsyncSession, asker: Asker, endpoint_id: UUID, *, lock: bool = False
) -> EndpointRow:
    """Return an endpoint that is seen, locked if wanted; raises `NotFound`."""
    statement = list_endpoints(asker, WebhookEndpoint.id == endpoint_id)
    if lock:
        statement = statement.with_for_update(of=WebhookEndpoint)
        statement = statement.execution_options(populate_existing=True)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return EndpointRow(*row)


async def count_endpoints(session: AsyncSession, client_id: UUID) -> int:
    """Return how many endpoints a client has, the client locked."""
    await session.execute(select(Client.id).where(Client.id == client_id).with_for_update())
    statement = select(func.count()).select_from(WebhookEndpoint)
    mine = (WebhookEndpoint.client_id == client_id, WebhookEndpoint.deleted_at.is_(None))
    return (await session.execute(statement.where(*mine))).scalar_one()


async def get_client(session: AsyncSession, client_id: UUID) -> Client:
    """Return the client that calls."""
    return (await session.execute(select(Client).where(Client.id == client_id))).scalar_one()


async def find_path(session: AsyncSession, org_id: UUID | None) -> str | None:
    """Return the path of an organization, None where it is not named."""
    if org_id is None:
        return None
    return await session.scalar(select(Organization.path).where(Organization.id == org_id))


def list_deliveries(
    asker: Asker, *conditions: ColumnElement[bool], under: str | None = None
) -> AnySelect:
    """Select the deliveries to endpoints of the client that asks: they tell what it may see."""
    endpoints = select(WebhookEndpoint.id).where(
        _is_own(asker),
        WebhookEndpoint.deleted_at.is_(None),
        *belongs_under(under, WebhookEndpoint.org_id),
    )
    return select(WebhookDelivery).where(WebhookDelivery.endpoint_id.in_(endpoints), *conditions)


async def get_delivery(session: AsyncSession, asker: Asker, delivery_id: UUID) -> WebhookDelivery:
    """Return a delivery to an endpoint of the client that asks; raises `NotFound`."""
    statement = list_deliveries(asker, WebhookDelivery.id == delivery_id)
    found: WebhookDelivery | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def is_testing(session: AsyncSession, endpoint_id: UUID) -> bool:
    """Return whether a test waits for an endpoint."""
    waiting = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == "pending")
    tests = exists().where(*waiting, WebhookDelivery.place.is_(None))
    return await session.scalar(select(tests)) is True


async def wake(session: AsyncSession, endpoint_id: UUID, at: ColumnElement[datetime]) -> None:
    """Have a worker look at an endpoint at this moment, unless one has it in hand."""
    lane = update(WebhookLane).where(WebhookLane.endpoint_id == endpoint_id)
    await session.execute(lane.values(due_at=at))
    free = lane.where(WebhookLane.lease_token.is_(None))
    await session.execute(free.values(free_at=at))


async def retry_at_once(session: AsyncSession, endpoint_id: UUID) -> None:
    """Begin anew with everything that waits for an endpoint."""
    waiting = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.status == "pending")
    values = {"due_at": jobs.moment(session), "attempts": 0}
    await session.execute(update(WebhookDelivery).where(*waiting).values(values))
    lane = update(WebhookLane).where(WebhookLane.endpoint_id == endpoint_id)
    await session.execute(lane.values(failures=0, failing_since=null()))


async def forget_finished(session: AsyncSession, before: datetime, limit: int) -> None:
    """Delete some of what was over before a moment, or belongs to what is deleted."""
    gone = select(WebhookEndpoint.id).where(WebhookEndpoint.deleted_at.is_not(None))
    over = select(WebhookDelivery.id).where(WebhookDelivery.finished_at < before)
    of_gone = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id.in_(gone))
    for some in (over.order_by(WebhookDelivery.finished_at), of_gone):
        ids = list(await session.scalars(some.limit(limit)))
        if ids:
            await session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
    left = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id)
    await session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.deleted_at < before, ~left))


def _is_own(asker: Asker) -> ColumnElement[bool]:
    return false() if asker.client_id is None else WebhookEndpoint.client_id == asker.client_id
