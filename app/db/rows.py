"""Names for what SQLAlchemy returns where the columns are not spelt out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Executable, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of any columns, read by name."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that returns rows of any columns."""


R = TypeVar("R")


async def find_rows(
    session: AsyncSession, kind: Callable[..., R], statement: Executable, **values: Any
) -> list[R]:
    """Return the rows of a statement as named tuples whose fields are its columns.

    `kind` is the named tuple; `values` are those of the statement's parameters.
    """
    return name_rows(kind, await plain_rows(session, statement, **values))


def name_rows(kind: Callable[..., R], rows: Iterable[AnyRow]) -> list[R]:
    """Return rows as named tuples whose fields are the columns of the rows."""
    return [kind(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name


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
