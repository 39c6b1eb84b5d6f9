"""SQL that keeps what the tree was: to be called before a change, by whoever makes it."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.models import FormerPlace, FormerPost, Leader, Organization


async def keep_places(session: AsyncSession, condition: ColumnElement[bool], day: date) -> None:
    """Keep how these organizations stand; from the day on they stand otherwise.

    What changes twice on one day leaves nothing of the time between: days are what is asked for.
    """
    kept = select(
        Organization.id,
        Organization.placed_on,
        literal(day),
        Organization.parent_id,
        Organization.path,
        Organization.closed_on,
    ).where(condition, _earlier(Organization.placed_on, day))
    names = ["org_id", "since", "until", "parent_id", "path", "closed_on"]
    await session.execute(insert(FormerPlace).from_select(names, kept))


async def list_former_places(
    session: AsyncSession, org_ids: Collection[UUID]
) -> Sequence[FormerPlace]:
    """Return where these organizations stood before, the earliest first."""
    statement = (
        select(FormerPlace).where(FormerPlace.org_id.in_(org_ids)).order_by(FormerPlace.until)
    )
    return (await session.execute(statement)).scalars().all()


async def keep_posts(session: AsyncSession, leader_ids: Collection[UUID], day: date) -> None:
    """Keep which unit and branch these leaders have; from the day on they have others."""
    kept = select(Leader.id, Leader.posted_on, literal(day), Leader.org_id, Leader.branch_id).where(
        Leader.id.in_(leader_ids), _earlier(Leader.posted_on, day)
    )
    names = ["leader_id", "since", "until", "org_id", "branch_id"]
    await session.execute(insert(FormerPost).from_select(names, kept))


async def led_until(session: AsyncSession, leader_id: UUID, unit_id: UUID) -> date | None:
    """Return the day from which a leader led a unit no longer, the latest; None if they never did.

    Of the unit that they lead now it is that of an earlier time.
    """
    theirs = (FormerPost.leader_id == leader_id, FormerPost.org_id == unit_id)
    return (await session.execute(select(func.max(FormerPost.until)).where(*theirs))).scalar()


async def last_change(session: AsyncSession, condition: ColumnElement[bool]) -> date | None:
    """Return the latest day on which one of these organizations came to stand as it does."""
    return (
        await session.execute(select(func.max(Organization.placed_on)).where(condition))
    ).scalar()


def _earlier(since: InstrumentedAttribute[date | None], day: date) -> ColumnElement[bool]:
    return or_(since.is_(None), since < day)
