"""SQL of periods: which have begun of what is owed anew in each, and who owes them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnySelect, name_rows
from app.models import Campaign, Requirement, RequirementPeriod


def join_begun(asked: AnySelect) -> AnySelect:
    """Join its periods to what is owed anew in each; there are those that have begun."""
    period = RequirementPeriod
    theirs = and_(period.requirement_id == Requirement.id, period.active)
    once_or_begun = or_(Requirement.every.is_(None), period.id.is_not(None))
    return asked.outerjoin(period, theirs).where(once_or_begun)


def exists_within(first_day: Any, last_day: Any) -> ColumnElement[bool]:
    """Return whether the subject exists on a day of the period, where there is one."""
    period = RequirementPeriod
    return and_(
        or_(period.id.is_(None), first_day.is_(None), first_day <= period.due_on),
        or_(period.id.is_(None), last_day.is_(None), last_day >= period.opens_on),
    )


class AskedRow(NamedTuple):
    """A requirement that is owed anew in each period, between two days."""

    id: UUID
    campaign_id: UUID
    org_id: UUID
    every: str | None
    """None where it is owed in periods no longer."""
    first: date
    last: date | None


async def list_asked(session: AsyncSession, *conditions: ColumnElement[bool]) -> Sequence[AskedRow]:
    """Return what is owed in periods, and what is owed in none any longer and has some."""
    has_some = Requirement.id.in_(select(RequirementPeriod.requirement_id))
    statement = (
        select(
            Requirement.id,
            Requirement.campaign_id,
            Requirement.org_id,
            Requirement.every,
            func.coalesce(Requirement.opens_on, Campaign.starts_on).label("first"),
            func.coalesce(Requirement.due_on, Campaign.ends_on).label("last"),
        )
        .join(Campaign, Campaign.id == Requirement.campaign_id)
        .where(or_(Requirement.every.is_not(None), has_some), *conditions)
        .order_by(Requirement.id)
    )
    return name_rows(AskedRow, await session.execute(statement))


async def load(
    session: AsyncSession, requirement_ids: Sequence[UUID]
) -> Sequence[RequirementPeriod]:
    """Return all periods of requirements."""
    statement = select(RequirementPeriod).where(
        RequirementPeriod.requirement_id.in_(requirement_ids)
    )
    found = await session.execute(statement.execution_options(populate_existing=True))
    return found.scalars().all()
