"""Background work of webhooks: endpoints are served one turn after the other."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.features.webhooks.queries import endpoints, lanes
from app.features.webhooks.queries.lanes import Lease
from app.features.webhooks.service import sending, turns
from app.features.webhooks.service.turns import Work
from app.kit import clock
from app.settings import Settings

KEPT: Final = timedelta(days=7)
_STEP: Final = 2000
"""Deliveries that are removed at a time."""
_SECONDS: Final = 30.0
"""After which an endpoint is given back, whatever waits there: others wait, too."""


async def begin(database: Database, settings: Settings) -> tuple[Lease, Work | None] | None:
    """Take an endpoint that is due, with its first work; None where none is."""
    async with database.reading() as session:
        if not await lanes.is_any_due(session):
            return None  # an idle worker must not take SQLite's only write lock again and again
    async with database.writing() as session:
        return await turns.begin(session, settings.secret)


async def serve(
    database: Database,
    settings: Settings,
    lease: Lease,
    work: Work | None,
    is_wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Send what is due at an endpoint, turn by turn; after some, others have theirs.

    Once no more `is_wanted`, the turn at hand is the last.
    """
    until = time.monotonic() + _SECONDS
    while work is not None:
        outcomes = await sending.send(work, settings)
        async with database.writing() as session:
            secret, goes_on = settings.secret, time.monotonic() < until and is_wanted()
            work = await turns.take_turn(session, lease, outcomes, secret, goes_on=goes_on)


async def sweep(session: AsyncSession) -> None:
    """Periodic task: remove what was delivered, or given up, a week ago, a part at a time."""
    await endpoints.forget_finished(session, clock.now() - KEPT, _STEP)
