"""What the first release wrote without a signature, and since when there must be one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import clock
from app.models import Event, EventSeal
from app.models.events import NO_TRANSACTION

GRACE: Final = timedelta(hours=1)
"""How long processes of the first release may run on beside the worker of this one."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Which events may be without a signature: those of the first release, and no later one.

    The mark is the first seal of this release, whose time is sealed with it.
    """

    until: int = 0
    """The last place that one may have."""
    still: bool = False
    """Whether one that is not sealed yet may be."""

    def allows(self, xid: int, place: int | None) -> bool:
        """Return whether an event without a signature is one that the first release wrote."""
        if xid >= NO_TRANSACTION:
            return False
        return self.still if place is None else place <= self.until


async def unsigned(session: AsyncSession) -> Unsigned:
    """Return what the chain says of events without a signature."""
    if not await began_before(session):
        return Unsigned()
    seals = select(EventSeal).order_by(EventSeal.number).limit(1)
    mark = await session.scalar(seals.where(EventSeal.last_place.is_not(None)))
    if mark is None:
        return Unsigned(NO_TRANSACTION, still=True)
    end = mark.sealed_at + GRACE
    places = select(func.max(EventSeal.last_place)).where(EventSeal.sealed_at <= end)
    return Unsigned(await session.scalar(places) or 0, clock.now() <= end)


async def began_before(session: AsyncSession) -> bool:
    """Return whether the trail began under the first release."""
    first = await session.scalar(select(EventSeal).order_by(EventSeal.number).limit(1))
    if first is not None and first.last_place is None:
        return True
    order = Event.position if first is None else Event.place
    begin = select(Event.mac, Event.xid).where(order.is_not(None)).order_by(order).limit(1)
    found = (await session.execute(begin)).first()
    if found is None:
        return False
    mac, xid = found
    return mac is None and xid < NO_TRANSACTION
