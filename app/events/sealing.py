"""Sealing: runs of events, digested into a chain that no edit, loss or insertion survives.

What is sealed gets its place, the one order of events that lasts: it follows the order of commits,
and neither a restore nor another cluster changes it (`docs/decisions/0072-places-of-events.md`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    event,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import is_postgresql, settings_of
from app.events.digests import PUBLIC, compute_seal_mac, encode_line
from app.kit import clock, metrics
from app.models import Event, EventSeal
from app.models.events import NO_TRANSACTION

GENESIS: Final = b""
_BATCH: Final = 1000
_BATCHES: Final = 40
_LOCK: Final = 4406002013
_PLACING: Final = (
    update(Event.__table__)  # type: ignore[arg-type] # a table
    .where(Event.position == bindparam("at_position"))
    .values(place=bindparam("given_place"))
)

COLUMNS: Final = (Event.position, *PUBLIC)
"""What a seal covers of an event, in this order."""
FORMER_ORDER: Final = (Event.xid, Event.position)
"""The order of the events that the first release sealed."""


async def seal_due(session: AsyncSession) -> None:
    """Periodic task: seal what has happened since the last time."""
    settings = settings_of(session)
    await seal(session, settings.audit_digest, settings.secret)


async def seal(session: AsyncSession, algorithm: str, secret: bytes, *, batch: int = _BATCH) -> int:
    """Seal committed events that are not yet sealed, at most forty batches; how many events."""
    await _lock(session)
    last = await get_latest(session)
    place = await _last_place(session, last)
    if place is None:
        return 0
    sealed = 0
    for _ in range(_BATCHES):
        looked = clock.now()
        statement = select(*COLUMNS).where(unsealed(None)).order_by(Event.position).limit(batch)
        rows = (await session.execute(statement)).all()
        if rows:
            await _give_places(session, [position for position, *_ in rows], place)
            place += len(rows)
            last = _sealed(rows, place, last, algorithm, secret)
            session.add(last)
            await session.flush()
        sealed += len(rows)
        if len(rows) < batch:
            _tell_when_committed(session, looked)
            break
    return sealed


async def get_latest(session: AsyncSession) -> EventSeal | None:
    """Return the head of the chain, None before the first seal."""
    statement = select(EventSeal).order_by(EventSeal.number.desc()).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


def compute_digest(seal: EventSeal, previous: bytes, rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the digest that a seal must have; `ValueError` for an algorithm not known here.

    Of each row, as much is digested as there are `COLUMNS`.
    """
    digest = hashlib.new(seal.algorithm)
    head = [seal.number, seal.algorithm, previous]
    if seal.last_place is not None:
        head += [seal.last_place, seal.sealed_at]
    digest.update(encode_line(head))
    for row in rows:
        digest.update(encode_line(row[: len(COLUMNS)]))
    return digest.digest()


def unsealed(last: EventSeal | None) -> ColumnElement[bool]:
    """Condition: events that no seal covers; `last` is the head while that may be a former one."""
    if last is None or last.last_place is not None:
        return Event.place.is_(None)
    return and_(Event.place.is_(None), _former_after(last.last_xid, last.last_position))


def former_run(before: EventSeal | None, until: EventSeal) -> ColumnElement[bool]:
    """Condition: the events under a seal of the first release; `before` is the seal before it."""
    # Spelt out, as the index of former events is: a parameter might not be taken to fit it.
    inside = [
        Event.xid < literal_column(str(NO_TRANSACTION)),
        ~_former_after(until.last_xid, until.last_position),
    ]
    if before is not None:
        inside.append(_former_after(before.last_xid, before.last_position))
    return and_(*inside)


def _tell_when_committed(session: AsyncSession, looked: datetime) -> None:
    """Let the metrics say that all was sealed at this time: not before it is, nor if it fails."""
    seconds = looked.timestamp()

    @event.listens_for(session.sync_session, "after_commit", once=True)
    def _tell(_session: object) -> None:
        metrics.all_sealed(seconds)


async def _lock(session: AsyncSession) -> None:
    """Keep every other sealer out until this transaction ends; SQLite has one writer anyway."""
    if is_postgresql(session):
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _last_place(session: AsyncSession, last: EventSeal | None) -> int | None:
    """Return the last place given; None while events that the first release sealed still lack one.

    They get theirs first, a part at a time, in the order in which they were sealed.
    """
    if last is None:
        return 0
    if last.last_place is not None:
        return last.last_place
    newest = select(Event.xid, Event.position, Event.place).where(Event.place.is_not(None))
    found = (await session.execute(newest.order_by(Event.place.desc()).limit(1))).first()
    waiting = select(Event.position).where(former_run(None, last)).order_by(*FORMER_ORDER)
    place = 0
    if found is not None:
        xid, position, last_place = found
        place = last_place or 0
        waiting = waiting.where(_former_after(xid, position))
    most = _BATCH * _BATCHES
    positions = (await session.scalars(waiting.limit(most))).all()
    await _give_places(session, positions, place)
    return None if len(positions) == most else place + len(positions)


async def _give_places(session: AsyncSession, positions: Sequence[int], after: int) -> None:
    if positions:
        given = [
            {"at_position": position, "given_place": place}
            for place, position in enumerate(positions, after + 1)
        ]
        await session.execute(_PLACING, given)


def _sealed(
    rows: Sequence[Sequence[Any]],
    place: int,
    last: EventSeal | None,
    algorithm: str,
    secret: bytes,
) -> EventSeal:
    last_position, *_ = rows[-1]
    made = EventSeal(
        number=1 if last is None else last.number + 1,
        algorithm=algorithm,
        count=len(rows),
        last_xid=NO_TRANSACTION,
        last_position=last_position,
        last_place=place,
        sealed_at=clock.now(),
    )
    made.digest = compute_digest(made, GENESIS if last is None else last.digest, rows)
    made.mac = compute_seal_mac(secret, made.number, made.digest)
    return made


def _former_after(xid: int, position: int) -> ColumnElement[bool]:
    """Condition: events that come after this place in the order of the first release."""
    mark = zip((xid, position), FORMER_ORDER, strict=True)
    return tuple_(*FORMER_ORDER) > tuple_(*(literal(value, c.type) for value, c in mark))
