"""Background work of reminders: what has become due is told once, as events."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.features.reminders import queries, service
from app.jobs import Continue, Done, JobView
from app.kit import clock

SEND: Final = "reminder.send"
_STEP: Final = 1000


async def look_for_due(session: AsyncSession) -> None:
    """Ask for the sending of reminders, if there are any and nobody is at it."""
    if await queries.is_being_sent(session, SEND):
        return
    if await queries.unsent(session, clock.today(), limit=1):
        await jobs.enqueue(session, SEND, {})


async def send_reminders(session: AsyncSession, job: JobView) -> Continue | Done:
    """`reminder.send`: the next thousand reminders; finished when there is none left."""
    sent = await service.send(session, _STEP)
    done = job.done + sent
    return Continue({}, done, done) if sent == _STEP else Done({"sent": done})
