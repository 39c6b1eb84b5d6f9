"""The worker as a process of its own, until it is asked to stop."""

import asyncio
import signal
from collections.abc import Mapping, Sequence

import structlog

from app.db import Database
from app.jobs import Handler
from app.settings import Settings
from app.worker.periodic import PeriodicTask
from app.worker.runner import Worker

_log = structlog.get_logger(__name__)


async def run_process(
    settings: Settings, handlers: Mapping[str, Handler], periodic_tasks: Sequence[PeriodicTask]
) -> None:
    """Work until SIGTERM or SIGINT; the steps at hand are finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    database = Database(settings)
    _log.info("worker_started", kinds=sorted(handlers))
    try:
        async with database.watched():
            await Worker(database, settings, handlers, periodic_tasks).run(stop)
    finally:
        await database.close()
    _log.info("worker_stopped")
