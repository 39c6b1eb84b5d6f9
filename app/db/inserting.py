"""Rows of several tables as one statement of PostgreSQL; its text is the same for any number."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.engine import Dialect

from app.kit.pacing import sliced

Columns = tuple[Table, tuple[str, ...]]
"""A table, and the columns that its rows give."""
Rows = Sequence[Mapping[str, Any]]

_known: Final[dict[Columns, "_Insert"]] = {}
_texts: Final[dict[tuple[tuple[Columns, bool], ...], str]] = {}


def together(rows: Mapping[Columns, Rows], dialect: Dialect) -> tuple[str, list[Any]]:
    """A statement that inserts all the rows, and its parameters.

    Foreign keys between them hold: they are looked at when the statement ends.
    """
    inserts = [_insert(columns, dialect) for columns in rows]
    arguments = [
        argument
        for insertion, some in zip(inserts, rows.values(), strict=True)
        for argument in insertion.arguments(some)
    ]
    key = tuple((columns, len(some) == 1) for columns, some in rows.items())
    if key not in _texts:
        _texts[key] = _text([(insertion, one) for insertion, (_, one) in
                             zip(inserts, key, strict=True)])  # fmt: skip
    return _texts[key], arguments


async def copied(columns: Columns, rows: Rows, driver: Any, dialect: Dialect) -> None:
    """Write many rows of one table."""
    insertion = _insert(columns, dialect)
    await driver.copy_records_to_table(
        insertion.table, columns=insertion.names, records=insertion.records(rows)
    )


def binder(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What a value of a type goes through before it is sent, as SQLAlchemy would send it."""
    bind: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return bind


def _insert(columns: Columns, dialect: Dialect) -> "_Insert":
    if columns not in _known:
        _known[columns] = _Insert(*columns, dialect)
    return _known[columns]


def _text(inserts: Sequence[tuple["_Insert", bool]]) -> str:
    parts: list[str] = []
    number = 0
    for insertion, one in inserts:
        parts.append(insertion.text(number, one=one))
        number += len(insertion.types)
    *first, last = parts
    named = [f"part{index} AS ({part})" for index, part in enumerate(first)]
    return f"WITH {', '.join(named)} {last}" if named else last


class _Insert:
    """How rows of one table go in: one by its values, more by an array for each column."""

    def __init__(self, table: Table, given: tuple[str, ...], dialect: Dialect) -> None:
        """`given` are the columns of the rows; the others get their defaults."""
        self._defaults: dict[str, Any] = {
            c.key: c.default.arg  # type: ignore[attr-defined] # no sequences here
            for c in table.columns
            if c.default is not None and c.key not in given
        }
        sent = [table.columns[key] for key in (*given, *self._defaults)]
        self.table = table.name
        self.names = (*given, *self._defaults)
        quote = dialect.identifier_preparer.quote
        self._into = f"{quote(self.table)} ({', '.join(map(quote, self.names))})"
        self._columns = [(column.key, binder(column.type, dialect)) for column in sent]
        # The collation belongs to the column: what is sent has none.
        self.types = [c.type.compile(dialect).partition(" COLLATE ")[0] for c in sent]

    def text(self, after: int, *, one: bool) -> str:
        """The statement, its parameters numbered from the one after `after`."""
        numbered = enumerate(self.types, after + 1)
        if one:
            values = ", ".join(f"${number}::{kind}" for number, kind in numbered)
            return f"INSERT INTO {self._into} VALUES ({values})"  # noqa: S608 - names of our own tables
        arrays = ", ".join(f"${number}::{kind}[]" for number, kind in numbered)
        return f"INSERT INTO {self._into} SELECT * FROM unnest({arrays})"  # noqa: S608 - names of our own tables

    def arguments(self, rows: Rows) -> list[Any]:
        """The parameters: the values of the one row, or all values of each column."""
        columns = self._values(rows)
        return [values[0] for values in columns] if len(rows) == 1 else columns

    async def records(self, rows: Rows) -> AsyncIterator[tuple[Any, ...]]:
        """The rows as COPY takes them; after each part of them others have their turn."""
        for some in sliced(rows):
            for record in zip(*self._values(some), strict=True):
                yield record
            await asyncio.sleep(0)

    def _values(self, rows: Rows) -> list[list[Any]]:
        if self._defaults:
            rows = [{**self._others(), **row} for row in rows]
        return [
            [row[key] for row in rows] if bind is None else [bind(row[key]) for row in rows]
            for key, bind in self._columns
        ]

    def _others(self) -> dict[str, Any]:
        """What a row has that gives none of it."""
        return {k: d({}) if callable(d) else d for k, d in self._defaults.items()}
