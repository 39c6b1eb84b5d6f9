"""Straight to the driver: statements put together once, and rows that are written together.

On PostgreSQL most of what a small statement costs a process is SQLAlchemy's own execution. So
statements whose shape is fixed are compiled once and sent by the driver itself, within the
transaction that the session has begun; and rows to insert wait for each other: one statement
writes them all before the next statement is sent, or at the commit. SQLite runs the same
statements through SQLAlchemy, one by one.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Table,
    any_,
    bindparam,
    event,
    insert,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import await_only

from app.db import driver, inserting
from app.db.inserting import Columns, binder
from app.db.session import WATCHERS, is_postgresql
from app.kit.pacing import sliced

_LINE: Final = "dajiatan_line"
_EXPECTED: Final = 10
"""Values that PostgreSQL expects in a list that it has not seen."""
_FEW: Final = 200
"""Rows up to which one statement for all tables is quicker than a COPY for each."""

Named = Callable[[Any, str], ColumnElement[bool]]
"""Makes a condition: a column has one of the values given under a name."""


class Prepared:
    """A statement of fixed shape that returns rows, put together once for each database."""

    def __init__(self, build: Callable[[Named], Any], *, apart: bool = False) -> None:
        """`build` makes it, once for each kind of database, with a `Named` for its lists.

        `apart`: it reads nothing that its own transaction may be about to insert.
        """
        self._build = build
        self._apart = apart
        self._statements: dict[bool, Any] = {}
        self._compiled: _Compiled | None = None

    async def rows(self, session: AsyncSession, **values: Any) -> Sequence[Any]:
        """Run it with its parameters; the rows have its columns by name, in its order."""
        line = await _line(session)
        if line is None:
            statement = self._statement(postgresql=is_postgresql(session))
            return (await session.execute(statement, values)).all()
        if self._compiled is None:
            self._compiled = _Compiled(self._statement(postgresql=True), line.dialect)
        if line.waiting and not self._apart:
            await line.write()
        found = await line.fetch(self._compiled.text, self._compiled.arguments(values))
        return self._compiled.rows(found)

    def _statement(self, *, postgresql: bool) -> Any:
        if postgresql not in self._statements:
            self._statements[postgresql] = self._build(_is_any if postgresql else _is_in)
        return self._statements[postgresql]


def _is_any(column: Any, name: str) -> ColumnElement[bool]:
    """One parameter for all values: the text is the same whatever their number."""
    condition: ColumnElement[bool] = column == any_(bindparam(name, type_=ARRAY(column.type)))
    return condition


def _is_in(column: Any, name: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    return condition


async def add_rows(
    session: AsyncSession, model: type[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all have the same keys, whatever is null in which row.

    On PostgreSQL they are written with the next statement of the transaction, or at its end.
    """
    if not rows:
        return
    table: Table = model.__table__
    line = await _line(session)
    if line is None:
        for some in sliced(rows):
            await session.execute(insert(table), [dict(row) for row in some])
    else:
        line.waiting.setdefault((table, tuple(rows[0])), []).extend(rows)


def write_before_anything_else(engine: AsyncEngine) -> None:
    """Let no statement of an engine, and no commit, come before the rows that wait for it."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    @event.listens_for(engine.sync_engine, "commit")
    def _write(connection: Connection, *_rest: Any) -> None:
        line: _Line | None = connection.info.get(_LINE)
        if line is not None and line.waiting:
            await_only(line.write())

    @event.listens_for(engine.sync_engine, "rollback")
    @event.listens_for(engine.sync_engine, "rollback_savepoint")
    def _forget(connection: Connection, *_rest: Any) -> None:
        line: _Line | None = None if connection.invalidated else connection.info.get(_LINE)
        if line is not None:
            line.waiting.clear()


@dataclass(slots=True)
class _Line:
    """The driver's connection within one transaction, and the rows that wait to be written."""

    driver: Any
    connection: Connection
    watchers: Iterable[Callable[[str], None]]
    waiting: dict[Columns, list[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        """The dialect that statements are compiled in."""
        return self.connection.dialect

    async def fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Send a statement; raises `DBAPIError` as SQLAlchemy does."""
        self._tell(text)
        try:
            found: Sequence[Any] = await self.driver.fetch(text, *arguments)
        except Exception as error:
            raise self._refused(text, error) from error
        return found

    async def write(self) -> None:
        """Insert all that waits: by one statement, or where there is much of it by COPY."""
        waiting, self.waiting = self.waiting, {}
        if sum(map(len, waiting.values())) <= _FEW:
            await self.fetch(*inserting.together(waiting, self.dialect))
            return
        for columns, rows in waiting.items():
            text = f"COPY {columns[0].name}"
            self._tell(text)
            try:
                await inserting.copied(columns, rows, self.driver, self.dialect)
            except Exception as error:
                raise self._refused(text, error) from error

    def _tell(self, text: str) -> None:
        for tell in self.watchers:
            tell(text)

    def _refused(self, text: str, error: Exception) -> Exception:
        """Return the error as SQLAlchemy would say it, or as it is where it is the caller's own."""
        lost = driver.is_of_no_use(error, self.driver, self.connection.get_execution_options())
        if not (lost or driver.is_refusal(error)):
            return error
        if lost:
            self.driver.terminate()
            self.connection.invalidate(error)
        state = getattr(error, "sqlstate", None) or ""
        kind = IntegrityError if state.startswith("23") else DBAPIError
        return kind(text, None, error, connection_invalidated=lost)


async def _line(session: AsyncSession) -> _Line | None:
    """The line of a session that is in a transaction on PostgreSQL, else None."""
    known: _Line | None = session.info.get(_LINE)
    if known is not None:
        if session.in_nested_transaction():
            await session.connection()  # a savepoint is made by the first who asks for this
        return known
    if not is_postgresql(session) or not session.in_transaction():
        return None
    connection = await session.connection()
    used = (await connection.get_raw_connection()).driver_connection
    if used is None or not used.is_in_transaction():
        return None
    line = _Line(used, connection.sync_connection, session.info.get(WATCHERS, ()))  # type: ignore[arg-type]
    session.info[_LINE] = connection.sync_connection.info[_LINE] = line  # type: ignore[union-attr]
    return line


class _Compiled:
    """A statement in PostgreSQL's words: its text, how values go in and how rows come out."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if compiled.post_compile_params or compiled.literal_execute_params:
            message = "the length of a list would change the text: use what `build` is given"
            raise TypeError(message)
        self.text = str(compiled)
        self._given = dict(compiled.params)
        self._names = [(name, binder(compiled.binds[name].type, dialect))
                       for name in compiled.positiontup]  # fmt: skip
        columns = list(statement.exported_columns)
        self._readers = [_reader(column.type, dialect) for column in columns]
        names = [column.key for column in columns]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc] # noqa: PYI024 - of any columns
        self._make: Callable[[Iterable[Any]], Any] = row._make

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters in their order."""
        given = {**self._given, **{name: _padded(value) for name, value in values.items()}}
        return [given[name] if bind is None else bind(given[name]) for name, bind in self._names]

    def rows(self, found: Sequence[Any]) -> Sequence[Any]:
        """The driver's rows with their columns by name."""
        make, readers = self._make, self._readers
        if not any(readers):
            return [make(record) for record in found]
        return [
            make(
                value if read is None else read(value)
                for value, read in zip(record, readers, strict=True)
            )
            for record in found
        ]


def _padded(value: Any) -> Any:
    """A short list made as long as the planner takes any to be, by its last value over again.

    It plans anew for each execution as long as that promises less work than for a list of unknown
    length, and takes longer over it than the work takes.
    """
    if isinstance(value, list) and 0 < len(value) < _EXPECTED:
        return value + value[-1:] * (_EXPECTED - len(value))
    return value


def _reader(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What a value goes through before it is given out."""
    return kind.dialect_impl(dialect).result_processor(dialect, None)  # type: ignore[no-any-return]
