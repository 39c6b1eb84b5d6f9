"""Names for what SQLAlchemy returns where the columns are not spelt out."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Executable, Row, Select, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of any columns, read by name."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that returns rows of any columns."""


async def plain_rows(
    session: AsyncSession, statement: Executable, values: Mapping[str, Any] | None = None
) -> Sequence[AnyRow]:
    """The rows of a statement as they are kept: columns, of which no entities are made."""
    return await session.run_sync(_plain_rows, statement, values)


def _plain_rows(
    session: Session, statement: Executable, values: Mapping[str, Any] | None
) -> Sequence[AnyRow]:
    return session.connection().execute(statement, values).all()


async def add_rows(
    session: AsyncSession, model: type[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same keys: one statement, whatever is null in which row."""
    if rows:
        await session.execute(insert(model.__table__), [dict(row) for row in rows])
