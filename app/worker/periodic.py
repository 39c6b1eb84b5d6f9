"""Periodic tasks: done once an interval, however many workers there are.

Each task is a row that says when it is due next. The transaction that claims the row holds the
task's work as well, so a worker that dies in the middle leaves the task due for the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from sqlalchemy import Update, null, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.db import Database, Deadline, context_of, is_away
from app.db.unit_of_work import UnitOfWork
from app.models import jobs as models
from app.settings import Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Work for every `interval_seconds`; the handler works in the claiming transaction.

    Settings, where it needs them: `app.db.settings_of(session)`.

    It should be short; what takes longer is a job, which the handler can enqueue.
    """

    name: str
    interval_seconds: float
    handler: Callable[[AsyncSession], Awaitable[None]]
    wanted: Callable[[Settings], bool] = lambda _settings: True
    """Whether there is anything to do with these settings."""


async def register(database: Database, tasks: Sequence[PeriodicTask]) -> None:
    """Make the row of every task that has none yet; a new task is due at once."""
    async with database.reading() as session:
        known = set(await session.scalars(select(models.PeriodicTask.name)))
    for task in tasks:
        if task.name not in known:
            await _add(database, task)


async def run_due(
    database: Database,
    tasks: Sequence[PeriodicTask],
    settings: Settings,
    begins: Callable[[], None] = lambda: None,
) -> None:
    """Carry out every task that is due and that no other worker has in hand.

    `begins` is told before each. One that fails, or takes too long, is put off to its next
    interval, its reason kept in its row.
    """
    async with database.reading() as session:
        is_due = models.PeriodicTask.next_run_at <= jobs.moment(session)
        due = set(await session.scalars(select(models.PeriodicTask.name).where(is_due)))
    for task in tasks:
        if task.name in due:
            begins()
            await _carry_out(database, task, settings)


async def _carry_out(database: Database, task: PeriodicTask, settings: Settings) -> None:
    try:
        async with (
            asyncio.timeout(jobs.LONGEST_SECONDS),
            database.writing(Deadline(jobs.STEP_SECONDS)) as session,
        ):
            if not await _taken(session, task):
                return
            context_of(session).settings = settings
            await task.handler(session)
            await UnitOfWork.of(session).flush()
            values = {"last_run_at": jobs.moment(session), "problem": null()}
            await session.execute(_row(task).values(values))
    except Exception as error:
        if is_away(error):
            raise
        _log.exception("periodic_task_failed", task=task.name)
        await _put_off(database, task, error)


async def _add(database: Database, task: PeriodicTask) -> None:
    # Another worker that starts at this moment may add it first, which is as good.
    with suppress(IntegrityError):
        async with database.writing() as session:
            session.add(models.PeriodicTask(name=task.name, next_run_at=jobs.moment(session)))


async def _taken(session: AsyncSession, task: PeriodicTask) -> bool:
    """Lock the task's row until the transaction ends, and make it due an interval from now."""
    free = (
        select(models.PeriodicTask.name)
        .where(models.PeriodicTask.name == task.name)
        .where(models.PeriodicTask.next_run_at <= jobs.moment(session))
        .with_for_update(skip_locked=True)
    )
    if await session.scalar(free) is None:
        return False
    next_run_at = jobs.moment(session, task.interval_seconds)
    await session.execute(_row(task).values(next_run_at=next_run_at))
    return True


async def _put_off(database: Database, task: PeriodicTask, error: Exception) -> None:
    async with database.writing() as session:
        next_run_at = jobs.moment(session, task.interval_seconds)
        values = {"next_run_at": next_run_at, "problem": jobs.reason(error)}
        await session.execute(_row(task).values(values))


def _row(task: PeriodicTask) -> Update:
    return update(models.PeriodicTask).where(models.PeriodicTask.name == task.name)
