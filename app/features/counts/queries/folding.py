"""Counting marked organizations again, and letting the sums follow the tree."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    FromClause,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import is_postgresql
from app.db.rows import AnySelect
from app.features.counts.queries import records
from app.features.counts.queries.adding import roll_up, upsert
from app.features.counts.rules import KEPT
from app.models import Organization, OwnCount, SubtreeCount, Uncounted
from app.models.counters import TOTALS

OWN: Final = ("org_id", "campaign_id", "day", "sector")
SUBTREE: Final = ("unit_id", "campaign_id", "day", "sector")
_BATCH: Final = 2_000
"""Marks that one fold takes: a second of work at most, for which the tree cannot be changed."""
_CHUNK: Final = 5_000


async def fold(session: AsyncSession) -> int:
    """Count the organizations of the oldest marks again, and take these away; how many.

    The caller holds the structure lock: nothing is moved and nobody else folds meanwhile.
    """
    oldest = _oldest().subquery()
    waiting = (await session.execute(select(func.count()).select_from(oldest))).scalar()
    if not waiting:
        return 0
    for statement in _folding(on_postgresql=is_postgresql(session)):
        await session.execute(statement)
    return int(waiting)


@cache
def _folding(*, on_postgresql: bool) -> list[Any]:
    """Return the statements of a fold; made once, which takes far longer than a small fold."""
    removal = delete(Uncounted).where(Uncounted.id.in_(_oldest()))
    own = _insert(OwnCount, on_postgresql=on_postgresql)
    subtree = _insert(SubtreeCount, on_postgresql=on_postgresql)
    if on_postgresql:
        # One statement, hence one snapshot: a mark goes exactly when what it marks is counted.
        taken = removal.returning(Uncounted.org_id).cte("taken")
        changed = _changed(select(taken.c.org_id)).cte("changed")
        added = upsert(own, OWN, KEPT, select(changed)).cte("own")
        return [_into_subtrees(subtree, changed).add_cte(taken, added)]
    marked = select(Uncounted.org_id).where(Uncounted.id.in_(_oldest()))
    return [
        _into_subtrees(subtree, _changed(marked).cte()),
        upsert(own, OWN, KEPT, select(_changed(marked).cte())),
        removal,
    ]


def _oldest() -> AnySelect:
    return select(Uncounted.id).order_by(Uncounted.id).limit(_BATCH)


async def shift(session: AsyncSession, unit_id: UUID, old: UUID, new: UUID) -> None:
    """Take what was counted below a unit out of the units above `old`, into those above `new`.

    What is marked below it is counted on its new way.
    """
    theirs = select(*_counted(SubtreeCount)).where(
        SubtreeCount.unit_id == unit_id, SubtreeCount.day != TOTALS
    )
    await _hand_over(session, theirs, old, new)


async def shift_branches(
    session: AsyncSession, branch_ids: Sequence[UUID], old: UUID, new: UUID
) -> None:
    """Take what was counted at branches out of the units above `old`, into those above `new`."""
    for start in range(0, len(branch_ids), _CHUNK):
        some = OwnCount.org_id.in_(branch_ids[start : start + _CHUNK])
        await _hand_over(session, select(*_counted(OwnCount)).where(some), old, new)


async def forget(session: AsyncSession, organization: Organization) -> None:
    """Before an unused organization is deleted: nothing of it is counted any longer."""
    own = select(*_counted(OwnCount)).where(OwnCount.org_id == organization.id)
    unit_id = organization.id if organization.type == "unit" else organization.parent_id
    await _add(session, [_signed(own, unit_id, -1)])
    for column in (OwnCount.org_id, SubtreeCount.unit_id, Uncounted.org_id):
        statement = delete(column.class_).where(column == organization.id)
        await session.execute(statement)


def place_at_units(own: FromClause) -> FromClause:
    """Rows of `own_counts` under the unit at which each is counted: itself, or its branch's."""
    unit_id = case((Organization.type == "branch", Organization.parent_id), else_=own.c.org_id)
    rest = (own.c[name] for name in ("campaign_id", "sector", "day", *KEPT))
    joined = own.join(Organization, Organization.id == own.c.org_id)
    return select(unit_id.label("unit_id"), *rest).select_from(joined).cte()


def count_records(of: AnySelect | None) -> AnySelect:
    """Rows of `own_counts` as the records say; `of` selects ids of organizations."""
    rows = records.select_work(of=of).cte()
    keys = [rows.c.org_id, rows.c.campaign_id, rows.c.day, Organization.sector]
    sums = (func.sum(rows.c[name]).label(name) for name in KEPT)
    joined = select(*keys, *sums).join(Organization, Organization.id == rows.c.org_id)
    return joined.group_by(*keys)


def subtract(new: AnySelect, old: AnySelect, key: Sequence[str]) -> AnySelect:
    """Return what `new` has more than `old`, rows of `*key` and all counts; none where equal."""
    parts = [_times(new, 1, key), _times(old, -1, key)]
    rows = union_all(*parts).cte()
    keys = [rows.c[name] for name in key]
    sums = [cast(func.sum(rows.c[name]), SubtreeCount.persons.type).label(name) for name in KEPT]
    differs = or_(*(func.sum(rows.c[name]) != 0 for name in KEPT))
    return select(*keys, *sums).group_by(*keys).having(differs)


def _changed(marked: AnySelect) -> AnySelect:
    """By how much marked organizations differ from what was counted of them."""
    stored = select(OwnCount).where(OwnCount.org_id.in_(marked))
    return subtract(count_records(marked), stored, OWN)


def _into_subtrees(insertion: Any, changed: CTE | FromClause) -> Any:
    added = roll_up(place_at_units(changed), ("sector",), KEPT, KEPT)
    return upsert(insertion, SUBTREE, KEPT, added)


async def _hand_over(session: AsyncSession, counted: AnySelect, old: UUID, new: UUID) -> None:
    await _add(session, [_signed(counted, old, -1), _signed(counted, new, 1)])


async def _add(session: AsyncSession, parts: Iterable[AnySelect]) -> None:
    source = union_all(*parts).subquery("source")
    added = roll_up(source, ("sector",), KEPT, KEPT)
    insertion = _insert(SubtreeCount, on_postgresql=is_postgresql(session))
    await session.execute(upsert(insertion, SUBTREE, KEPT, added))


def _counted(table: type[OwnCount | SubtreeCount]) -> list[Any]:
    return [getattr(table, name) for name in ("campaign_id", "sector", "day", *KEPT)]


def _signed(counted: AnySelect, unit_id: UUID | None, sign: int) -> AnySelect:
    at = literal(unit_id, SubtreeCount.unit_id.type).label("unit_id")
    rows = counted.subquery()
    rest = (rows.c[name] for name in ("campaign_id", "sector", "day"))
    return select(at, *rest, *((sign * rows.c[name]).label(name) for name in KEPT))


def _times(counted: AnySelect, sign: int, key: Sequence[str]) -> AnySelect:
    rows = counted.cte()
    measures = ((sign * rows.c[name]).label(name) for name in KEPT)
    return select(*(rows.c[name] for name in key), *measures)


def _insert(model: type[OwnCount | SubtreeCount], *, on_postgresql: bool) -> Any:
    return (postgresql if on_postgresql else sqlite).insert(model)
