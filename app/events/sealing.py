"""Sealing: runs of events, digested into a chain that no edit, loss or insertion survives.

A seal covers its events in the order of `(xid, position)` and the digest of the seal before.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row, Select, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import settings_of
from app.events.recording import settled
from app.kit import clock
from app.models import Event, EventSeal

GENESIS: Final = b""
_BATCH: Final = 1000
_BATCHES: Final = 40

COLUMNS: Final = (
    Event.position,
    Event.id,
    Event.type,
    Event.resource,
    Event.resource_id,
    Event.org_id,
    Event.revision,
    Event.at,
    Event.client_id,
    Event.route,
    Event.request_id,
    Event.before_digest,
    Event.after_digest,
    Event.private_digest,
)
"""What a seal covers of an event, in this order."""
ORDER: Final = (Event.xid, Event.position)


async def seal_due(session: AsyncSession) -> None:
    """Periodic task: seal what has happened since the last time."""
    settings = settings_of(session)
    await seal(session, settings.audit_digest, settings.secret)


async def seal(session: AsyncSession, algorithm: str, secret: bytes, *, batch: int = _BATCH) -> int:
    """Seal settled events that are not yet sealed, at most forty batches; how many events."""
    sealed = 0
    for _ in range(_BATCHES):
        last = await latest(session)
        rows = (await session.execute(_unsealed(session, last).limit(batch))).all()
        if rows:
            session.add(_sealed(rows, last, algorithm, secret))
            await session.flush()
        sealed += len(rows)
        if len(rows) < batch:
            break
    return sealed


async def latest(session: AsyncSession) -> EventSeal | None:
    """The head of the chain, None before the first seal."""
    statement = select(EventSeal).order_by(EventSeal.number.desc()).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


def digest_of(
    algorithm: str, number: int, previous: bytes, rows: Iterable[Row[*tuple[Any, ...]]]
) -> bytes:
    """The digest of a seal; raises `ValueError` for an algorithm that is not known here."""
    digest = hashlib.new(algorithm)
    digest.update(_line([number, algorithm, previous.hex()]))
    for row in rows:
        digest.update(_line([_plain(value) for value in row[: len(COLUMNS)]]))
    return digest.digest()


def mac_of(secret: bytes, number: int, digest: bytes) -> bytes:
    """The signature of a seal."""
    return hmac.new(secret, b"audit-seal:%d:" % number + digest, hashlib.sha256).digest()


def after(xid: int, position: int) -> Any:
    """Condition: events that come after this place in the order."""
    mark = tuple_(*(literal(v, c.type) for v, c in zip((xid, position), ORDER, strict=True)))
    return tuple_(*ORDER) > mark


def _unsealed(session: AsyncSession, last: EventSeal | None) -> Select[*tuple[Any, ...]]:
    statement = select(*COLUMNS, Event.xid).where(settled(session)).order_by(*ORDER)
    return statement if last is None else statement.where(after(last.last_xid, last.last_position))


def _sealed(
    rows: Iterable[Row[*tuple[Any, ...]]], last: EventSeal | None, algorithm: str, secret: bytes
) -> EventSeal:
    rows = list(rows)
    number = 1 if last is None else last.number + 1
    digest = digest_of(algorithm, number, GENESIS if last is None else last.digest, rows)
    return EventSeal(
        number=number,
        algorithm=algorithm,
        digest=digest,
        mac=mac_of(secret, number, digest),
        count=len(rows),
        last_xid=rows[-1].xid,
        last_position=rows[-1].position,
        sealed_at=clock.now(),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, int) else str(value)


def _line(values: list[Any]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"
