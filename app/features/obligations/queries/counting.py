"""SQL of the counters: append differences, fold them upwards, let them follow the tree."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Delete,
    FromClause,
    and_,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.db import is_postgresql, uuid7_in_sql
from app.db.rows import AnySelect
from app.db.unit_of_work import UnitOfWork
from app.features.counts.queries import adding
from app.features.obligations.rules import State, find_differences
from app.kit import ids
from app.kit.pacing import paced
from app.models import Campaign, Counter, CounterDelta, Obligation, RequirementPeriod
from app.models.counters import BY_DAY, MEASURES, TOTALS
from app.models.obligations import NO_PERIOD
from app.models.vocabulary import measures

CELL: Final = ("unit_id", "campaign_id", "requirement_id", "sector")
STATE: Final = tuple(getattr(Obligation, field.name) for field in fields(State))
"""The columns of a `State`."""
KEY: Final = ("unit_id", "campaign_id", "day", "requirement_id", "sector")
_UNDATED: Final = tuple(name for name in MEASURES if name not in BY_DAY)
_OF_NIL: Final = [name for name, one in measures.MEASURES.items() if "nil" in one.statuses]
Status = str | ColumnElement[str] | InstrumentedAttribute[str]
_FEW: Final = 500
"""Obligations that are compared in less time than handing them to a thread is worth avoiding."""
_BATCH: Final = 20_000
"""Differences that one fold takes: well below a second of work."""


async def insert_differences(
    session: AsyncSession, before: Iterable[State], after: Iterable[State]
) -> None:
    """Append what the counters have to be changed by; one statement, none if nothing changed."""
    zeros = dict.fromkeys(MEASURES, 0)
    was, now = list(before), list(after)
    if len(was) + len(now) > _FEW:
        found = await asyncio.to_thread(find_differences, was, now)
    else:
        found = find_differences(was, now)
    rows = [{"id": ids.new_id(), **zeros, **row} async for row in paced(found)]
    UnitOfWork.of(session).insert(CounterDelta, rows)


def measures_by(status: Status) -> dict[str, ColumnElement[int]]:
    """Return the measures of one obligation of a status in SQL, as `measures.MEASURES` say."""
    late = func.coalesce(Obligation.met_on > Obligation.due_on, false())
    found: dict[str, ColumnElement[int]] = {}
    for name, measure in measures.MEASURES.items():
        conditions: list[ColumnElement[bool]] = [_is_one_of(status, measure.statuses)]
        if measure.late is not None:
            conditions.append(late if measure.late else ~late)
        if measure.returned:
            conditions.append(Obligation.returned.is_(True))
        number = Obligation.count - Obligation.min_count if measure.surplus else literal(1)
        found[name] = case((and_(*conditions), number), else_=0)
    return found


def _is_one_of(status: Status, statuses: Sequence[str]) -> ColumnElement[bool]:
    if isinstance(status, str):
        return true() if status in statuses else false()
    return or_(*(status == one for one in statuses))


def counted_as() -> ColumnElement[UUID]:
    """Return what an obligation is counted as: its period where it has one, or its requirement."""
    once = Obligation.period_id == NO_PERIOD
    return case((once, Obligation.requirement_id), else_=Obligation.period_id)


def _was_nil() -> ColumnElement[bool]:
    """Return whether a nil return had settled an obligation before it was met."""
    earlier = func.coalesce(Obligation.nil_on < Obligation.met_on, false())
    return and_(Obligation.status == "met", earlier)


async def read_states(rows: Iterable[Any]) -> list[State]:
    """Rows of the columns `STATE`, typed."""
    return [State(*row) async for row in paced(rows)]


async def rebuild(session: AsyncSession, requirement_ids: Sequence[UUID]) -> None:
    """Count requirements' obligations, of which nothing is folded yet, for every unit.

    The caller holds the structure lock. What waits to be folded is dropped in the same moment in
    which the ledger is read: it is in the ledger already.
    """
    if not requirement_ids:
        return
    periods = select(RequirementPeriod.id).where(
        RequirementPeriod.requirement_id.in_(requirement_ids)
    )
    theirs = or_(
        CounterDelta.requirement_id.in_(requirement_ids), CounterDelta.requirement_id.in_(periods)
    )
    waiting = _without(CounterDelta, theirs)
    source = select_ledger(Obligation.requirement_id.in_(requirement_ids))
    counted = insert(Counter).from_select([*KEY, *MEASURES], roll_up(source))
    if is_postgresql(session):
        dropped = waiting.returning(CounterDelta.id).cte("dropped")
        await session.execute(counted.add_cte(dropped))
    else:
        await session.execute(waiting)
        await session.execute(counted)


def select_ledger(*conditions: ColumnElement[bool]) -> FromClause:
    """Return the obligations themselves, with their `org_id`, in the form of differences.

    One that was nil before it was met comes twice: nil from one day on, no longer from another.
    """
    day = case(
        (Obligation.status == "met", Obligation.met_on),
        (Obligation.status == "nil", Obligation.nil_on),
    )
    cell = {name: getattr(Obligation, name) for name in CELL}
    cell["requirement_id"] = counted_as().label("requirement_id")
    keys = (Obligation.org_id, *cell.values())
    as_nil = measures_by("nil")
    no_longer = {name: case((_was_nil(), number), else_=0) for name, number in as_nil.items()}
    now = {
        name: number - no_longer[name] if name in _OF_NIL else number
        for name, number in measures_by(Obligation.status).items()
    }
    every = select(
        *keys, day.label("day"), *(number.label(name) for name, number in now.items())
    ).where(Obligation.status != "void", *conditions)
    once = ((as_nil[name] if name in _OF_NIL else literal(0)).label(name) for name in now)
    before = select(*keys, Obligation.nil_on.label("day"), *once).where(_was_nil(), *conditions)
    return union_all(every, before).subquery("ledger")


async def fold(session: AsyncSession) -> int:
    """Add the oldest differences into the counters of their units and all above; how many.

    The caller holds the structure lock: nothing is moved and nobody else folds meanwhile. What
    belongs to a campaign that is being opened waits for `rebuild`.
    """
    drafts = select(Campaign.id).where(Campaign.status == "draft")
    oldest = (
        select(CounterDelta.id)
        .where(CounterDelta.campaign_id.not_in(drafts))
        .order_by(CounterDelta.id)
        .limit(_BATCH)
    )
    removal = delete(CounterDelta).where(CounterDelta.id.in_(oldest))
    if is_postgresql(session):
        # What is added must be exactly what is taken away, while writers go on appending.
        taken = removal.returning(*CounterDelta.__table__.c).cte("taken")
        statement = _upsert(postgresql.insert(Counter), roll_up(taken)).add_cte(taken)
        count = select(func.count()).select_from(oldest.subquery())
        waiting = int((await session.execute(count)).scalar_one())
        if waiting:
            await session.execute(statement)
        return waiting
    batch = select(CounterDelta).where(CounterDelta.id.in_(oldest)).subquery("taken")
    await session.execute(_upsert(sqlite.insert(Counter), roll_up(batch)))
    removed = await session.execute(removal.returning(CounterDelta.id))
    return len(removed.all())


async def shift(session: AsyncSession, unit_id: UUID, old: UUID, new: UUID) -> None:
    """Take a unit's folded counts out of the units above `old` and into those above `new`.

    What is not yet folded below it finds its new way by itself.
    """
    for parent_id, sign in ((old, -1), (new, 1)):
        selected = union_all(
            *(
                select(
                    literal(parent_id, Counter.unit_id.type),
                    Counter.campaign_id,
                    Counter.requirement_id,
                    Counter.sector,
                    day,
                    *(sign * getattr(Counter, n) if n in names else literal(0) for n in MEASURES),
                ).where(Counter.unit_id == unit_id, condition)
                for day, names, condition in (
                    (literal(None, Date()), _UNDATED, Counter.day == TOTALS),
                    (Counter.day, BY_DAY, Counter.day != TOTALS),
                )
            )
        ).subquery("shifted")
        source = select(uuid7_in_sql(session), *selected.c)
        names = ["id", *CELL, "day", *MEASURES]
        await session.execute(insert(CounterDelta).from_select(names, source))


async def rehome(session: AsyncSession, unit_id: UUID, parent_id: UUID) -> None:
    """Before a unit is deleted: what is not yet folded of it counts for the unit above."""
    statement = update(CounterDelta).where(CounterDelta.unit_id == unit_id)
    await session.execute(statement.values(unit_id=parent_id))
    await session.execute(_without(Counter, Counter.unit_id == unit_id))


def roll_up(source: FromClause) -> AnySelect:
    """Return what to add to each counter: every difference at its unit and all units above."""
    return adding.roll_up(source, ("requirement_id", "sector"), MEASURES, BY_DAY)


def _without(table: type[Counter | CounterDelta], condition: ColumnElement[bool]) -> Delete:
    return delete(table).where(condition)


def _upsert(statement: Any, added: AnySelect) -> Any:
    return adding.upsert(statement, KEY, MEASURES, added)
