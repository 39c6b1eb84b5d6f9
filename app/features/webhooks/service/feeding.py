"""From what changed to what is sent: one delivery for each change that the client sees."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.authentication import load_client_scopes
from app.access.following import Position, find_latest, scope_of, to_parts
from app.access.principal import Power, Principal
from app.features.changes.errors import HistoryReplaced
from app.features.changes.queries.following import Wanted
from app.features.changes.queries.kinds import find_seen
from app.features.changes.service import following
from app.features.webhooks.queries import lanes
from app.features.webhooks.queries.endpoints import find_path
from app.http import cursors
from app.kit import clock, ids
from app.models import WebhookDelivery, WebhookEndpoint, WebhookLane
from app.models.vocabulary import ChangedType, ChangeOp, WebhookType

PAGE: Final = 200
"""Changes that become deliveries at a time."""
MOST_PENDING: Final = 500
"""Deliveries that wait for an endpoint, at most: what comes after waits in the events."""
TEST: Final = "webhook_endpoint.test"
_TESTED: Final = "tested"
_HERE: Final = frozenset({ChangeOp.CREATED, ChangeOp.UPDATED})
_FED: Final = frozenset(kind.value for kind in ChangedType)
_log = structlog.get_logger(__name__)


class Message(NamedTuple):
    """What is told of one event."""

    place: int
    event_id: UUID
    type: str
    resource_id: UUID
    org_id: UUID | None
    revision: int
    at: datetime
    resource: str
    op: ChangeOp


async def load_caller(session: AsyncSession, client_id: UUID) -> Principal:
    """Return a client with what it may see at this moment: nothing, where it was stopped."""
    name = f"client:{client_id}"
    scopes = await load_client_scopes(session, client_id)
    return Principal(name, client_id, scopes, credential=name)


async def feed(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    lane: WebhookLane,
    caller: Principal,
    secret: bytes,
) -> bool:
    """Make deliveries of the next changes; return whether there may be more of them at once."""
    if await lanes.count_pending(session, endpoint.id) >= MOST_PENDING:
        return False
    before = lane.position
    page = await _read(session, endpoint, lane, caller)
    messages = [_of_change(change) for change in page.changes]
    if not endpoint.types or WebhookType.REMINDER in endpoint.types:
        under = await find_path(session, endpoint.under_id)
        last = page.position.place
        reminders = await lanes.list_reminders(session, caller, under, before, last)
        messages += [
            Message(**row._asdict(), resource=WebhookType.REMINDER, op=ChangeOp.CREATED)
            for row in reminders
        ]
    rows = _build_rows(endpoint, messages, scope_of(caller), secret)
    lanes.add(session, rows)
    lane.position, lane.mark = page.position
    return page.has_more


async def withhold(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    caller: Principal,
    deliveries: Sequence[WebhookDelivery],
) -> list[WebhookDelivery]:
    """Return those that the client may see at this moment; the others are never sent."""
    under = await find_path(session, endpoint.under_id)
    wanted: dict[str, set[UUID]] = {}
    for row in deliveries:
        if row.op in _HERE and row.resource in _FED:
            wanted.setdefault(row.resource, set()).add(row.resource_id)
    seen = await find_seen(session, caller, wanted, under)
    paths = await lanes.find_paths(session, {row.org_id for row in deliveries if row.org_id})
    scope = Wanted.by(caller, (), under)
    kept = []
    for row in deliveries:
        if _may_be_sent(row, seen, scope, paths):
            kept.append(row)
        else:
            row.status, row.finished_at = "withheld", clock.now()
    return kept


def build_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Return the delivery of a message that says nothing."""
    delivery_id = ids.new_id()
    data = {
        "resource": "webhook_endpoint", "id": str(endpoint.id), "org_id": str(endpoint.org_id),
        "revision": endpoint.revision, "op": _TESTED, "cursor": None,
    }  # fmt: skip
    return WebhookDelivery(
        id=delivery_id,
        endpoint_id=endpoint.id,
        place=None,
        message_id=ids.new_id(),
        type=TEST,
        resource="webhook_endpoint",
        resource_id=delivery_id,
        org_id=endpoint.org_id,
        op=_TESTED,
        body=_body(TEST, clock.now(), data),
    )


def build_change(act: str, endpoint: WebhookEndpoint) -> events.Change:
    """Return the event of what was done with an endpoint: never its address: that may be secret."""
    data = {"reason": endpoint.reason} if endpoint.reason else None
    kind = f"webhook_endpoint.{act}"
    return events.Change(kind, endpoint.id, endpoint.org_id, endpoint.revision, data=data)


def _of_change(change: following.Change) -> Message:
    row = change.row
    return Message(
        row.place, row.event_id, row.type, row.resource_id, change.org_id, row.revision, row.at,
        row.resource, change.op,
    )  # fmt: skip


async def _read(
    session: AsyncSession, endpoint: WebhookEndpoint, lane: WebhookLane, caller: Principal
) -> following.Page:
    """Return the next changes; none where there is nothing that the client sees."""
    types = [ChangedType.of(t) for t in endpoint.types if t != WebhookType.REMINDER]
    under = await find_path(session, endpoint.under_id)
    if not caller.may_anywhere(Power.VIEW) or (endpoint.types and not types):
        return following.Page([], await find_latest(session), has_more=False)
    asked = following.Asked(caller, types, under, PAGE)
    try:
        return await following.read(session, asked, Position(lane.position, lane.mark))
    except HistoryReplaced:
        # A restore took back what was sent: whoever keeps a copy has to compare it anew.
        _log.warning("webhook_history_replaced", endpoint_id=str(endpoint.id))
        return following.Page([], await find_latest(session), has_more=False)


def _may_be_sent(
    row: WebhookDelivery,
    seen: dict[tuple[str, UUID], UUID],
    scope: Wanted,
    paths: dict[UUID, str],
) -> bool:
    """Return whether the client may know of it now; what is gone is told by where it was."""
    if row.place is None:
        return True
    if row.op in _HERE and row.resource in _FED:
        return (row.resource, row.resource_id) in seen
    if not scope.tops:
        return False
    path = paths.get(row.org_id) if row.org_id else None
    return scope.is_everything or row.org_id in scope.above or scope.holds(path)


def _build_rows(
    endpoint: WebhookEndpoint, messages: Sequence[Message], scope: str, secret: bytes
) -> list[dict[str, Any]]:
    """Return the columns of deliveries."""
    now = clock.now()
    return [
        {
            "id": ids.new_id(),
            "endpoint_id": endpoint.id,
            "place": message.place,
            "message_id": message.event_id,
            "type": message.type,
            "resource": message.resource,
            "resource_id": message.resource_id,
            "org_id": message.org_id,
            "op": message.op.value,
            "body": _say(message, scope, secret),
            "status": "pending",
            "attempts": 0,
            "due_at": now,
            "history": [],
            "created_at": now,
        }
        for message in messages
    ]


def _say(message: Message, scope: str, secret: bytes) -> str:
    """Return what is sent, to the byte: the same however often it is."""
    position = Position.of(message.place, message.event_id)
    data = {
        "resource": message.resource,
        "id": str(message.resource_id),
        "org_id": str(message.org_id) if message.org_id else None,
        "revision": message.revision,
        "op": message.op.value,
        "cursor": cursors.sign(secret, to_parts(position, scope)),
    }
    return _body(message.type, message.at, data)


def _body(kind: str, at: datetime, data: dict[str, Any]) -> str:
    message = {"type": kind, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
