"""Filters of lists: a dataclass whose fields are query parameters, turned into conditions."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

Column = InstrumentedAttribute[Any] | ColumnElement[Any]


def equal(filters: object, **columns: Column) -> list[ColumnElement[bool]]:
    """Each column equals the filter of its name, where that is given."""
    given = ((column, getattr(filters, name)) for name, column in columns.items())
    return [column == value for column, value in given if value is not None]


def among(filters: object, **columns: Column) -> list[ColumnElement[bool]]:
    """Each column is one of the values of the filter of its name, where any are given."""
    given = ((column, getattr(filters, name)) for name, column in columns.items())
    return [column.in_(values) for column, values in given if values]


def between(column: Column, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """The column is neither before the first day nor after the last, where these are given."""
    conditions: list[ColumnElement[bool]] = []
    if first is not None:
        conditions.append(column >= first)
    if last is not None:
        conditions.append(column <= last)
    return conditions


def holds(value: bool | None, condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:  # noqa: FBT001 - the filter as the caller gave it
    """The condition is as the caller wants it, where they say."""
    if value is None:
        return []
    return [condition if value else condition.is_not(True)]
