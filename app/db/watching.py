"""Watching over the connections of an engine: none of them waits for ever.

A transaction that outlasts its deadline is cut: its connection is ended without a word, which
whoever waits for it sees as a lost connection. So are those that wait for a database that has
fallen silent, and, once it answers anew, those that were made before and still wait: their flows
may be dead (`docs/decisions/0068-coming-back.md`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

import structlog
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from app.db.context import context_of
from app.db.deadline import Deadline
from app.db.driver import UnreachableError

_HELD: Final = "dajiatan_held"
_TURN_SECONDS: Final = 0.5
_SILENT_TURNS: Final = 8
"""Turns of the loop without an answer that are silence: a loop that lags does not count as one."""
_GRACE_SECONDS: Final = 2.0
"""How long connections from before a silence may still finish what they do."""
_AWAY_SECONDS: Final = 4.0
"""A silence of the database after which nobody waits for it any more."""

_log = structlog.get_logger(__name__)


class _Held:
    """A connection that somebody works with."""

    __slots__ = ("deadline", "driver", "since")

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.since = time.monotonic()
        self.deadline: Deadline | None = None


@event.listens_for(Session, "after_begin")
def _give_deadline(session: Session, _transaction: Any, connection: Any) -> None:
    held: _Held | None = connection.info.get(_HELD)
    if held is not None:
        held.deadline = context_of(session).deadline


class Watch:
    """Over one PostgreSQL engine. `run` does the watching, where a process wants it."""

    def __init__(self, engine: AsyncEngine, given: dict[str, Any], *, listen: bool) -> None:
        """`given`: the driver's arguments; `listen`: a silence of the server means something."""
        self._pulse = Pulse(engine, given)
        self._listen = listen
        self._drivers: WeakSet[Any] = WeakSet()
        self._held: set[_Held] = set()
        self._cut_at: float | None = None
        self._suspects: WeakSet[Any] = WeakSet()
        self._follow(engine)

    async def answers(self, within: float) -> bool:
        """Whether the database answers within so many seconds, whatever else hangs."""
        return await self._pulse.answers(within)

    async def run(self, fell_silent: Callable[[], None] = lambda: None) -> None:
        """Watch, until cancelled; `fell_silent` is told when nothing answers."""
        try:
            while True:
                await asyncio.sleep(_TURN_SECONDS)
                try:
                    self._cut_overdue()
                    if self._listen:
                        self._listen_once(fell_silent)
                except Exception:  # noqa: BLE001 - the next turn may go well
                    _log.exception("watch_failed")
        finally:
            self._pulse.end()

    def end(self) -> None:
        """End every connection at once, without waiting for the other side."""
        self._pulse.end()
        for driver in list(self._drivers):
            driver.terminate()

    def _cut_overdue(self) -> None:
        now = time.monotonic()
        for held in list(self._held):
            if held.deadline is not None and now > held.deadline.at:
                _cut(held, "deadline")

    def _listen_once(self, fell_silent: Callable[[], None]) -> None:
        pulse, now = self._pulse, time.monotonic()
        if pulse.turn():  # the first sign of life after a silence
            self._suspects = WeakSet(self._drivers)
            self._cut_at = now + _GRACE_SECONDS
            self._drop_idle()
        if pulse.silent_since is not None:
            fell_silent()
            if now > pulse.silent_since + _AWAY_SECONDS:
                self._drop_idle()
                for held in list(self._held):
                    if now > held.since + _AWAY_SECONDS:
                        _cut(held, "silence")
        if self._cut_at is not None and now > self._cut_at:
            self._cut_at = None
            for held in list(self._held):
                if held.driver in self._suspects:
                    _cut(held, "silence before")

    def _drop_idle(self) -> None:
        """End the connections that nobody works with: they may be dead, and new ones are not."""
        busy = {id(held.driver) for held in self._held}
        for driver in list(self._drivers):
            if id(driver) not in busy:
                driver.terminate()

    def _follow(self, engine: AsyncEngine) -> None:
        @event.listens_for(engine.sync_engine, "do_connect")
        def _connecting(*_: Any) -> None:
            if self._pulse.silent_since is not None:
                # Hundreds of attempts would wait for the server, and hold it up when it is back.
                message = "the database is silent"
                raise UnreachableError(message)

        @event.listens_for(engine.sync_engine, "connect")
        def _connected(_connection: Any, record: Any) -> None:
            self._drivers.add(record.driver_connection)

        @event.listens_for(engine.sync_engine, "checkout")
        def _taken(_connection: Any, record: Any, _proxy: Any) -> None:
            driver = record.driver_connection
            if driver.is_closed():
                raise InvalidatePoolError  # SQLAlchemy connects anew
            record.info[_HELD] = held = _Held(driver)
            self._held.add(held)

        @event.listens_for(engine.sync_engine, "checkin")
        def _given_back(_connection: Any, record: Any) -> None:
            held = record.info.pop(_HELD, None)
            self._held.discard(held)


class Pulse:
    """Asks the database again and again whether it is there, over a connection of its own."""

    def __init__(self, engine: AsyncEngine, given: dict[str, Any]) -> None:
        """Nothing is asked yet."""
        self.silent_since: float | None = None
        """Since when the database has not answered; None while it does."""
        self._dial = _dialler(engine, given)
        self._line: Any = None
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = 0.0
        self._turns = 0

    async def answers(self, within: float) -> bool:
        """Whether an answer comes within so many seconds."""
        asking = self._asked()
        await asyncio.wait([asking], timeout=within)
        return asking.done() and not asking.cancelled() and asking.exception() is None

    def turn(self) -> bool:
        """Look what has come of the question, ask anew; whether it is the end of a silence."""
        asking = self._asking
        if asking is None:
            self._asked()
            return False
        if not asking.done():
            self._turns += 1
            if self._turns >= _SILENT_TURNS and self.silent_since is None:
                _log.warning("database_silent")
                self.silent_since = self._asked_at
                self.end()
            return False
        self._asking = None
        answered = not asking.cancelled() and asking.exception() is None
        if answered and self.silent_since is not None:
            _log.warning("database_answers_again")
            self.silent_since = None
            return True
        return False

    def end(self) -> None:
        """Stop asking, and give the connection up."""
        if self._asking is not None:
            self._asking.cancel()
        if self._line is not None:
            self._line.terminate()
            self._line = None

    def _asked(self) -> "asyncio.Task[None]":
        if self._asking is None or self._asking.done():
            self._asked_at, self._turns = time.monotonic(), 0
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_look_away)
        return self._asking

    async def _ask(self) -> None:
        line = self._line
        if line is None or line.is_closed():
            self._line = line = await self._dial()
        try:
            await line.execute("SELECT 1")
        except BaseException:
            line.terminate()
            raise


def _dialler(engine: AsyncEngine, given: dict[str, Any]) -> Callable[[], Awaitable[Any]]:
    _, address = engine.dialect.create_connect_args(engine.url)
    own = {"prepared_statement_cache_size", "prepared_statement_name_func", "async_creator_fn"}
    arguments = {name: value for name, value in given.items() if name not in own}
    creator = given["async_creator_fn"]
    return lambda: creator(**address, **arguments)


def _look_away(task: "asyncio.Task[None]") -> None:
    """Nobody need have asked for what went wrong."""
    with suppress(asyncio.CancelledError):
        task.exception()


def _cut(held: _Held, why: str) -> None:
    _log.warning("connection_cut", why=why, seconds=round(time.monotonic() - held.since, 1))
    held.driver.terminate()
