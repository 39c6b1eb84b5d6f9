"""Filters of lists: a model whose fields are query parameters, turned into conditions."""

from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Column = InstrumentedAttribute[Any] | ColumnElement[Any]


def matching(filters: object, **columns: Column) -> list[ColumnElement[bool]]:
    """Return that each column is one of the values of the filter of its name, where any are."""
    return [c for name, column in columns.items() for c in equals(column, getattr(filters, name))]


def equals(column: Column, given: object) -> list[ColumnElement[bool]]:
    """Return that a column is the value, or one of the values, where there are any."""
    values = list(given) if isinstance(given, list | tuple) else [given]
    if not values or values == [None]:
        return []
    return [column == values[0] if len(values) == 1 else column.in_(values)]


def between(column: Column, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Require the column to be within the first and the last day, where these are given."""
    conditions: list[ColumnElement[bool]] = []
    if first is not None:
        conditions.append(column >= first)
    if last is not None:
        conditions.append(column <= last)
    return conditions


def holds(value: bool | None, condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:  # noqa: FBT001 - the filter as the caller gave it
    """Require the condition to be as the caller wants it, where they say."""
    if value is None:
        return []
    return [condition if value else condition.is_not(True)]


def containing(text: str | None, one: Column, other: Column) -> list[ColumnElement[bool]]:
    """Either column contains the text, where it is given, in any case and width of its letters.

    On PostgreSQL the two columns are those of an index of `app.models.search`, in its order.
    """
    return [] if text is None else [contains(one, other, text)]


class contains(FunctionElement[bool]):  # noqa: N801 - a function of SQL
    """`contains(one, other, part)`: either has the part, all on one level; found by an index."""

    inherit_cache = True
    type = Boolean()


@compiles(contains)
def _in_order(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    """SQLite looks through the rows."""
    # Its own brackets: what stands around it takes a function for one thing.
    return f"({compiler.process(_holds_part(element, func.instr), **options)})"


@compiles(contains, "postgresql")
def _by_index(element: contains, compiler: SQLCompiler, **options: Any) -> str:
    """Rows that have every gram of the part, then those of them that have it as a whole."""
    one, other, part = element.clauses
    has_grams = func.dajiatan_grams(one, other).op("@>")(func.dajiatan_sought(part))
    condition = and_(has_grams, _holds_part(element, func.strpos))
    return f"({compiler.process(condition, **options)})"


def _holds_part(element: contains, place_of: Any) -> ColumnElement[bool]:
    *columns, part = element.clauses
    nowhere: ColumnElement[int] = literal_column("0")
    levelled = func.dajiatan_level
    return or_(*(place_of(levelled(c), levelled(part)) > nowhere for c in columns))


def one_of(column: InstrumentedAttribute[Any] | ColumnElement[Any], name: str) -> "is_one_of":
    """Return a condition of a statement that is made once: a column has one of the values `name`.

    On PostgreSQL they are one parameter, so that its text is the same for any number of values.
    """
    return is_one_of(column, bindparam(name, type_=ARRAY(column.type, dimensions=1)))


class is_one_of(FunctionElement[bool]):  # noqa: N801 - a function of SQL
    """`is_one_of(column, values)`."""

    inherit_cache = True
    type = Boolean()


@compiles(is_one_of)
def _in_list(element: is_one_of, compiler: SQLCompiler, **options: Any) -> str:
    """SQLite knows no arrays: a list as long as it is."""
    column, values = element.clauses
    given = bindparam(values.key, type_=column.type, expanding=True)
    return f"({compiler.process(column.in_(given), **options)})"


@compiles(is_one_of, "postgresql")
def _equals_any(element: is_one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"({compiler.process(column == any_(values), **options)})"
