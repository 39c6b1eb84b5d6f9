"""Writes of endpoints, and of what callers ask of their deliveries."""

import ipaddress
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.authentication import load_client_scopes
from app.access.following import find_latest
from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.features.webhooks import errors
from app.features.webhooks.queries import endpoints as queries
from app.features.webhooks.queries.endpoints import Asker, EndpointRow
from app.features.webhooks.schemas import (
    NewWebhookEndpointOut,
    SecretRotation,
    WebhookEndpointIn,
    WebhookEndpointOut,
)
from app.features.webhooks.service import feeding, secrets
from app.kit import clock, ids
from app.kit.outbound.addresses import Allowed
from app.kit.problems import FieldError, Invalid, NotFound
from app.models import WebhookDelivery, WebhookEndpoint, WebhookLane
from app.models.vocabulary import WebhookReason, WebhookStatus
from app.settings import Settings

MOST_ENDPOINTS: Final = 10


async def create(
    session: AsyncSession, asker: Asker, body: WebhookEndpointIn, settings: Settings
) -> NewWebhookEndpointOut:
    """Make an endpoint of the calling client, which gets what changes from now on."""
    client_id = require_client(asker)
    if await queries.count_endpoints(session, client_id) >= MOST_ENDPOINTS:
        raise errors.TooManyEndpoints(limit=MOST_ENDPOINTS)
    await _check(session, asker.caller, body, settings)
    client = await queries.get_client(session, client_id)
    made = WebhookEndpoint(id=ids.new_id(), client_id=client_id, org_id=client.org_id)
    _fill(made, body)
    shown = secrets.give(made, settings.secret)
    position = await find_latest(session)
    session.add(made)
    await session.flush()
    lane = WebhookLane(endpoint_id=made.id, position=position.place, mark=position.mark)
    lane.free_at = clock.now()
    session.add(lane)
    await session.flush()
    await _tell(session, "created", made)
    return NewWebhookEndpointOut(**_told(EndpointRow(made, None, None)), secret=shown)


async def change(
    session: AsyncSession,
    asker: Asker,
    row: EndpointRow,
    body: WebhookEndpointIn,
    settings: Settings,
) -> WebhookEndpointOut:
    """Change where it sends, or what."""
    require_client(asker, row.endpoint)
    await _check(session, asker.caller, body, settings)
    _fill(row.endpoint, body)
    return await _changed(session, row, "updated")


async def rotate(
    session: AsyncSession,
    asker: Asker,
    row: EndpointRow,
    body: SecretRotation,
    settings: Settings,
) -> NewWebhookEndpointOut:
    """Give a new secret, shown this once; the one before signs as well for the overlap."""
    require_client(asker, row.endpoint)
    shown = secrets.rotate(row.endpoint, settings.secret, body.overlap_seconds)
    await _changed(session, row, "rotated")
    return NewWebhookEndpointOut(**_told(row), secret=shown)


async def pause(session: AsyncSession, row: EndpointRow) -> WebhookEndpointOut:
    """Send nothing more until it is resumed; what happens meanwhile is sent then."""
    if row.endpoint.status != WebhookStatus.ACTIVE:
        raise errors.EndpointNotActive(status=WebhookStatus.of(row.endpoint.status))
    row.endpoint.status = WebhookStatus.PAUSED
    row.endpoint.reason = WebhookReason.ASKED
    return await _changed(session, row, "paused")


async def resume(session: AsyncSession, asker: Asker, row: EndpointRow) -> WebhookEndpointOut:
    """Send again, from where it ended."""
    require_client(asker, row.endpoint)
    if row.endpoint.status == WebhookStatus.ACTIVE:
        raise errors.EndpointActive
    row.endpoint.status, row.endpoint.reason = WebhookStatus.ACTIVE, None
    out = await _changed(session, row, "resumed")
    await queries.retry_at_once(session, row.endpoint.id)
    await queries.wake(session, row.endpoint.id, jobs.moment(session))
    return out


async def delete(session: AsyncSession, row: EndpointRow) -> None:
    """Take an endpoint away; its secrets go at once, what was delivered is swept away later."""
    row.endpoint.deleted_at = clock.now()
    row.endpoint.secret = b""
    row.endpoint.former_secret = row.endpoint.former_secret_until = None
    await _changed(session, row, "deleted")


async def test(session: AsyncSession, asker: Asker, row: EndpointRow) -> WebhookDelivery:
    """Have a message sent once that says nothing, also to an endpoint that is paused."""
    require_client(asker, row.endpoint)
    if await queries.is_testing(session, row.endpoint.id):
        raise errors.DeliveryPending
    made = feeding.build_test(row.endpoint)
    session.add(made)
    await session.flush()
    await queries.wake(session, row.endpoint.id, jobs.moment(session))
    await _tell(session, "tested", row.endpoint)
    return made


async def replay(
    session: AsyncSession, asker: Asker, row: EndpointRow, delivery: WebhookDelivery
) -> WebhookDelivery:
    """Have a delivery sent once more: the same message under the same id."""
    require_client(asker, row.endpoint)
    if delivery.status == "pending":
        raise errors.DeliveryPending
    delivery.status, delivery.finished_at, delivery.attempts = "pending", None, 0
    delivery.due_at = clock.now()
    await session.flush()
    await queries.wake(session, row.endpoint.id, jobs.moment(session))
    await _tell(session, "replayed", row.endpoint)
    return delivery


async def identify(session: AsyncSession, caller: Principal) -> Asker:
    """Return who asks: not the client, where the credential sees less than all that it sees.

    For that is what its endpoints get.
    """
    if caller.client_id is None:
        return Asker(caller, None)
    scopes = await load_client_scopes(session, caller.client_id)
    whole = all(caller.may(Power.VIEW, s.path) for s in scopes if s.allows(Power.VIEW))
    return Asker(caller, caller.client_id if whole else None)


def require_client(asker: Asker, endpoint: WebhookEndpoint | None = None) -> UUID:
    """Return the client that asks, whose the endpoint is; raises `NotTheClient`."""
    client_id = asker.client_id
    if client_id is None or (endpoint is not None and endpoint.client_id != client_id):
        raise errors.NotTheClient
    return client_id


def current(row: EndpointRow) -> dict[str, object]:
    """Return what can be changed of an endpoint, as a caller would send it."""
    endpoint = row.endpoint
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "types": endpoint.types,
        "under": endpoint.under_id and str(endpoint.under_id),
    }


def answer(row: EndpointRow) -> WebhookEndpointOut:
    """Return an endpoint as it is answered."""
    return WebhookEndpointOut(**_told(row))


async def _check(
    session: AsyncSession, caller: Principal, body: WebhookEndpointIn, settings: Settings
) -> None:
    """Raise `Invalid` with all that can be seen of it now; addresses are judged when dialled."""
    wrong: list[FieldError] = []
    parts = urlsplit(body.url)
    host, allowed = parts.hostname or "", Allowed.of(settings.webhook_allow)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if parts.scheme != "https" and not (allowed.networks or allowed.names(host)):
            wrong.append(errors.PLAIN_ADDRESS.at("/url"))
    else:
        if not allowed.may_reach(host, address):
            wrong.append(errors.ADDRESS_NOT_REACHED.at("/url"))
        elif parts.scheme != "https" and not allowed.may_be_plain(host, [address]):
            wrong.append(errors.PLAIN_ADDRESS.at("/url"))
    if body.under is not None:
        try:
            await get_organization(session, caller, body.under)
        except NotFound:
            wrong.append(errors.UNIT_NOT_SEEN.at("/under"))
    if wrong:
        raise Invalid(wrong)


def _fill(endpoint: WebhookEndpoint, body: WebhookEndpointIn) -> None:
    endpoint.url, endpoint.description = body.url, body.description
    endpoint.types, endpoint.under_id = [t.value for t in body.types], body.under


async def _changed(session: AsyncSession, row: EndpointRow, act: str) -> WebhookEndpointOut:
    row.endpoint.revision += 1
    await session.flush()
    await _tell(session, act, row.endpoint)
    return answer(row)


def _told(row: EndpointRow) -> dict[str, Any]:
    return {
        **{name: getattr(row.endpoint, name) for name in _AS_KEPT},
        "failing_since": row.failing_since,
        "last_delivered_at": row.last_delivered_at,
    }


_AS_KEPT: Final = (
    "id", "client_id", "org_id", "url", "description", "types", "under_id", "status", "reason",
    "former_secret_until", "revision", "created_at", "updated_at",
)  # fmt: skip


async def _tell(session: AsyncSession, act: str, endpoint: WebhookEndpoint) -> None:
    await events.record(session, feeding.build_change(act, endpoint))
