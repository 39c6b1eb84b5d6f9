"""Serving one endpoint: a turn keeps what came of the last one and finds what to send next.

A turn is one transaction, and what is sent is sent between two of them, so no transaction is open
while a receiver takes its time. Who dies between them has kept nothing: the lease runs out, and the
next worker sends the same messages under the same ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.db.unit_of_work import UnitOfWork
from app.features.webhooks import rules
from app.features.webhooks.queries import lanes
from app.features.webhooks.queries.lanes import Lease
from app.features.webhooks.rules import Outcome
from app.features.webhooks.service import feeding, secrets
from app.kit import clock
from app.kit.encryption import UnreadableError
from app.models import WebhookDelivery, WebhookEndpoint, WebhookLane
from app.models.vocabulary import WebhookReason, WebhookStatus

LEASE_SECONDS: Final = 45.0
_REMEMBERED: Final = 12
"""Attempts that a delivery remembers."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to send."""

    delivery_id: UUID
    message_id: UUID
    record_id: UUID
    body: str


@dataclass(frozen=True, slots=True)
class Work:
    """What to send next, where, and signed with which secrets; nothing: take the next turn."""

    url: str
    secrets: Sequence[bytes]
    parcels: Sequence[Parcel]


async def begin(session: AsyncSession, secret: bytes) -> tuple[Lease, Work | None] | None:
    """Take the endpoint that has been due longest, with its first work; None: none is due."""
    lease = await lanes.take(session, LEASE_SECONDS)
    if lease is None:
        return None
    return lease, await take_turn(session, lease, {}, secret)


async def take_turn(
    session: AsyncSession,
    lease: Lease,
    outcomes: Mapping[UUID, Outcome],
    secret: bytes,
    *,
    goes_on: bool = True,
) -> Work | None:
    """Keep what came of the last work and return the next; None: the endpoint is given back.

    What another worker has taken over is left to it. `goes_on`: whether more is wanted.
    """
    found = await lanes.lock(session, lease)
    if found is None:
        _log.warning("webhook_taken_over", endpoint_id=str(lease.endpoint_id))
        return None
    endpoint, lane = found
    deliveries = await lanes.load(session, outcomes.keys())
    wait = await _keep(session, endpoint, lane, deliveries, outcomes)
    await session.flush()  # what follows reads it
    work = None
    if goes_on and not wait and endpoint.deleted_at is None:
        work = await _find_work(session, endpoint, lane, secret)
    await session.flush()
    if work is None:
        due_at = await lanes.find_next_due(session, endpoint)
        await lanes.release(session, lane, due_at, wait)
    else:
        lane.free_at = jobs.moment(session, LEASE_SECONDS)
        await session.flush()
    return work


async def _find_work(
    session: AsyncSession, endpoint: WebhookEndpoint, lane: WebhookLane, secret: bytes
) -> Work | None:
    """Return what to send now; none of it that the client may not see any more."""
    try:
        signing = secrets.read(endpoint, secret)
    except UnreadableError:
        await _stop(session, endpoint, WebhookStatus.PAUSED, WebhookReason.SECRET_UNREADABLE)
        return None
    caller = await feeding.load_caller(session, endpoint.client_id)
    has_more = False
    if endpoint.status == WebhookStatus.ACTIVE:
        has_more = await feeding.feed(session, endpoint, lane, caller, secret)
        await UnitOfWork.of(session).flush()
    due = await lanes.list_due(session, endpoint, rules.size_of_round(lane.failures))
    kept = await feeding.withhold(session, endpoint, caller, due)
    if not due and not has_more:
        return None
    parcels = [Parcel(row.id, row.message_id, row.resource_id, row.body) for row in kept]
    return Work(endpoint.url, signing, parcels)


async def _keep(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    lane: WebhookLane,
    deliveries: Mapping[UUID, WebhookDelivery],
    outcomes: Mapping[UUID, Outcome],
) -> float:
    """Keep what came of attempts; return the seconds for which the endpoint is left alone."""
    if not outcomes:
        return 0.0
    delivered = [outcome for outcome in outcomes.values() if outcome.is_delivered]
    begun = min(outcome.at for outcome in outcomes.values())
    if delivered:
        lane.failures, lane.failing_since = 0, None
        lane.last_delivered_at = clock.now()
    else:
        lane.failures += 1
        lane.failing_since = lane.failing_since or begun
    for delivery_id, outcome in outcomes.items():
        if delivery_id in deliveries:
            await _keep_one(session, endpoint, lane, deliveries[delivery_id], outcome)
    if any(outcome.is_gone for outcome in outcomes.values()):
        await _stop(session, endpoint, WebhookStatus.DISABLED, WebhookReason.GONE)
    busy = max((o.retry_after or 0.0 for o in outcomes.values() if o.is_busy), default=None)
    if delivered and busy is None:
        return 0.0
    return rules.wait_of_round(max(lane.failures, 1), busy)


async def _keep_one(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    lane: WebhookLane,
    row: WebhookDelivery,
    outcome: Outcome,
) -> None:
    error = None if outcome.error is None else outcome.error.value
    tried = {
        "at": outcome.at.isoformat(), "ms": outcome.ms, "status": outcome.status, "error": error,
    }  # fmt: skip
    row.history = [*row.history, tried][-_REMEMBERED:]
    row.attempts += 1
    row.answer = outcome.answer
    if outcome.is_delivered:
        row.status, row.finished_at = "delivered", clock.now()
        return
    if row.place is None:
        row.status, row.finished_at = "failed", clock.now()  # a test is sent once
        return
    wait = rules.wait_after(row.attempts, outcome.retry_after if outcome.is_busy else None)
    if wait is not None:
        row.due_at = jobs.moment(session, wait)
    elif _nothing_got_through(lane, row):
        # It is kept, to be the first that is sent when somebody resumes.
        await _stop(session, endpoint, WebhookStatus.PAUSED, WebhookReason.FAILING)
    else:
        row.status, row.finished_at = "failed", clock.now()


def _nothing_got_through(lane: WebhookLane, row: WebhookDelivery) -> bool:
    first = datetime.fromisoformat(row.history[-row.attempts :][0]["at"])
    return lane.failing_since is not None and lane.failing_since <= first


async def _stop(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    status: WebhookStatus,
    reason: WebhookReason,
) -> None:
    """Send nothing more to an endpoint, and say so."""
    if endpoint.status != WebhookStatus.ACTIVE:
        return
    endpoint.status, endpoint.reason = status, reason
    endpoint.revision += 1
    await session.flush()
    act = "disabled" if status is WebhookStatus.DISABLED else "paused"
    await events.record(session, feeding.build_change(act, endpoint))
    _log.warning("webhook_endpoint_stopped", endpoint_id=str(endpoint.id), reason=reason.value)
