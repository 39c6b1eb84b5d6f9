"""Verification: whether the events are still those that were sealed."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, and_, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.recording import ERASED, private_digest
from app.events.sealing import COLUMNS, GENESIS, ORDER, after, digest_of, mac_of
from app.models import Event, EventSeal

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
    place: tuple[int, int] | None = None
    previous, digests = GENESIS, {}
    seals = (await session.scalars(select(EventSeal).order_by(EventSeal.number))).all()
    for expected, seal in enumerate(seals, start=1):
        if seal.number != expected:
            verdict.faults.append(f"seal {expected} is missing")
            return verdict
        rows = await _run(session, place, seal)
        _check(seal, rows, previous, secret, verdict)
        _check_private(rows, erased, verdict)
        previous, place = seal.digest, (seal.last_xid, seal.last_position)
        digests[seal.number] = seal.digest.hex()
        verdict.seals, verdict.events = seal.number, verdict.events + len(rows)
        verdict.head = (seal.number, seal.digest.hex())
    verdict.faults += [
        f"seal {number} with the digest {digest} is not in the chain"
        for number, digest in known_heads
        if digests.get(number) != digest
    ]
    verdict.unsealed = await _after(session, place)
    return verdict


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
        digest = digest_of(seal.algorithm, seal.number, previous, rows)
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
    session: AsyncSession, place: tuple[int, int] | None, seal: EventSeal
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The events between the seal before and this one."""
    inside = [not_(after(seal.last_xid, seal.last_position))]
    if place is not None:
        inside.append(after(*place))
    statement = select(*COLUMNS, *_PRIVATE, Event.salt).where(and_(*inside)).order_by(*ORDER)
    return (await session.execute(statement)).all()


async def _erased(session: AsyncSession) -> set[int]:
    statement = select(Event.data).where(Event.type == ERASED)
    return {
        position
        for data in await session.scalars(statement)
        for position in (data or {}).get("positions", ())
    }


async def _after(session: AsyncSession, place: tuple[int, int] | None) -> int:
    statement = select(func.count()).select_from(Event)
    if place is not None:
        statement = statement.where(after(*place))
    return (await session.execute(statement)).scalar_one()
