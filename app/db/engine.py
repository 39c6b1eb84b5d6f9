"""The database: one engine a process, sessions that are one transaction each.

SQLite (the embedded default) and PostgreSQL run the same code.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.direct import write_before_anything_else
from app.db.session import AT_END, READ_ONLY, REPLICATED, SIGNING, WATCHERS
from app.kit import ids
from app.settings import DatabaseSettings, Settings

_REST_SECONDS: Final = 1.0


class Database:
    """One engine and its sessions. Close it with `await database.close()`."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """Prepare the engine; no connection is made before the first statement."""
        self.engine = _engine(settings)
        # SQLite lets one writer in and wakes the others by chance: here they come in turn.
        self._turn: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if settings.embedded else nullcontext()
        )
        self.replica = Replica(settings) if settings.replicated else None
        self.watchers: list[Callable[[str], None]] = []
        """Who is told of each statement that goes straight to the driver."""
        self._writers = async_sessionmaker(
            self.engine,
            expire_on_commit=False,
            autoflush=False,
            info={
                REPLICATED: settings.replicated,
                SIGNING: lambda: settings.secret if isinstance(settings, Settings) else None,
                WATCHERS: self.watchers,
            },
        )
        self._readers = async_sessionmaker(
            _read_only(self.engine),
            expire_on_commit=False,
            autoflush=False,
            info={WATCHERS: self.watchers},
        )

    @property
    def is_postgresql(self) -> bool:
        """Whether the server is PostgreSQL (else the embedded SQLite)."""
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One read-write transaction: committed at the end, rolled back by any exception."""
        async with self._turn, self._writers() as session, session.begin():
            yield session
            for work in session.info.get(AT_END, ()):
                await work(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One read-only transaction that sees a single moment of the database throughout."""
        async with self._readers() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()
        if self.replica is not None:
            await self.replica.close()


class Replica:
    """A server that lags behind: read from while it is well, left alone for a while if not."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """No connection is made before the first statement."""
        self.max_age_seconds = settings.replica_max_age_seconds
        self.answers = 0
        """Requests that it has answered."""
        self._engine = _engine(settings.model_copy(update={"database_url": settings.replica_url}))
        self._readers = async_sessionmaker(
            _read_only(self._engine), expire_on_commit=False, autoflush=False
        )
        self._resting = False
        self._resting_until = 0.0

    def worth_asking(self) -> bool:
        """Whether to try; after a rest one does, and the others do not wait for what it finds."""
        now = time.monotonic()
        if now < self._resting_until:
            return False
        if self._resting:
            self._resting_until = now + _REST_SECONDS
        return True

    def rest(self) -> None:
        """Leave it alone for a while: it is away, or too old."""
        self._resting, self._resting_until = True, time.monotonic() + _REST_SECONDS

    def answered(self) -> None:
        """It is well."""
        self._resting, self._resting_until = False, 0.0
        self.answers += 1

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One read-only transaction that sees a single moment of the replica throughout."""
        async with self._readers() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every pooled connection."""
        await self._engine.dispose()


def async_url(database_url: str) -> URL:
    """The address with the driver this project uses, whatever driver the given one names."""
    url = make_url(database_url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite+aiosqlite")
    return url.set(drivername="postgresql+asyncpg")


def _engine(settings: DatabaseSettings) -> AsyncEngine:
    url = async_url(settings.database_url)
    pool: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "pool_timeout": settings.pool_timeout_seconds,
        # An error that repeats what was sent would be logged with people's data.
        "hide_parameters": True,
    }
    if settings.embedded:
        engine = create_async_engine(url, max_overflow=0, json_deserializer=from_json, **pool)
        _configure_sqlite(engine, settings)
        return engine
    engine = create_async_engine(
        url,
        max_overflow=0,
        json_deserializer=from_json,
        json_serializer=_json,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args=_asyncpg_arguments(settings),
        **pool,
    )
    write_before_anything_else(engine)
    return engine


def _json(value: Any) -> str:
    return to_json(value).decode()


def _read_only(engine: AsyncEngine) -> AsyncEngine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{READ_ONLY: True})


def _asyncpg_arguments(settings: DatabaseSettings) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "timeout": settings.connect_timeout_seconds,
        "server_settings": {"application_name": "dajiatan", "timezone": "UTC"},
    }
    if settings.pgbouncer:
        # A pooled server connection changes hands between transactions: nothing may be kept on it.
        # The unnamed statement is the only one that nobody has to close afterwards.
        return arguments | {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": str,
            "connection_class": _limiting_each_transaction(_server_limits(settings)),
        }
    arguments["server_settings"] |= _server_limits(settings)
    return arguments


def _server_limits(settings: DatabaseSettings) -> dict[str, str]:
    """What PostgreSQL itself keeps to, by the names of its own parameters; times in ms."""
    seconds = {
        "statement_timeout": settings.statement_timeout_seconds,
        "lock_timeout": settings.lock_timeout_seconds,
        "idle_in_transaction_session_timeout": settings.idle_in_transaction_timeout_seconds,
    }
    # Compiling a statement takes longer than any of these statements runs.
    return {"jit": "off", **{name: str(int(value * 1000)) for name, value in seconds.items()}}


def _limiting_each_transaction(limits: dict[str, str]) -> type[Any]:
    """A connection whose transactions begin with their own limits, in the same round trip."""
    from asyncpg import Connection  # noqa: PLC0415 - SQLite needs none of it

    local = "".join(f" SET LOCAL {name} = '{value}';" for name, value in limits.items())

    class LimitedConnection(Connection):  # type: ignore[misc]  # the driver has no types
        async def execute(self, query: str, *values: Any, **options: Any) -> str:
            if query.startswith("BEGIN"):
                query += local
            return str(await super().execute(query, *values, **options))

    return LimitedConnection


def _configure_sqlite(engine: AsyncEngine, settings: DatabaseSettings) -> None:
    """Make SQLite keep its promises: real transactions, foreign keys, a wait for the writer."""

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver's own transaction handling loses updates; the "begin" event does it instead.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"busy_timeout={int(settings.lock_timeout_seconds * 1000)}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.create_function("dajiatan_uuid7", 0, lambda: ids.new_id().hex)

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
