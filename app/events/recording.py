"""record(): one row is audit, outbox and change feed, in the change's own transaction."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Call, context_of, secret_of
from app.db.unit_of_work import UnitOfWork
from app.events import states, uncounted
from app.events.digests import compute_event_mac, compute_private_digest
from app.kit import clock, ids
from app.kit.pacing import paced
from app.models import Event
from app.models.base import Base
from app.replica import visibility_marks

_SALT_BYTES: Final = 16
_CHUNK: Final = 1000
ERASED: Final = "audit.erased"
_ERASABLE: Final = (Event.type != ERASED, Event.salt.is_not(None))

SECURITY_RESOURCES: Final = frozenset(
    {"client", "key", "grant", "token", "audit", "export", "webhook_endpoint"}
)
"""Resources whose events are for the audit alone: who only sees the work does not see them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record."""

    type: str
    """Resource and act: `activity.created`."""
    resource_id: UUID
    org_id: UUID | None
    revision: int
    before: str | None = None
    after: str | None = None
    """The record's JSON before and after; only digests are kept."""
    data: dict[str, Any] | None = None
    other_org_id: UUID | None = None
    """The organization that the record has left, or another one that sees it."""
    row: Base | None = None
    """The row as it is now, where its last event keeps a digest of it (`app.events.states`)."""
    call: Call | None = None
    """The caller who makes the change, given where a session carries out those of several."""


def set_call(session: AsyncSession, call: Call) -> None:
    """Say who makes the changes of this session."""
    context_of(session).call = call


def call_of(session: AsyncSession) -> Call:
    """Return who makes the changes of this session."""
    return context_of(session).call


async def record(session: AsyncSession, *changes: Change) -> None:
    """Write one event for each change, with whatever rows the unit of work keeps."""
    await insert(session, *changes)
    await UnitOfWork.of(session).flush()


async def insert(session: AsyncSession, *changes: Change) -> None:
    """Keep one event for each change until the unit of work is flushed."""
    if not changes:
        return
    visibility_marks.note(session, (change.type for change in changes))
    call, at, secret = call_of(session), clock.now(), secret_of(session)
    rows = []
    async for change in paced(changes):
        row = _row(change, change.call or call, at)
        _sign(row, change, secret)
        rows.append(row)
    UnitOfWork.of(session).insert(Event, rows)
    touched = (c.org_id for c in changes if c.org_id and uncounted.is_counted(c.type))
    uncounted.insert_marks(session, touched)


async def restate(session: AsyncSession, model: states.Kind, ids: Collection[UUID]) -> None:
    """Record anew what rows are of which the trail keeps digests: they were changed in bulk."""
    state = states.BY_MODEL[model]
    rows = await states.load_rows(session, model, ids)
    changes = [
        Change(
            f"{state.resource}.restated",
            row.id,
            getattr(row, "org_id", None),
            getattr(row, "revision", 1),
            row=row,
        )
        for row in rows
    ]
    await record(session, *changes)


async def erase(session: AsyncSession, person: str) -> int:
    """Take a person out of the trail: how many events lost what they said of them.

    `person` is an actor, or an issuer's subject as `issuer#subject`. The seals hold, for they
    cover a digest of what is erased; the erasure is an event itself.
    """
    return await forget(session, or_(Event.actor == person, Event.subject == person))


async def count(session: AsyncSession, about: ColumnElement[bool]) -> int:
    """Return how many events a condition names, erased ones and erasures left out."""
    statement = select(func.count()).select_from(Event)
    return (await session.execute(statement.where(about, *_ERASABLE))).scalar_one()


async def forget(
    session: AsyncSession, about: ColumnElement[bool], *, limit: int | None = None
) -> int:
    """Erase what the events that a condition names say of persons; how many they were."""
    statement = select(Event.position).where(about, *_ERASABLE).with_for_update()
    positions = list(await session.scalars(statement.order_by(Event.position).limit(limit)))
    gone = {"actor": None, "subject": None, "address": None, "data": null(), "salt": None}
    for first in range(0, len(positions), _CHUNK):
        some = positions[first : first + _CHUNK]
        cleared = update(Event).where(Event.position.in_(some)).values(gone)
        await session.execute(cleared)
        await record(session, Change(ERASED, ids.new_id(), None, 1, data={"positions": some}))
    return len(positions)


def _sign(row: dict[str, Any], change: Change, secret: bytes | None) -> None:
    row["state_digest"] = row["mac"] = None
    if secret is None:
        return
    if change.row is not None:
        row["state_digest"] = states.compute_state_digest(secret, change.row)
    row["mac"] = compute_event_mac(secret, row)


def _row(change: Change, call: Call, at: datetime) -> dict[str, Any]:
    salt = secrets.token_bytes(_SALT_BYTES)
    private = (call.actor, call.subject, call.address, change.data)
    return {
        "id": ids.new_id(),
        "type": change.type,
        "resource": change.type.partition(".")[0],
        "resource_id": change.resource_id,
        "org_id": change.org_id,
        "other_org_id": change.other_org_id,
        "revision": change.revision,
        "at": at,
        "client_id": call.client_id,
        "subject": call.subject,
        "actor": call.actor,
        "address": call.address,
        "route": call.route,
        "request_id": call.request_id,
        "before_digest": _digest(change.before),
        "after_digest": _digest(change.after),
        "data": change.data,
        "salt": salt,
        "private_digest": compute_private_digest(salt, private),
    }


def _digest(text: str | None) -> str | None:
    return None if text is None else sha256(text.encode()).hexdigest()
