"""What a session tells of itself, and what only one of the two databases can do.

Both branches stand side by side, behind one function.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.db.context import context_of
from app.kit import ids
from app.settings import Settings

READ_ONLY: Final = "dajiatan_read_only"
_LONGEST_SECONDS: Final = 600
_NUMBERED: Final = 8
"""Hexadecimal digits of an id that number the rows of one statement."""


def is_replicated(session: AsyncSession) -> bool:
    """Whether what this session writes is also read from a replica."""
    return context_of(session).is_replicated


def is_away(error: Exception) -> bool:
    """Whether it says that the database is away, for now."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, ConnectionError | PoolTimeoutError)


def at_end(session: AsyncSession, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
    """Do some work as the last of this transaction, once: its locks are held for no time."""
    context_of(session).at_end[work] = None


def is_postgresql(session: AsyncSession) -> bool:
    """Whether this session talks to PostgreSQL (else the embedded SQLite)."""
    return session.get_bind().dialect.name == "postgresql"


def settings_of(session: AsyncSession) -> Settings:
    """Return the settings of the worker whose session this is."""
    settings = context_of(session).settings
    if settings is None:
        message = "this session is not a worker's"
        raise RuntimeError(message)
    return settings


def secret_of(session: AsyncSession) -> bytes | None:
    """Return the service's secret; None where the database was opened without the service's."""
    find = context_of(session).find_secret
    return find() if find else None


def is_read_only(session: AsyncSession) -> bool:
    """Whether this session only reads: it can lock no rows."""
    options = session.get_bind().get_execution_options()
    return bool(options.get(READ_ONLY) or options.get("postgresql_readonly"))


async def take_time(session: AsyncSession) -> None:
    """Let the rest of this transaction take longer than a request may: it rewrites much."""
    if is_postgresql(session):
        await session.execute(text(f"SET LOCAL statement_timeout = '{_LONGEST_SECONDS}s'"))
        deadline = context_of(session).deadline
        if deadline is not None:
            deadline.extend(_LONGEST_SECONDS)


async def share_statements(session: AsyncSession, lock_ms: int) -> None:
    """Prepare this transaction for the requests of several callers.

    It waits for no lock longer than so many milliseconds. Its statements are planned once for any
    number of values: PostgreSQL would plan those of short lists anew each time, which takes longer
    than they do.
    """
    if is_postgresql(session):
        settings = {"lock_timeout": f"{lock_ms}ms", "plan_cache_mode": "force_generic_plan"}
        await session.execute(
            select(*(func.set_config(*pair, true()) for pair in settings.items()))
        )


async def plan_by_values(session: AsyncSession) -> None:
    """Have PostgreSQL plan what this transaction asks for by the values that are asked for.

    It plans a statement that comes often once for all values, which it takes to be few: a list of
    hundreds, or a subtree of nearly everything, is then looked up one by one.
    """
    if is_postgresql(session):
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


async def plan_by_index(session: AsyncSession) -> None:
    """Have PostgreSQL look rows up by the values that are asked for, and read no table whole.

    For a statement of many parts of which each has few rows: it takes some of them to be many, and
    would look through all that an organization's neighbours have.
    """
    if is_postgresql(session):
        names = {"plan_cache_mode": "force_custom_plan", "enable_seqscan": "off"}
        settings = (func.set_config(name, value, true()) for name, value in names.items())
        await session.execute(select(*settings))


def among(
    session: AsyncSession, column: InstrumentedAttribute[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Condition: a column has one of these values; one statement whatever their number.

    On PostgreSQL they are one parameter, so that the statement is prepared once and not written
    anew for each length.
    """
    if is_postgresql(session):
        listed = bindparam(None, list(values), ARRAY(column.type), unique=True)
        return column == any_(listed)
    return column.in_(values)


def uuid7_in_sql(session: AsyncSession) -> ColumnElement[Any]:
    """Return an expression that makes a UUIDv7 for every row of an `INSERT … SELECT`.

    On PostgreSQL all ids of a statement begin alike, with its time and what is random of it, and
    end with the number of the row (RFC 9562 §6.2, method 1): a third of the work of as many random
    ones, and each lands behind the one before it in the index.
    """
    if is_postgresql(session):
        beginning = literal(ids.new_id().hex[:-_NUMBERED], Text())
        number = func.lpad(func.to_hex(func.row_number().over()), _NUMBERED, "0")
        return cast(beginning + number, Uuid())
    return func.dajiatan_uuid7(type_=Uuid())
