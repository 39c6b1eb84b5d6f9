"""Making the ledger agree with what is owed: insert, adjust, void; set-based on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Insert,
    Subquery,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import is_postgresql, uuid7_in_sql
from app.db.rows import AnySelect
from app.db.unit_of_work import UnitOfWork
from app.features.obligations.queries import counting, owed
from app.features.obligations.queries.owed import Narrowing, Owed
from app.features.obligations.rules import State
from app.kit import clock
from app.models import Campaign, Obligation

"""One number for PostgreSQL's advisory lock on the tree and the live requirements."""

_ROOM = "64MB"
"""For each part of a statement: the sums of 50,000 units, all organizations by their id."""

_COPIED = (
    "campaign_id", "requirement_id", "subject_type", "subject_id", "period_id", "org_id", "area_id",
    "zone_id", "unit_id", "sector", "opens_on", "due_on", "min_count",
)  # fmt: skip


_ADJUSTED = (
    "org_id", "area_id", "zone_id", "unit_id", "sector", "opens_on", "due_on", "min_count", "ended",
)  # fmt: skip


async def take_room(session: AsyncSession) -> None:
    """Let this transaction sort and gather in memory what PostgreSQL else writes to its disk."""
    if is_postgresql(session):
        await session.execute(select(func.set_config("work_mem", _ROOM, true())))


async def insert_missing(session: AsyncSession, desired: Subquery) -> list[State]:
    """Insert what is owed and not in the ledger; the new obligations."""
    return await _inserted(session, insert_of(session, desired, ~_known(desired)))


async def insert_chunk(
    session: AsyncSession, desired: Subquery, requirement_id: UUID, after: UUID | None, last: UUID
) -> None:
    """Insert what one requirement asks of the subjects up to `last`; not yet counted.

    Few of them, if any, owe it already: those who came or changed since the opening began. They are
    gathered first, for nothing is known of a ledger that has just been filled: looked up one by one
    they may well be looked for among all who owe the same.
    """
    wanted, kept = desired.c.subject_id, Obligation.subject_id
    known = select(kept).where(Obligation.requirement_id == requirement_id, kept <= last)
    conditions = [wanted <= last]
    if after is not None:
        known, conditions = known.where(kept > after), [*conditions, wanted > after]
    await session.execute(insert_of(session, desired, wanted.not_in(known), *conditions))


def insert_of(session: AsyncSession, desired: Subquery, *conditions: ColumnElement[bool]) -> Insert:
    """`INSERT INTO obligations SELECT … FROM desired`."""
    now = clock.now()
    stamp = literal(now, Obligation.created_at.type)
    selected = select(
        uuid7_in_sql(session),
        *(desired.c[name] for name in _COPIED),
        true(),
        desired.c.ended,
        case((desired.c.ended, "void"), else_="open"),
        literal(0),
        false(),
        literal(1),
        stamp,
        stamp,
    ).where(*conditions)
    names = [
        "id",
        *_COPIED,
        "wanted",
        "ended",
        "status",
        "count",
        "returned",
        "revision",
        "created_at",
        "updated_at",
    ]
    return insert(Obligation).from_select(names, selected, include_defaults=False)


async def adjust(session: AsyncSession, desired: Subquery) -> list[State]:
    """Bring organization, dates and state of known obligations up to date; those before it.

    What differs is locked and read first: nobody else can make more of it differ, because the
    caller holds the structure lock.
    """
    state = owed.state(
        true(),
        desired.c.ended,
        Obligation.exemption,
        Obligation.count,
        desired.c.min_count,
        Obligation.nil_on,
    )
    values = {name: desired.c[name] for name in _ADJUSTED}
    same_one = is_the_one(desired.c)
    differs = or_(
        *(getattr(Obligation, name).is_distinct_from(value) for name, value in values.items()),
        ~Obligation.wanted,
        Obligation.status != state,
    )
    before = await _locked(session, select(*counting.STATE).join(desired, same_one).where(differs))
    if before:
        statement = (
            update(Obligation)
            .where(same_one, differs)
            .values(**values, wanted=true(), status=state, **_revised())
        )
        await session.execute(statement)
    return before


async def void_unwanted(
    session: AsyncSession, desired: Subquery | None, narrowing: Narrowing
) -> list[State]:
    """Void what is in the ledger but no longer owed; what it was before."""
    campaigns = select(Campaign.id).where(owed.live())
    conditions = [
        narrowing.obligations,
        Obligation.campaign_id.in_(campaigns),
        Obligation.wanted,
    ]
    if desired is not None:
        conditions.append(~exists().where(is_the_one(desired.c)))
    before = await _locked(session, select(*counting.STATE).where(*conditions))
    if before:
        values = {"wanted": false(), "status": "void", **_revised()}
        statement = update(Obligation).where(*conditions).values(values)
        await session.execute(statement)
    return before


async def move_branches(session: AsyncSession, theirs: ColumnElement[bool], unit_id: UUID) -> None:
    """Count obligations of branches, in whatever campaign, at the unit they belong to now."""
    before = await _locked(session, select(*counting.STATE).where(theirs))
    if before:
        statement = update(Obligation).where(theirs).values(unit_id=unit_id, **_revised())
        await session.execute(statement)
        after = [replace(state, unit_id=unit_id) for state in before]
        await counting.insert_differences(session, before, after)
        await UnitOfWork.of(session).flush()


async def forget(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    """Delete obligations that were never worked on, and count them no longer."""
    before = await _locked(session, select(*counting.STATE).where(condition))
    await session.execute(delete(Obligation).where(condition))
    await counting.insert_differences(session, before, ())
    await UnitOfWork.of(session).flush()


async def count_desired(
    session: AsyncSession, items: Sequence[Owed], narrowing: Narrowing, today: date
) -> int:
    """Return how many obligations these requirements ask for."""
    desired = await owed.select_desired(items, narrowing, today)
    if desired is None:
        return 0
    statement = select(func.count()).select_from(desired)
    return int((await session.execute(statement)).scalar_one())


class Chunk(NamedTuple):
    """A chunk of subjects: the last of them, and how many they are."""

    last: UUID
    """None where there are none."""
    size: int


async def find_chunk_end(
    session: AsyncSession, desired: Subquery, after: UUID | None, size: int
) -> Chunk:
    """Return the next chunk by the ids of subjects."""
    chunk = select(desired.c.subject_id).order_by(desired.c.subject_id).limit(size)
    if after is not None:
        chunk = chunk.where(desired.c.subject_id > after)
    part = chunk.subquery("chunk")
    last = select(part.c.subject_id).order_by(part.c.subject_id.desc()).limit(1)
    count = select(func.count()).select_from(part)
    statement = select(last.scalar_subquery(), count.scalar_subquery())
    return Chunk(*(await session.execute(statement)).one())


def is_the_one(desired: Any) -> ColumnElement[bool]:
    """Return the condition that an obligation is the one that a row of `owed` asks for."""
    return and_(
        Obligation.requirement_id == desired.requirement_id,
        Obligation.subject_id == desired.subject_id,
        Obligation.period_id == desired.period_id,
    )


def _known(desired: Subquery) -> ColumnElement[bool]:
    return exists().where(is_the_one(desired.c))


async def _inserted(session: AsyncSession, statement: Insert) -> list[State]:
    return await counting.read_states(await session.execute(statement.returning(*counting.STATE)))


async def _locked(session: AsyncSession, statement: AnySelect) -> list[State]:
    """Obligations locked in the order of their ids."""
    ordered = statement.order_by(Obligation.id).with_for_update(of=Obligation)
    return await counting.read_states(await session.execute(ordered))


def _revised() -> dict[str, Any]:
    return {"revision": Obligation.revision + 1, "updated_at": clock.now()}
