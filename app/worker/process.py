"""The worker as a process of its own until it is asked to stop, and inside one that serves."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from app.db import Database
from app.jobs import Handler
from app.kit import metrics
from app.settings import Settings
from app.worker.making import Maker
from app.worker.periodic import PeriodicTask
from app.worker.runner import Errand, Worker
from app.worker.watchdog import Beats, Watchdog

_LOOK_SECONDS: Final = 1.0
_CANCELLED_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


async def run_process(
    settings: Settings,
    handlers: Mapping[str, Handler | Maker],
    periodic_tasks: Sequence[PeriodicTask],
    errands: Sequence[Errand] = (),
) -> None:
    """Work until SIGTERM or SIGINT; the steps at hand are finished first.

    Whatever hangs, the process ends within `shutdown_seconds`.
    """
    stop, beats = asyncio.Event(), Beats()

    def leave() -> None:
        stop.set()
        beats.beat("shutdown", settings.shutdown_seconds)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    database = Database(settings)
    watchdog = Watchdog(beats, settings.state_dir)
    watchdog.start()
    _log.info("worker_started", kinds=sorted(handlers))
    try:
        async with database.watched():
            worker = Worker(database, settings, handlers, periodic_tasks, beats, errands)
            await worker.run(stop)
    finally:
        await database.close()
        watchdog.stop()
    _log.info("worker_stopped")


@asynccontextmanager
async def embedded(
    database: Database,
    settings: Settings,
    handlers: Mapping[str, Handler | Maker],
    periodic_tasks: Sequence[PeriodicTask],
    errands: Sequence[Errand] = (),
) -> AsyncIterator[None]:
    """Work beside what the block does; a worker that does not beat is begun anew."""
    stop = asyncio.Event()

    async def keep_working() -> None:
        while not stop.is_set():
            worker = Worker(database, settings, handlers, periodic_tasks, errands=errands)
            await _work(worker, stop)

    task = asyncio.create_task(keep_working())
    try:
        yield
    finally:
        stop.set()
        await task


async def _work(worker: Worker, stop: asyncio.Event) -> None:
    """Let a worker run until it has stopped, failed, or does not beat any more."""
    running = asyncio.create_task(worker.run(stop))
    try:
        while not running.done():
            metrics.worker_beats()
            await asyncio.wait([running], timeout=_LOOK_SECONDS)
            if not stop.is_set() and (overdue := worker.beats.overdue()):
                _log.error("worker_hangs", overdue=overdue)
                return
        if error := running.exception():
            _log.error("worker_failed", exc_info=error)
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=_CANCELLED_SECONDS)
