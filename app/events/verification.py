"""Verification: whether the events are still those that were sealed."""

import hmac
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.recording import ERASED, private_digest
from app.events.sealing import (
    COLUMNS,
    FORMER_ORDER,
    GENESIS,
    digest_of,
    former_run,
    mac_of,
    unsealed,
)
from app.models import Event, EventSeal

_CHUNK: Final = 500
_PRIVATE: Final = (Event.actor, Event.subject, Event.address, Event.data)


@dataclass(slots=True)
class Verdict:
    """What a verification found."""

    seals: int = 0
    events: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)
    """One sentence each; none: the trail is whole."""
    head: tuple[int, str] | None = None
    """Number and digest of the last seal."""


async def verify(
    session: AsyncSession, secret: bytes, known_heads: Sequence[tuple[int, str]] = ()
) -> Verdict:
    """Recompute the whole chain.

    `known_heads` are numbers and digests that were exported before: they must still be in it,
    which is how a tail is missed that was cut together with its seals.
    """
    verdict = Verdict()
    erased = await _erased(session)
    before, missing = None, dict.fromkeys(known_heads)
    async for seal in _seals(session):
        expected = 1 if before is None else before.number + 1
        if seal.number != expected:
            verdict.faults.append(f"seal {expected} is missing")
            return verdict
        rows = await _run(session, before, seal, verdict)
        _check(seal, rows, before.digest if before else GENESIS, secret, verdict)
        _check_private(rows, erased, verdict)
        before = seal
        verdict.seals, verdict.events = seal.number, verdict.events + len(rows)
        verdict.head = (seal.number, seal.digest.hex())
        missing.pop(verdict.head, None)
    verdict.faults += [
        f"seal {number} with the digest {digest} is not in the chain" for number, digest in missing
    ]
    await _check_tail(session, before, verdict)
    return verdict


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


def _check(
    seal: EventSeal,
    rows: Sequence[Row[*tuple[Any, ...]]],
    previous: bytes,
    secret: bytes,
    verdict: Verdict,
) -> None:
    if len(rows) != seal.count:
        verdict.faults.append(f"seal {seal.number}: {len(rows)} events instead of {seal.count}")
    try:
        digest = digest_of(seal, previous, rows)
    except ValueError:
        verdict.faults.append(f"seal {seal.number}: unknown algorithm {seal.algorithm}")
        return
    if not hmac.compare_digest(digest, seal.digest):
        verdict.faults.append(f"seal {seal.number}: the events are not those that were sealed")
    if not hmac.compare_digest(mac_of(secret, seal.number, seal.digest), seal.mac):
        verdict.faults.append(f"seal {seal.number}: not sealed with this service's secret")


def _check_private(
    rows: Sequence[Row[*tuple[Any, ...]]], erased: set[int], verdict: Verdict
) -> None:
    for row in rows:
        private = tuple(row[len(COLUMNS) :][: len(_PRIVATE)])
        if row.salt is None:
            whole = row.position in erased and not any(private)
        else:
            whole = private_digest(row.salt, private) == row.private_digest
        if not whole:
            verdict.faults.append(f"event {row.position}: who or what it speaks of was changed")


async def _run(
    session: AsyncSession, before: EventSeal | None, seal: EventSeal, verdict: Verdict
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the events between the seal before and this one, `verdict.events` before them."""
    statement = select(*COLUMNS, *_PRIVATE, Event.salt, Event.place)
    if seal.last_place is not None:
        inside = and_(Event.place > verdict.events, Event.place <= seal.last_place)
        return (await session.execute(statement.where(inside).order_by(Event.place))).all()
    statement = statement.where(former_run(before, seal)).order_by(*FORMER_ORDER)
    rows = (await session.execute(statement)).all()
    if any(row.place not in {None, place} for place, row in enumerate(rows, verdict.events + 1)):
        verdict.faults.append(f"seal {seal.number}: events are not in the place that they had")
    return rows


async def _check_tail(session: AsyncSession, head: EventSeal | None, verdict: Verdict) -> None:
    """Look at what no seal covers."""
    statement = select(func.count()).select_from(Event)
    verdict.unsealed = (await session.execute(statement.where(unsealed(head)))).scalar_one()
    beyond = statement.where(Event.place > verdict.events)
    if count := (await session.execute(beyond)).scalar_one():
        verdict.faults.append(f"{count} events have a place that no seal covers")


async def _erased(session: AsyncSession) -> set[int]:
    statement = select(Event.data).where(Event.type == ERASED)
    return {
        position
        for data in await session.scalars(statement)
        for position in (data or {}).get("positions", ())
    }
