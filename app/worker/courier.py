"""The courier: serves endpoints of webhooks, several at once, while a worker runs."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from app.db import Database, is_away
from app.features.webhooks import jobs
from app.features.webhooks.queries.lanes import Lease
from app.features.webhooks.service.turns import Work
from app.settings import Settings

ENDPOINTS: Final = 8
"""Endpoints that a worker serves side by side: one that is slow does not hold up the others."""

_log = structlog.get_logger(__name__)


async def deliver_webhooks(
    database: Database, settings: Settings, stop: asyncio.Event, beat: Callable[[], None]
) -> None:
    """Serve whatever endpoint is due until `stop` is set, then end what is under way."""
    running: set[asyncio.Task[None]] = set()
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            beat()
            running |= await _begin(database, settings, ENDPOINTS - len(running), stop)
            waits = {stopping, *running}
            first = asyncio.FIRST_COMPLETED
            await asyncio.wait(waits, timeout=settings.job_poll_seconds, return_when=first)
            running = {task for task in running if not task.done()}
        if running:
            await asyncio.wait(running)
    finally:
        for task in (stopping, *running):
            task.cancel()
        await asyncio.gather(stopping, *running, return_exceptions=True)


async def deliver_until_idle(database: Database, settings: Settings) -> None:
    """Serve every endpoint that is due, until none is."""
    while running := await _begin(database, settings, ENDPOINTS, asyncio.Event()):
        await asyncio.wait(running)


async def _begin(
    database: Database, settings: Settings, most: int, stop: asyncio.Event
) -> set[asyncio.Task[None]]:
    """Begin with endpoints that are due, and are not served by any worker."""
    begun: set[asyncio.Task[None]] = set()
    while len(begun) < most and (found := await jobs.begin(database, settings)):
        begun.add(asyncio.create_task(_serve(database, settings, *found, stop)))
    return begun


async def _serve(
    database: Database, settings: Settings, lease: Lease, work: Work | None, stop: asyncio.Event
) -> None:
    try:
        await jobs.serve(database, settings, lease, work, lambda: not stop.is_set())
    except Exception as error:  # noqa: BLE001 - the lease runs out, and the same is sent again
        if not is_away(error):
            _log.error(
                "webhook_endpoint_abandoned", endpoint_id=str(lease.endpoint_id), exc_info=error
            )
            return
        _log.warning("webhook_endpoint_abandoned", endpoint_id=str(lease.endpoint_id))
