"""The rows that a transaction inserts: kept, and sent together where its service says `flush`.

On PostgreSQL one statement writes all of them into their tables, so that foreign keys between
them are looked at once, when it ends. Rows that are kept are in no table yet: until they are
flushed, every other statement of the transaction, and its commit, is refused with
`UnflushedRowsError`. So a service reads and locks first, and inserts last.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Executable, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from app.db.context import SessionContext, context_of
from app.db.inserting import Row, arrays, joined, single
from app.db.session import is_postgresql
from app.kit.pacing import sliced

_CONTEXT: Final = "dajiatan_session_context"
_TOGETHER: Final = 2000
"""Rows up to which one statement writes all tables; more go in a part at a time."""


class UnflushedRowsError(RuntimeError):
    """A statement or a commit came while rows were kept: it would not have seen them."""

    def __init__(self, tables: Sequence[str]) -> None:
        """`tables` are those that the rows belong to."""
        super().__init__(f"flush the rows of {', '.join(tables)} first")


class UnitOfWork:
    """The rows that one session is about to insert."""

    def __init__(self, session: AsyncSession) -> None:
        """Go on with what this session keeps already."""
        self._session = session
        self._unflushed = context_of(session).unflushed

    @classmethod
    def of(cls, session: AsyncSession) -> "UnitOfWork":
        """Return the unit of work of a session."""
        return cls(session)

    def insert(self, model: type[Any], rows: Sequence[Row]) -> None:
        """Keep rows of one model, which all give the same columns, until `flush`.

        Rows that others point at are kept before those.
        """
        if rows:
            self._unflushed.setdefault((model.__table__, tuple(rows[0])), []).extend(rows)

    async def flush(self) -> None:
        """Insert the rows that are kept, if any."""
        kept = dict(self._unflushed)
        self._unflushed.clear()
        if not kept:
            return
        postgresql = is_postgresql(self._session)
        if postgresql and sum(map(len, kept.values())) <= _TOGETHER:
            await self._send(joined(tuple(kept)), arrays(list(kept.items())))
            return
        for shape, rows in kept.items():
            for part in sliced(rows):
                if postgresql:
                    await self._send(joined((shape,)), arrays([(shape, part)]))
                else:
                    await self._send(single(shape[0]), [dict(row) for row in part])
                await asyncio.sleep(0)

    async def _send(self, statement: Executable, values: Any) -> None:
        await self._session.run_sync(_execute, statement, values)


def refuse_unflushed(engine: AsyncEngine) -> None:
    """Let no statement of an engine pass over rows that are kept."""

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.info.pop(_CONTEXT, None)

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _execute(connection: Connection, *_rest: Any) -> None:
        _require_flushed(connection.info.get(_CONTEXT))

    @event.listens_for(engine.sync_engine, "rollback")
    @event.listens_for(engine.sync_engine, "rollback_savepoint")
    def _rollback(connection: Connection, *_rest: Any) -> None:
        context = None if connection.invalidated else connection.info.get(_CONTEXT)
        if context is not None:
            context.unflushed.clear()


@event.listens_for(Session, "after_begin")
def _tell_session(session: Session, _begun: SessionTransaction, connection: Connection) -> None:
    connection.info[_CONTEXT] = context_of(session)


@event.listens_for(Session, "before_commit")
def _commit(session: Session) -> None:
    _require_flushed(context_of(session))


def _require_flushed(context: SessionContext | None) -> None:
    if context is not None and context.unflushed:
        raise UnflushedRowsError([table.name for table, _ in context.unflushed])


def _execute(session: Session, statement: Executable, values: Any) -> None:
    session.connection().execute(statement, values)
