"""Waiting for changes: one look at the database for all who wait in this process.

Who waits holds no connection and no place at the door. The looks find out whom new events may
concern; these read what it is, a few at a time, as whoever they are by then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.following import Position, find_latest, scope_of
from app.access.principal import Principal
from app.db import Database
from app.features.changes.queries import following as queries
from app.features.changes.queries.following import MOVES, NewsRow, Wanted
from app.features.changes.queries.kinds import ISSUED
from app.features.changes.service.following import Asked, Page, read
from app.kit.problems import Problem

LOOK_SECONDS: Final = 0.5
MOST: Final = 1000
"""Requests of one process that wait at once; others are answered at once."""
MOST_OF_ONE: Final = 20
"""Of these, requests of one caller."""
_NEWS: Final = 200
"""Events that are compared one by one with who waits; more are taken to concern everybody."""
_READING: Final = 2

_log = structlog.get_logger(__name__)


class _Listener:
    """One request that waits: what it is about, and up to where it knows."""

    def __init__(self, asked: Asked, place: int) -> None:
        self.name = asked.caller.name
        self.place = place
        self.news = asyncio.Event()
        self._wanted = asked.wanted
        self._above = frozenset(self._wanted.above)
        self._types = frozenset(self._wanted.types)

    def is_concerned(self, row: NewsRow) -> bool:
        """Return whether an event may be told to it."""
        if row.place <= self.place:
            return False
        if row.resource not in self._types and row.type not in MOVES:
            return False
        wanted: Wanted = self._wanted
        if row.resource in ISSUED and row.org_id in self._above:
            return True
        return wanted.holds(row.own_path) or (
            row.other_org_id is not None and wanted.holds(row.other_path)
        )


class Watch:
    """All who wait in a process, and the one task that looks for them while there are any."""

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        """Nobody waits yet; `stopping` is set when the process is to end."""
        self._database = database
        self._stopping = stopping
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Semaphore(_READING)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._listeners)

    def has_room(self, caller: Principal) -> bool:
        """Return whether one more request of the caller may wait."""
        theirs = sum(each.name == caller.name for each in self._listeners)
        return len(self._listeners) < MOST and theirs < MOST_OF_ONE

    async def next_page(
        self,
        asked: Asked,
        position: Position,
        seconds: float,
        identify: Callable[[AsyncSession], Awaitable[Principal]],
    ) -> Page:
        """Wait until there are changes, or the time is over; `identify` says who it is by then.

        Who may not read them any more, or not over the same scope, is sent to ask again, and is
        told so then.
        """
        until = asyncio.get_running_loop().time() + seconds
        page = Page([], position, has_more=False)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while not (page.changes or page.has_more) and await self._has_news(asked, page):
                    page = await self._read(asked, page.position, identify)
        return page

    async def look(self) -> None:
        """Let everybody know whom something new may concern."""
        if not (waiting := list(self._listeners)):
            return
        async with self._database.reading() as session:
            last = (await find_latest(session)).place
            first = min(each.place for each in waiting)
            rows: Sequence[NewsRow] = ()
            if first < last:
                rows = await queries.find_news(session, first, last, _NEWS + 1)
        for listener in waiting:
            if len(rows) > _NEWS or any(map(listener.is_concerned, rows)):
                listener.news.set()
            listener.place = max(listener.place, last)

    async def _has_news(self, asked: Asked, page: Page) -> bool:
        """Wait for something that may concern it; False: the process is to stop."""
        listener = _Listener(asked, page.position.place)
        self._listeners.add(listener)
        try:
            self._begin()
            await listener.news.wait()
        finally:
            self._listeners.discard(listener)
        return not self._stopping.is_set()

    async def _read(
        self,
        asked: Asked,
        position: Position,
        identify: Callable[[AsyncSession], Awaitable[Principal]],
    ) -> Page:
        again = Page([], position, has_more=True)
        try:
            async with self._reading, self._database.reading() as session:
                caller = await identify(session)
                if scope_of(caller) != scope_of(asked.caller):
                    return again
                return await read(session, replace(asked, caller=caller), position)
        except Problem:
            return again

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            # For all of them: in the log it is no request's.
            self._task = asyncio.create_task(self._look_on(), context=Context())

    async def _look_on(self) -> None:
        try:
            while self._listeners and not await self._is_stopping():
                await self.look()
        except Exception as error:  # noqa: BLE001 - whoever asks again is told what is wrong
            _log.warning("changes_not_looked_at", reason=type(error).__name__)
        finally:
            _wake(self._listeners)

    async def _is_stopping(self) -> bool:
        """Wait until it is time to look again; return whether the process is to stop instead."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._stopping.wait()
        except TimeoutError:
            return False


def _wake(listeners: Collection[_Listener]) -> None:
    for listener in listeners:
        listener.news.set()
