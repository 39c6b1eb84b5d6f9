"""Adding differences into the sums of units, of whatever kind: the one way up the tree."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Date, FromClause, func, literal, select, union_all

from app.db.rows import AnySelect
from app.models import Organization
from app.models.counters import TOTALS


def roll_up(
    source: FromClause, rest: Sequence[str], measures: Sequence[str], dated: Sequence[str]
) -> AnySelect:
    """Return what to add to each sum: every difference at its unit and all units above.

    `source` has `unit_id, campaign_id, day`, the `rest` of the key, and the measures. The rows
    come in the order `unit_id, campaign_id, day, *rest, *measures`: in total (`TOTALS`), and by
    day for what is `dated`.
    """
    cell = ("unit_id", "campaign_id", *rest)
    own = (
        select(
            *(source.c[name] for name in cell),
            source.c.day,
            *(func.sum(source.c[name]).label(name) for name in measures),
        )
        .group_by(*(source.c[name] for name in cell), source.c.day)
        .cte(recursive=True)
    )
    above = (
        select(
            Organization.parent_id,
            *(own.c[name] for name in cell[1:]),
            own.c.day,
            *(own.c[name] for name in measures),
        )
        .join(own, own.c.unit_id == Organization.id)
        .where(Organization.parent_id.is_not(None))
    )
    reached = own.union_all(above)

    def added(day: ColumnElement[Any], names: Sequence[str]) -> AnySelect:
        return _added(reached, day, rest, measures, names)

    totals = added(literal(TOTALS, Date()), measures)
    days = added(reached.c.day, dated).where(reached.c.day.is_not(None))
    both = union_all(totals, days.group_by(reached.c.day)).subquery("added")
    return select(both)


def upsert(statement: Any, key: Sequence[str], measures: Sequence[str], added: AnySelect) -> Any:
    """Add rows `*key, *measures` to what is there; `statement` is the dialect's own insert."""
    # SQLite takes ON after a SELECT without WHERE for the condition of a join.
    part = added.where(literal(1) == 1)
    inserted = statement.from_select([*key, *measures], part)
    sums = {name: statement.table.c[name] + inserted.excluded[name] for name in measures}
    return inserted.on_conflict_do_update(index_elements=list(key), set_=sums)


def _added(
    climbing: CTE,
    day: ColumnElement[Any],
    rest: Sequence[str],
    measures: Sequence[str],
    names: Sequence[str],
) -> AnySelect:
    sums = ((func.sum(climbing.c[n]) if n in names else literal(0)).label(n) for n in measures)
    keys = (climbing.c.unit_id, climbing.c.campaign_id)
    others = [climbing.c[name] for name in rest]
    return select(*keys, day.label("day"), *others, *sums).group_by(*keys, *others)
