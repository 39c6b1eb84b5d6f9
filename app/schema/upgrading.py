"""Carry out migrations: one process at a time, patient with the requests of a running release."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import Database
from app.schema import comparison, history, standing
from app.settings import DatabaseSettings

T = TypeVar("T")
Notice = Callable[[], None]

_MIGRATION_LOCK: Final = 4406002012
_POLL_SECONDS: Final = 0.3
_TRIES: Final = 12
_LONGEST_PAUSE_SECONDS: Final = 10.0
_LOCK_NOT_AVAILABLE: Final = "55P03"
_ON_POSTGRESQL: Final = (
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    # A migration that cannot have its table soon gives up and tries again later: whoever waits
    # for a lock holds up every request that comes after it.
    "SET lock_timeout = '3s'",
    # A killed upgrade must not go on as a server process that holds the lock.
    """
    SELECT set_config(name, '2s', false) FROM pg_settings
    WHERE name = 'client_connection_check_interval'
    """,
)
_ON_SQLITE: Final = (
    # Tables are rebuilt by copying; the pragma has no effect inside a transaction.
    # `migrations/env.py` checks the keys before the end.
    "PRAGMA foreign_keys = OFF",
    # Another upgrade may be copying tables for minutes.
    "PRAGMA busy_timeout = 600000",
)


def upgrade(database_url: str, waiting: Notice = lambda: None) -> None:
    """Bring the schema to this release's head; a second process waits for the first.

    A schema made by a newer release is left as it is, if it serves this one. `waiting` is called
    when another upgrade, or the requests of a running release, hold this one up. Runs its own
    event loop, so call it outside of one. Raises `Unsuitable` for a schema that this release
    cannot work with, and what the failing migration raises; then the migrations before it are
    done, and the next upgrade goes on from there.
    """
    run(database_url, lambda connection: _upgrade(connection, waiting), waiting)


def check(database_url: str) -> list[str]:
    """Compare the schema with the models: one line for each difference, none when they agree.

    Runs its own event loop, so call it outside of one.
    """
    return _look(database_url, _differences)


def require(database_url: str) -> None:
    """Raise `Unsuitable` unless this release can work with the schema as it is."""
    _look(database_url, standing.require_suitable)


def reach(database_url: str) -> None:
    """Connect, and do nothing; raises what keeps it from that."""
    _look(database_url, lambda _connection: None)


def is_newer(database_url: str) -> bool:
    """Say whether the schema is a newer release's that serves this one."""
    return _look(database_url, standing.require_known)


@asynccontextmanager
async def alone(database_url: str, waiting: Notice) -> AsyncIterator[AsyncConnection]:
    """Yield a connection to the database that keeps all migrations out."""
    async with _connected(database_url) as connection:
        await connection.run_sync(_prepare, waiting)
        yield connection


def make_empty(connection: Connection, revision: str) -> None:
    """Make the empty tables of a revision, in the transaction that the connection is in."""
    config = alembic_config(connection)
    config.attributes["offline_tables"] = True
    command.upgrade(config, revision)


def run(database_url: str, work: Callable[[Connection], T], waiting: Notice = lambda: None) -> T:
    """Do some work on one connection to the database, alone among all migrations."""

    def _alone(connection: Connection) -> T:
        _prepare(connection, waiting)
        return work(connection)

    make_folder(database_url)
    return _look(database_url, _alone)


def alembic_config(connection: Connection) -> Config:
    """Return what Alembic's commands take, to work on a connection that `run` has given."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(history.MIGRATIONS).replace("%", "%%"))
    return config


def _look(database_url: str, work: Callable[[Connection], T]) -> T:
    async def _asked() -> T:
        async with _connected(database_url) as connection:
            return await connection.run_sync(work)

    return asyncio.run(_asked())


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[AsyncConnection]:
    database = Database(DatabaseSettings(database_url=database_url))
    try:
        async with database.engine.connect() as connection:
            yield connection
    finally:
        await database.close()


def make_folder(database_url: str) -> None:
    """Make the folder of an embedded database."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _prepare(connection: Connection, waiting: Notice) -> None:
    if connection.dialect.name == "postgresql":
        for statement in _ON_POSTGRESQL:
            connection.exec_driver_sql(statement)
        connection.commit()
        _take_turn(connection, waiting)
        return
    # Past SQLAlchemy, which would begin a transaction.
    cursor = connection.connection.cursor()
    for statement in _ON_SQLITE:
        cursor.execute(statement)
    cursor.close()


def _take_turn(connection: Connection, waiting: Notice) -> None:
    """Wait until no other migration runs.

    Asked for again and again: a statement that waited would hold a snapshot, and the other one may
    be building an index that waits for all of those.
    """
    told = False
    while not _is_mine(connection):
        if not told:
            waiting()
            told = True
        time.sleep(_POLL_SECONDS)


def _is_mine(connection: Connection) -> bool:
    asked = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_MIGRATION_LOCK})")
    mine = bool(asked.scalar_one())
    connection.commit()
    return mine


def _upgrade(connection: Connection, waiting: Notice) -> None:
    standing.require_own(connection)
    if not standing.require_known(connection) and not standing.is_head(connection):
        connection.rollback()
        _migrate(connection, waiting)
    standing.require_suitable(connection)
    connection.rollback()


def _migrate(connection: Connection, waiting: Notice) -> None:
    """Carry out what is missing; what cannot have its locks is tried again."""
    for attempt in range(1, _TRIES + 1):
        try:
            command.upgrade(alembic_config(connection), "head")
        except DBAPIError as error:
            connection.rollback()
            if attempt == _TRIES or getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
        else:
            return
        waiting()
        pause = min(2.0**attempt / 4, _LONGEST_PAUSE_SECONDS)
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret


def _differences(connection: Connection) -> list[str]:
    if not standing.is_head(connection):
        current, head = standing.describe(connection), history.revisions()[-1]
        return [f"schema is {current}, this release needs {head}"]
    return comparison.differences(connection)
