"""Background work of reminders: what has become due is told once, as events."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.features.reminders import service
from app.features.reminders.queries import reading as queries
from app.jobs import Continue, Done, JobView
from app.kit import clock

SEND: Final = "reminder.send"
_STEP: Final = 1000


async def look_for_due(session: AsyncSession) -> None:
    """Ask for the sending of reminders, if there are any and nobody is at it."""
    if await queries.is_being_sent(session, SEND):
        return
    if await queries.list_unsent(session, clock.today(), limit=1):
        await jobs.enqueue(session, SEND, {})


async def send_reminders(session: AsyncSession, job: JobView) -> Continue | Done:
    """`reminder.send`: the next thousand reminders; finished when there is none left.

    Each step begins behind the last, so that none looks through what the others have sent.
    """
    after = job.state.get("after")
    begun = (date.fromisoformat(after[0]), UUID(after[1])) if after else None
    sent, last = await service.send(session, _STEP, begun)
    done = job.done + sent
    if sent < _STEP or last is None:
        return Done({"sent": done})
    return Continue({"after": [last[0].isoformat(), str(last[1])]}, done, done)
