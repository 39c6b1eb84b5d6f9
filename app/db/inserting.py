"""Statements that insert many rows: into one table, or into several at once on PostgreSQL."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Insert, Table, bindparam, column, func, insert, select

Row = Mapping[str, Any]
Shape = tuple[Table, tuple[str, ...]]
"""A table, and the columns that its rows give."""


@cache
def single(table: Table) -> Insert:
    """Return the statement that inserts rows of one table, whatever columns they give."""
    return insert(table)


@cache
def joined(shapes: tuple[Shape, ...]) -> Insert:
    """Return the one statement of PostgreSQL that inserts rows of these shapes, of any number."""
    *others, last = (_inserted(number, *shape) for number, shape in enumerate(shapes))
    return last.add_cte(*(each.cte(f"part_{number}") for number, each in enumerate(others)))


def _inserted(number: int, table: Table, given: tuple[str, ...]) -> Insert:
    columns = [table.columns[name] for name in (*given, *_defaults(table, given))]
    arrays = [
        bindparam(_parameter(number, each.key), type_=ARRAY(each.type, dimensions=1))
        for each in columns
    ]
    names = [column(each.key, each.type) for each in columns]
    rows = func.unnest(*arrays).table_valued(*names).render_derived(name=f"rows_{number}")
    return insert(table).from_select(columns, select(*rows.c), include_defaults=False)


def arrays(kept: Sequence[tuple[Shape, Sequence[Row]]]) -> dict[str, list[Any]]:
    """Return the values of `joined`: an array for each column of each shape."""
    values: dict[str, list[Any]] = {}
    for number, ((table, given), rows) in enumerate(kept):
        for name in given:
            values[_parameter(number, name)] = [row[name] for row in rows]
        for name, default in _defaults(table, given).items():
            made = [default({}) if callable(default) else default for _ in rows]
            values[_parameter(number, name)] = made
    return values


def _parameter(number: int, name: str) -> str:
    return f"{name}_{number}"


@cache
def _defaults(table: Table, given: tuple[str, ...]) -> dict[str, Any]:
    """Return what SQLAlchemy fills in where rows do not: column → a value, or what makes one."""
    return {
        each.key: each.default.arg  # type: ignore[attr-defined] # no column has a sequence
        for each in table.columns
        if each.default is not None and each.key not in given
    }
