"""Jobs that make something large: what takes long holds no transaction, what is kept is one step.

A step is one transaction, and on SQLite the only one that writes. What only reads for minutes is
made before it: whoever dies meanwhile has kept nothing, and the next worker makes it anew.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.db import Database, is_away
from app.models import Job
from app.settings import Settings

Tell = Callable[[int, int], Awaitable[None]]
"""Says how much is done of how much; raises once the job is another's, or was cancelled."""
Make = Callable[[Database, Settings, jobs.JobView, Tell], Awaitable[Any]]
Keep = Callable[[AsyncSession, jobs.JobView, Any], Awaitable[jobs.Done]]


@dataclass(frozen=True, slots=True)
class Maker:
    """A handler in two parts: `keep` is the job's one step, given what `make` made."""

    make: Make
    keep: Keep


async def prepare(
    database: Database, settings: Settings, lease: jobs.Lease, maker: Maker
) -> jobs.Handler:
    """Make what the job is about; return the step that keeps it."""
    job = await _look(database, lease)
    if job.attempts > job.max_attempts:
        raise jobs.JobRefused({"code": "worker_died"})

    async def tell(done: int, total: int) -> None:
        try:
            await _tell(database, lease, done, total)
        except Exception as error:
            # What is made is made all the same; the lease has a beat of its own.
            if not is_away(error):
                raise

    made = await maker.make(database, settings, job, tell)

    async def keep(session: AsyncSession, job: jobs.JobView) -> jobs.Done:
        return await maker.keep(session, job, made)

    return keep


async def _look(database: Database, lease: jobs.Lease) -> jobs.JobView:
    columns = [getattr(Job, name) for name in jobs.JobView.__slots__]
    statement = select(*columns).where(Job.id == lease.job_id, Job.lease_token == lease.token)
    async with database.reading() as session:
        row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise jobs.LeaseLostError
    return jobs.JobView(**row._asdict())


async def _tell(database: Database, lease: jobs.Lease, done: int, total: int) -> None:
    statement = (
        update(Job)
        .where(Job.id == lease.job_id, Job.lease_token == lease.token)
        .values(done=done, total=total, revision=Job.revision + 1)
        .returning(Job.id)
    )
    async with database.writing() as session:
        later = jobs.moment(session, lease.seconds)
        statement = statement.values(claimable_at=later)
        if (await session.execute(statement)).one_or_none() is None:
            raise jobs.LeaseLostError
