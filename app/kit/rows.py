"""Names for what SQLAlchemy returns where the columns are not spelt out."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, insert
from sqlalchemy.ext.asyncio import AsyncSession

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of any columns, read by name."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that returns rows of any columns."""


async def add_rows(
    session: AsyncSession, model: type[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same keys: one statement, whatever is null in which row."""
    if rows:
        await session.execute(insert(model.__table__), [dict(row) for row in rows])
