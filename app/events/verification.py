"""Verification: whether the events are still those that were written and sealed."""

import hmac
from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import find_rows
from app.events import faults, former
from app.events.digests import PRIVATE, compute_event_mac, compute_private_digest, compute_seal_mac
from app.events.faults import Verdict
from app.events.recording import ERASED
from app.events.sealing import (
    COLUMNS,
    FORMER_ORDER,
    GENESIS,
    compute_digest,
    former_run,
    unsealed,
)
from app.kit import clock
from app.models import Event, EventSeal

_CHUNK: Final = 500
_PATIENCE: Final = timedelta(minutes=1)
"""A worker seals every few seconds."""
_ROW: Final = select(
    *COLUMNS, *PRIVATE, Event.salt, Event.state_digest, Event.mac, Event.place, Event.xid
)


class EventRow(NamedTuple):
    """An event with all that is digested or signed; first what a seal covers, in order."""

    position: int
    id: UUID
    type: str
    resource: str
    resource_id: UUID
    org_id: UUID | None
    revision: int
    at: datetime
    client_id: UUID | None
    route: str | None
    request_id: str | None
    before_digest: str | None
    after_digest: str | None
    private_digest: bytes
    actor: str | None
    subject: str | None
    address: str | None
    data: dict[str, Any] | None
    salt: bytes | None
    state_digest: bytes | None
    mac: bytes | None
    place: int | None
    xid: int


async def verify(
    session: AsyncSession, secret: bytes, known_heads: Sequence[tuple[int, str]] = ()
) -> Verdict:
    """Recompute the whole chain, a seal at a time.

    `known_heads` are numbers and digests that were exported before: they must still be in it,
    which is how a tail is missed that was cut together with its seals.
    """
    verdict = Verdict()
    events = await _Events.of(session, secret, verdict)
    before, missing = None, dict.fromkeys(known_heads)
    async for seal in _seals(session):
        expected = 1 if before is None else before.number + 1
        if seal.number != expected:
            verdict.add(faults.SEAL_MISSING, seal=expected)
            return verdict
        rows = await _run(session, before, seal, verdict)
        _check(seal, rows, before.digest if before else GENESIS, secret, verdict)
        for row in rows:
            events.check(row, formerly=seal.last_place is None)
        before = seal
        verdict.seals, verdict.events = seal.number, verdict.events + len(rows)
        verdict.head = (seal.number, seal.digest.hex())
        missing.pop(verdict.head, None)
    for number, digest in missing:
        verdict.add(faults.HEAD_MISSING, seal=number, digest=digest)
    await _check_tail(session, unsealed(before), events, verdict)
    return verdict


class _Events:
    """Checks events one by one."""

    def __init__(self, secret: bytes, unsigned: former.Unsigned, verdict: Verdict) -> None:
        self._secret = secret
        self._unsigned = unsigned
        self._verdict = verdict
        self._erased = array("q")

    @classmethod
    async def of(cls, session: AsyncSession, secret: bytes, verdict: Verdict) -> "_Events":
        """Know which events were erased: those that an erasure names which was written here."""
        events = cls(secret, await former.unsigned(session), verdict)
        erased: list[int] = []
        async for row in _in_parts(session, Event.type == ERASED):
            if events._is_signed(row):
                erased += (row.data or {}).get("positions", ())
        events._erased = array("q", sorted(erased))
        return events

    def check(self, row: EventRow, *, formerly: bool = False) -> None:
        """Check one event; `formerly`: the first release sealed it."""
        if not self._is_signed(row) and not (formerly and row.mac is None):
            self._verdict.add(faults.NOT_WRITTEN_HERE, event=row.position)
        private = (row.actor, row.subject, row.address, row.data)
        if row.salt is None:
            whole = self._is_erased(row.position) and not any(private)
        else:
            whole = compute_private_digest(row.salt, private) == row.private_digest
        if not whole:
            self._verdict.add(faults.PERSONAL_CHANGED, event=row.position)

    def _is_signed(self, row: EventRow) -> bool:
        if row.mac is None:
            return self._unsigned.allows(row.xid, row.place)
        return hmac.compare_digest(compute_event_mac(self._secret, row._asdict()), row.mac)

    def _is_erased(self, position: int) -> bool:
        index = bisect_left(self._erased, position)
        return index < len(self._erased) and self._erased[index] == position


async def _seals(session: AsyncSession) -> AsyncIterator[EventSeal]:
    """Every seal in its order, a part of them at a time."""
    last: int | None = None
    while True:
        statement = select(EventSeal).order_by(EventSeal.number).limit(_CHUNK)
        if last is not None:
            statement = statement.where(EventSeal.number > last)
        seals = (await session.scalars(statement)).all()
        for seal in seals:
            yield seal
            last = seal.number
            session.expunge(seal)
        if len(seals) < _CHUNK:
            return


async def _in_parts(session: AsyncSession, about: ColumnElement[bool]) -> AsyncIterator[EventRow]:
    """Yield the events that a condition names by their positions, reading a part at a time."""
    statement = _ROW.where(about).order_by(Event.position).limit(_CHUNK)
    rows = await find_rows(session, EventRow, statement)
    while rows:
        for row in rows:
            yield row
        after = Event.position > rows[-1].position
        rows = await find_rows(session, EventRow, statement.where(after))


def _check(
    seal: EventSeal, rows: Sequence[EventRow], previous: bytes, secret: bytes, verdict: Verdict
) -> None:
    number = seal.number
    if len(rows) != seal.count:
        verdict.add(faults.EVENTS_MISSING, seal=number, found=len(rows), expected=seal.count)
    try:
        digest = compute_digest(seal, previous, rows)
    except ValueError:
        verdict.add(faults.UNKNOWN_ALGORITHM, seal=number, algorithm=seal.algorithm)
        return
    if not hmac.compare_digest(digest, seal.digest):
        verdict.add(faults.NOT_AS_SEALED, seal=number)
    if not hmac.compare_digest(compute_seal_mac(secret, number, seal.digest), seal.mac):
        verdict.add(faults.FOREIGN_SEAL, seal=number)


async def _run(
    session: AsyncSession, before: EventSeal | None, seal: EventSeal, verdict: Verdict
) -> Sequence[EventRow]:
    """Return the events between the seal before and this one, `verdict.events` before them."""
    if seal.last_place is not None:
        inside = and_(Event.place > verdict.events, Event.place <= seal.last_place)
        return await find_rows(session, EventRow, _ROW.where(inside).order_by(Event.place))
    statement = _ROW.where(former_run(before, seal)).order_by(*FORMER_ORDER)
    rows = await find_rows(session, EventRow, statement)
    if any(row.place not in {None, place} for place, row in enumerate(rows, verdict.events + 1)):
        verdict.add(faults.OTHER_PLACE, seal=seal.number)
    return rows


async def _check_tail(
    session: AsyncSession, waiting: ColumnElement[bool], events: _Events, verdict: Verdict
) -> None:
    """Look at what no seal covers."""
    late: list[datetime] = []
    now = clock.now()
    async for row in _in_parts(session, waiting):
        verdict.unsealed += 1
        events.check(row)
        # One of the future would never be late.
        if abs(now - row.at) > _PATIENCE:
            late.append(row.at)
    if late:
        verdict.add(faults.NOT_SEALED, count=len(late), since=min(late).isoformat("T", "seconds"))
    beyond = select(func.count()).where(Event.place > verdict.events)
    if count := (await session.execute(beyond)).scalar_one():
        verdict.add(faults.PLACE_WITHOUT_SEAL, count=count)
    twice = select(Event.id).group_by(Event.id).having(func.count() > 1).limit(_CHUNK)
    for event_id in await session.scalars(twice):
        verdict.add(faults.TWICE, id=event_id)
