"""SQL of second posts."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible
from app.models import Leader, SecondPost


async def list_of_leader(session: AsyncSession, leader_id: UUID) -> Sequence[SecondPost]:
    """All second posts of a leader, those that have ended too, in the order of their days."""
    statement = (
        select(SecondPost)
        .where(SecondPost.leader_id == leader_id)
        .order_by(SecondPost.since, SecondPost.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalars().all()


async def list_visible(
    session: AsyncSession, caller: Principal, leader_id: UUID
) -> Sequence[SecondPost]:
    """Return a leader's second posts at units that the caller sees, in the order of their days."""
    statement = (
        select(SecondPost)
        .where(SecondPost.leader_id == leader_id, visible(caller, SecondPost.unit_id))
        .order_by(SecondPost.since, SecondPost.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalars().all()


async def list_held(session: AsyncSession, unit_id: UUID) -> Sequence[SecondPost]:
    """Return the second posts that are held at a unit."""
    statement = (
        select(SecondPost)
        .where(SecondPost.unit_id == unit_id, SecondPost.until.is_(None))
        .order_by(SecondPost.leader_id)
    )
    return (await session.execute(statement)).scalars().all()


async def find_in_post(
    session: AsyncSession, leader_ids: Collection[UUID], unit_id: UUID
) -> set[UUID]:
    """Return which of these leaders lead a unit, or hold a second post there."""
    second = select(SecondPost.leader_id).where(
        SecondPost.unit_id == unit_id, SecondPost.until.is_(None)
    )
    statement = select(Leader.id).where(
        Leader.id.in_(leader_ids), or_(Leader.org_id == unit_id, Leader.id.in_(second))
    )
    return set((await session.execute(statement)).scalars())


async def end(
    session: AsyncSession, leader_ids: Collection[UUID], unit_id: UUID, day: date
) -> None:
    """End what these leaders hold at a unit; what began on that day or later never was."""
    theirs = (
        SecondPost.leader_id.in_(leader_ids),
        SecondPost.unit_id == unit_id,
        SecondPost.until.is_(None),
    )
    for statement in (
        delete(SecondPost).where(*theirs, SecondPost.since >= day),
        update(SecondPost).where(*theirs).values(until=day),
    ):
        await session.execute(statement)
