"""SQL of progress by day: activities held, obligations met."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.features.counts.queries import reading as counts
from app.models import Counter, CounterDelta, Obligation, Organization
from app.models.counters import TOTALS


async def sum_days(
    session: AsyncSession, campaign_id: UUID, unit: Organization
) -> list[tuple[date, int, int]]:
    """By day: activities held, obligations met."""
    activities = await counts.sum_by_day(session, campaign_id, unit)
    done = await _met_by_day(session, campaign_id, unit)
    both = sorted(activities.keys() | done.keys())
    return [(day, activities.get(day, 0), done.get(day, 0)) for day in both]


async def _met_by_day(
    session: AsyncSession, campaign_id: UUID, unit: Organization
) -> dict[date, int]:
    if unit.type == "branch":
        return await _met_at_branch(session, campaign_id, unit.id)
    folded = select(Counter.day, (Counter.on_time + Counter.late).label("met")).where(
        Counter.unit_id == unit.id, Counter.campaign_id == campaign_id, Counter.day > TOTALS
    )
    unfolded = (
        select(CounterDelta.day, (CounterDelta.on_time + CounterDelta.late).label("met"))
        .join(Organization, Organization.id == CounterDelta.unit_id)
        .where(
            CounterDelta.campaign_id == campaign_id,
            CounterDelta.day.is_not(None),
            in_subtree(unit.path),
        )
    )
    rows = union_all(folded, unfolded).subquery("rows")
    total = func.sum(rows.c.met)
    statement = select(rows.c.day, total).group_by(rows.c.day).having(total != 0)
    return {day: int(met) for day, met in await session.execute(statement)}


async def _met_at_branch(
    session: AsyncSession, campaign_id: UUID, branch_id: UUID
) -> dict[date, int]:
    """Count by day what a branch met, from its obligations: a handful, without counters."""
    statement = (
        select(Obligation.met_on, func.count())
        .where(
            Obligation.org_id == branch_id,
            Obligation.campaign_id == campaign_id,
            Obligation.status == "met",
        )
        .group_by(Obligation.met_on)
    )
    return {day: met for day, met in await session.execute(statement) if day is not None}
