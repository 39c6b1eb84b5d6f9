"""The database: one engine a process, sessions that are one transaction each.

SQLite (the embedded default) and PostgreSQL run the same code.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from app.db import driver
from app.db.context import CONTEXT, SessionContext
from app.db.deadline import Deadline
from app.db.session import READ_ONLY
from app.db.unit_of_work import refuse_unflushed
from app.db.watching import Watch
from app.kit import ids
from app.kit.levelling import level
from app.settings import DatabaseSettings, Settings

_REST_SECONDS: Final = 1.0
_LATE_SECONDS: Final = 5.0
"""How much later than PostgreSQL itself a process gives a statement up."""
_CLOSING_SECONDS: Final = 2.0
_EXECUTION: Final = {"synchronize_session": False}
"""For every statement of a session: entities that an `UPDATE` in SQL has changed are not read on,
and to look through all for those that it concerns costs more than it does."""


class Database:
    """One engine and its sessions. Close it with `await database.close()`."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """Prepare the engine; no connection is made before the first statement."""
        self.engine = _engine(settings)
        self._seconds = settings.statement_timeout_seconds + _LATE_SECONDS
        self._watch = _watch(self.engine, settings)
        self._is_replicated = settings.replicated
        self._find_secret = lambda: settings.secret if isinstance(settings, Settings) else None
        # SQLite lets one writer in and wakes the others by chance: here they come in turn.
        self._turn: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if settings.embedded else nullcontext()
        )
        self.replica = Replica(settings) if settings.replicated else None
        self._writers = async_sessionmaker(
            self.engine,
            expire_on_commit=False,
            autoflush=False,
            execution_options=_EXECUTION,
        )
        self._readers = async_sessionmaker(
            _read_only(self.engine),
            expire_on_commit=False,
            autoflush=False,
            execution_options=_EXECUTION,
        )

    @property
    def is_postgresql(self) -> bool:
        """Whether the server is PostgreSQL (else the embedded SQLite)."""
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def writing(self, deadline: Deadline | None = None) -> AsyncIterator[AsyncSession]:
        """One read-write transaction: committed at the end, rolled back by any exception."""
        context = SessionContext(
            deadline or Deadline(self._seconds), self._is_replicated, self._find_secret
        )
        async with self._turn, self._writers(info={CONTEXT: context}) as session, session.begin():
            yield session
            for work in context.at_end:
                await work(session)

    @asynccontextmanager
    async def reading(self, deadline: Deadline | None = None) -> AsyncIterator[AsyncSession]:
        """One read-only transaction that sees a single moment of the database throughout."""
        info = {CONTEXT: SessionContext(deadline or Deadline(self._seconds))}
        async with self._readers(info=info) as session, session.begin():
            yield session

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Within the block no transaction outlasts its deadline, nor a database that is away."""
        watching = []
        if self._watch is not None:
            watching.append(asyncio.create_task(self._watch.run()))
        if self.replica is not None:
            watching.append(asyncio.create_task(self.replica.watch()))
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    async def answers(self, within: float) -> bool:
        """Whether the database answers within so many seconds, whatever else hangs."""
        if self._watch is not None:
            return await self._watch.answers(within)
        asking = asyncio.create_task(self._ask())
        await asyncio.wait([asking], timeout=within)
        asking.cancel()
        return asking.done() and not asking.cancelled() and asking.exception() is None

    def cut(self) -> None:
        """End every connection at once: whoever still works with one is undone."""
        if self._watch is not None:
            self._watch.end()

    async def close(self) -> None:
        """Close every connection, without waiting for a server that is silent."""
        await _closed(self.engine, self._watch)
        if self.replica is not None:
            await self.replica.close()

    async def _ask(self) -> None:
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))


class Replica:
    """A server that lags behind: read from while it is well, left alone for a while if not."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """No connection is made before the first statement."""
        self.max_age_seconds = settings.replica_max_age_seconds
        self.answers = 0
        """Requests that it has answered."""
        settings = settings.model_copy(update={"database_url": settings.replica_url})
        self._engine = _engine(settings)
        self._seconds = settings.statement_timeout_seconds + _LATE_SECONDS
        self._watch = _watch(self._engine, settings)
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
        """Note that it is well."""
        self._resting, self._resting_until = False, 0.0
        self.answers += 1

    async def watch(self) -> None:
        """Watch over its connections, until cancelled; leave it alone while it is silent."""
        if self._watch is not None:
            await self._watch.run(self.rest)

    @asynccontextmanager
    async def reading(self, deadline: Deadline | None = None) -> AsyncIterator[AsyncSession]:
        """One read-only transaction that sees a single moment of the replica throughout."""
        info = {CONTEXT: SessionContext(deadline or Deadline(self._seconds))}
        async with self._readers(info=info) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection, without waiting for a server that is silent."""
        await _closed(self._engine, self._watch)


def async_url(database_url: str) -> URL:
    """Return the address with this project's driver, whatever driver the given one names."""
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
        refuse_unflushed(engine)
        _configure_sqlite(engine, settings)
        return engine
    engine = create_async_engine(
        url,
        max_overflow=0,
        json_deserializer=from_json,
        json_serializer=_json,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args=driver.arguments(settings),
        **pool,
    )
    refuse_unflushed(engine)
    _judge_failures(engine)
    return engine


def _watch(engine: AsyncEngine, settings: DatabaseSettings) -> Watch | None:
    """Watch over PostgreSQL; a silence behind a pgbouncer may be a queue there."""
    if settings.embedded:
        return None
    return Watch(engine, driver.arguments(settings), listen=not settings.pgbouncer)


async def _closed(engine: AsyncEngine, watch: Watch | None) -> None:
    if watch is not None:
        watch.end()
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await engine.dispose()


def _judge_failures(engine: AsyncEngine) -> None:
    """Give up a connection that failed in a way after which it is of no use."""

    @event.listens_for(engine.sync_engine, "handle_error")
    def _judge(context: ExceptionContext) -> None:
        connection, error = context.connection, context.original_exception
        if connection is None or connection.invalidated or not isinstance(error, Exception):
            return
        used = connection.connection.driver_connection
        if driver.is_of_no_use(error, used, connection.get_execution_options()):
            context.is_disconnect = True
            if used is not None:
                used.terminate()
            if context.sqlalchemy_exception is None:
                raise driver.UnreachableError(str(error)) from error


def _json(value: Any) -> str:
    return to_json(value).decode()


def _read_only(engine: AsyncEngine) -> AsyncEngine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(**{READ_ONLY: True})


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
        connection.create_function(
            "dajiatan_level", 1, lambda text: text and level(text), deterministic=True
        )

    @event.listens_for(engine.sync_engine, "invalidate")
    def _invalidate(connection: DBAPIConnection, *_rest: Any) -> None:
        # Whoever is cancelled leaves cursors behind, and a connection that is closed under them
        # keeps its transaction, with the only write lock, until they are collected.
        connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
