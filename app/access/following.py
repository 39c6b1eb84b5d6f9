"""Following what changes: how far somebody has read, and over what they see.

A position is the place of an event: data that a backup keeps. Beside it stands of which event it is
the place, so that a position in a history that a restore took back is known as such.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.db.rows import AnySelect, plain_rows
from app.kit import clock
from app.kit.problems import InvalidCursor
from app.models import Event

_NAME: Final = "changes"
_MARK: Final = 8
_SCOPE: Final = 12
_SEEING: Final = (Power.VIEW, Power.REPORT, Power.REVIEW)
"""Powers by which records are seen: drafts are seen by who works on them."""


class Position(NamedTuple):
    """A place in the order of events, and the end of the id of the event that has it."""

    place: int
    mark: str

    @classmethod
    def of(cls, place: int, event_id: Any) -> "Position":
        """Return the position behind an event."""
        return cls(place, event_id.hex[-_MARK:])


BEGINNING: Final = Position(0, "")


class Told(NamedTuple):
    """The content of a cursor of changes: the position, the scope, and the day it was given out."""

    position: Position
    scope: str
    day: int


def scope_of(caller: Principal) -> str:
    """Return what tells the scope of a caller from others: another one sees other records."""
    text = "\n".join(f"{power} {path}" for power in _SEEING for path in caller.paths(power))
    return hashlib.sha256(text.encode()).hexdigest()[:_SCOPE]


def to_parts(position: Position, scope: str, day: int | None = None) -> list[Any]:
    """Return what is signed as the cursor of a position, given out today unless said otherwise."""
    return [_NAME, *position, scope, day or today()]


def today() -> int:
    """Return the number of the day, as cursors have it."""
    return clock.today().toordinal()


def from_parts(parts: Sequence[Any]) -> Told:
    """Return what a cursor says; raises `InvalidCursor` for that of a list."""
    if parts[0] != _NAME:
        raise InvalidCursor
    _, place, mark, scope, day = parts
    return Told(Position(place, mark), scope, day)


async def find_latest(session: AsyncSession) -> Position:
    """Return the position behind the last event that has a place.

    Whatever a later statement does not see has a later place, or none yet.
    """
    rows = await plain_rows(session, _latest())
    return Position.of(*rows[0]) if rows else BEGINNING


@cache
def _latest() -> AnySelect:
    """Made once: every first page of a list asks this."""
    placed = select(Event.place, Event.id).where(Event.place.is_not(None))
    return placed.order_by(Event.place.desc()).limit(1)


async def find_ends(session: AsyncSession, position: Position) -> tuple[Position, Position]:
    """Return a position as the events have it, the beginning where they do not, and the last."""
    last = select(func.max(Event.place)).where(Event.place.is_not(None)).scalar_subquery()
    places = or_(Event.place == position.place, Event.place == last)
    rows = await session.execute(select(Event.place, Event.id).where(places))
    known = {place: Position.of(place, event_id) for place, event_id in rows if place is not None}
    latest = known[max(known)] if known else BEGINNING
    return known.get(position.place, BEGINNING), latest
