"""Watching exports being made: one look at the database for all who listen in this process.

A stream ends when its export is over or its time is, when the caller hangs up, when the process is
to stop, and when a look fails: whoever wants to know more connects again, and is told then.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from contextvars import Context
from typing import Final

import structlog

from app.access.principal import Principal
from app.db import Database
from app.features.exports import rules
from app.features.exports.queries import own
from app.features.exports.schemas import ExportOut
from app.features.exports.service import asking
from app.kit.problems import Unavailable

LOOK_SECONDS: Final = 0.5
STREAM_SECONDS: Final = 55.0
"""Then the caller connects anew, and shows its credential again."""
MOST: Final = 200
"""Streams of one process at once."""
MOST_OF_ONE: Final = 20
"""Of these, streams of one caller: as many as it may have exports that are not made yet."""

_log = structlog.get_logger(__name__)


class _Listener:
    """One stream: whose, what it was told last, and what it is to be told."""

    def __init__(self, caller: Principal, told: ExportOut) -> None:
        self.caller = caller
        self.told = told
        self.news = asyncio.Event()
        self._latest: ExportOut | None = None

    def hear(self, latest: ExportOut | None) -> None:
        """Take in how the export stands; None: nothing more is told."""
        if latest is None or latest.revision != self.told.revision:
            self._latest = latest
            self.news.set()

    def take(self) -> ExportOut | None:
        """Return what is to be told now; None: nothing, and the stream ends."""
        latest, self._latest = self._latest, None
        self.news.clear()
        if latest is not None:
            self.told = latest
        return latest


class Watch:
    """All streams of a process, and the one task that looks for them while there are any."""

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        """Nobody listens yet; `stopping` is set when the process is to end."""
        self._database = database
        self._stopping = stopping
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def streams(self) -> int:
        """How many streams there are."""
        return len(self._listeners)

    def check_room(self, caller: Principal) -> None:
        """Raise `Unavailable` where one more of the caller's streams would be too many."""
        theirs = sum(each.caller.name == caller.name for each in self._listeners)
        if len(self._listeners) >= MOST or theirs >= MOST_OF_ONE:
            raise Unavailable

    async def stream(self, caller: Principal, first: ExportOut) -> AsyncGenerator[ExportOut]:
        """Yield an export as it is, then whenever it has come further, until the stream ends."""
        listener = _Listener(caller, first)
        until = asyncio.get_running_loop().time() + STREAM_SECONDS
        self._listeners.add(listener)
        try:
            yield first
            while listener.told.status not in rules.OVER:
                self._begin()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(until):
                        await listener.news.wait()
                latest = listener.take()
                if latest is None:
                    return
                yield latest
        finally:
            self._listeners.discard(listener)

    async def look(self) -> None:
        """Ask for all exports that are listened to at once, and tell each who still sees it."""
        waiting = [each for each in self._listeners if each.told.status not in rules.OVER]
        if not waiting:
            return
        async with self._database.reading() as session:
            found = await own.find_watched(session, {each.told.id for each in waiting})
        for listener in waiting:
            row = found.get(listener.told.id)
            seen = row is not None and own.is_seen(listener.caller, row)
            listener.hear(asking.answer(row.mine) if row is not None and seen else None)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            # For all of them: in the log it is no request's.
            self._task = asyncio.create_task(self._look_on(), context=Context())

    async def _look_on(self) -> None:
        try:
            while self._listeners and not await self._is_stopping():
                await self.look()
        except Exception as error:  # noqa: BLE001 - whoever comes again is told what is wrong
            _log.warning("exports_not_looked_at", reason=type(error).__name__)
        finally:
            for listener in self._listeners:
                listener.hear(None)

    async def _is_stopping(self) -> bool:
        """Wait until it is time to look again; return whether the process is to stop instead."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._stopping.wait()
        except TimeoutError:
            return False
