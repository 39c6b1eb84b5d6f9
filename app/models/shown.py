"""Columns in the form in which answers show them, for rows that are written as they are kept."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Uuid, type_coerce

from app.models.base import Base, JsonValue, UuidList


def answer_columns(kind: type[Base], names: Iterable[str]) -> tuple[ColumnElement[Any], ...]:
    """Return these columns of a table: ids as text, which is what becomes of them in the end."""
    columns = kind.__table__.c
    return tuple(_as_text(columns[name]) for name in names)


def _as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, Uuid):
        return type_coerce(column, Uuid(as_uuid=False))
    if isinstance(column.type, UuidList):
        return type_coerce(column, JsonValue)
    return column
