"""SQL that counts everything again and compares."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnySelect
from app.features.obligations.queries import counting, existence, owed
from app.models import Counter, CounterDelta, Credit, Obligation, Organization
from app.models.counters import MEASURES
from app.models.obligations import NO_PERIOD


@dataclass(frozen=True, slots=True)
class Miscount:
    """One counter that is not what the ledger says; `excess` is what it has too much."""

    unit_id: UUID
    campaign_id: UUID
    day: date
    requirement_id: UUID
    sector: str
    excess: dict[str, int]


async def find_miscounts(session: AsyncSession, limit: int = 100) -> list[Miscount]:
    """Counters, with what is not yet folded, that differ from a recount of all obligations."""
    parts = union_all(
        _signed(counting.roll_up(counting.select_ledger()), -1),
        _signed(counting.roll_up(CounterDelta.__table__), 1),
        _signed(select(Counter), 1),
    ).subquery("parts")
    sums = {name: func.sum(parts.c[name]) for name in MEASURES}
    keys = [parts.c[name] for name in counting.KEY]
    wrong: list[ColumnElement[bool]] = [total != 0 for total in sums.values()]
    statement = (
        select(*keys, *(total.label(name) for name, total in sums.items()))
        .group_by(*keys)
        .having(or_(*wrong))
        .order_by(*keys)
        .limit(limit)
    )
    return [
        Miscount(
            **{name: getattr(row, name) for name in counting.KEY},
            excess={name: int(getattr(row, name)) for name in MEASURES if getattr(row, name)},
        )
        for row in await session.execute(statement)
    ]


async def find_misplaced(session: AsyncSession, limit: int = 100) -> list[UUID]:
    """Obligations that are not counted at the unit to which their organization belongs."""
    unit_id = case((Organization.type == "branch", Organization.parent_id), else_=Organization.id)
    statement = (
        select(Obligation.id)
        .join(Organization, Organization.id == Obligation.org_id)
        .where(Obligation.unit_id != unit_id)
        .order_by(Obligation.id)
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def find_mistallied(session: AsyncSession, limit: int = 100) -> list[UUID]:
    """Obligations whose count or status is not what follows from their credits."""
    tallies = (
        select(
            Credit.obligation_id,
            func.count(case((Credit.record != "nil_return", 1))).label("count"),
            func.min(case((Credit.record == "nil_return", Credit.on_day))).label("nil_on"),
        )
        .where(Credit.standing)
        .group_by(Credit.obligation_id)
        .subquery("tallies")
    )
    count = func.coalesce(tallies.c.count, 0)
    exemption, wanted, ended = Obligation.exemption, Obligation.wanted, Obligation.ended
    nil_on = tallies.c.nil_on
    state = owed.state(wanted, ended, exemption, count, Obligation.min_count, nil_on)
    statement = (
        select(Obligation.id)
        .outerjoin(tallies, tallies.c.obligation_id == Obligation.id)
        .where(
            or_(
                Obligation.count != count,
                Obligation.status != state,
                Obligation.nil_on.is_distinct_from(nil_on),
                existence.is_strayed(),
                _is_beside_its_period(),
            )
        )
        .order_by(Obligation.id)
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


def _is_beside_its_period() -> ColumnElement[bool]:
    """Return the condition on obligations that something counts of a day outside their period."""
    beside = exists().where(
        Credit.obligation_id == Obligation.id,
        Credit.record != "nil_return",
        or_(Credit.on_day < Obligation.opens_on, Credit.on_day > Obligation.due_on),
    )
    return and_(Obligation.period_id != NO_PERIOD, beside)


async def count_all(session: AsyncSession) -> int:
    """Return how many obligations there are."""
    return (await session.scalar(select(func.count()).select_from(Obligation))) or 0


def _signed(counted: AnySelect, sign: int) -> AnySelect:
    part = counted.subquery()
    return select(
        *(part.c[name] for name in counting.KEY),
        *((sign * part.c[name]).label(name) for name in MEASURES),
    )
