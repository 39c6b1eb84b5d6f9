"""Names for what SQLAlchemy returns where the columns are not spelt out."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Executable, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of any columns, read by name."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that returns rows of any columns."""


async def plain_rows(
    session: AsyncSession, statement: Executable, **values: Any
) -> Sequence[AnyRow]:
    """Return the rows of a statement as they are kept: columns, and no entities.

    `values` are those of its parameters: a statement that is made once costs least.
    """
    return await session.run_sync(_plain_rows, statement, values)


def _plain_rows(
    session: Session, statement: Executable, values: Mapping[str, Any]
) -> Sequence[AnyRow]:
    return session.connection().execute(statement, values).all()
