"""Background work that is done exactly once, whatever dies in the middle of it.

A job is a row, enqueued in the transaction of the business that wants it. A worker claims it for
the length of a lease and calls its handler step by step; every step is one transaction that holds
the handler's work and the row's new state together, so a crash redoes only the step that was not
committed. Whoever finds an expired lease takes the job over under a new token, and a step commits
only under the token that it started with.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, Select, Update, func, literal, null, select, update
from sqlalchemy.event import listens_for
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from app.db import Database, Deadline, context_of, is_postgresql
from app.db.unit_of_work import UnitOfWork
from app.kit import clock, ids
from app.models.base import UtcDateTime
from app.models.jobs import Job

MAX_ATTEMPTS: Final = 10
"""Attempts at one step before the job is given up; with the waits below, about nine minutes."""
FIRST_RETRY_SECONDS: Final = 1.0
STEP_SECONDS: Final = 900.0
"""Longest run of one step: the largest takes a minute."""
LONGEST_SECONDS: Final = 2 * STEP_SECONDS
"""After which a step is cancelled, wherever it hangs: one may take its time (`take_time`)."""
_sleepers: set[asyncio.Event] = set()


@dataclass(frozen=True, slots=True)
class JobView:
    """What a handler sees of its job, as the last committed step left it."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    state: dict[str, Any]
    done: int
    total: int
    attempts: int
    max_attempts: int
    org_id: UUID | None
    created_by: str | None


@dataclass(frozen=True, slots=True)
class Continue:
    """The step is done and another follows: where that one resumes, and the progress so far."""

    state: dict[str, Any]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The job is finished; the result is what its reader gets."""

    result: dict[str, Any]
    total: int | None = None
    """How much was done in all, where no step before has said it."""


Handler = Callable[[AsyncSession, JobView], Awaitable[Continue | Done]]


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed job: nobody else works on it until the lease runs out unextended."""

    job_id: UUID
    kind: str
    token: UUID
    seconds: float


class JobRefused(Exception):  # noqa: N818 - an outcome that a handler chooses, not a fault
    """The job cannot be done however often it is tried: it fails at once, for this reason."""

    def __init__(self, problem: dict[str, Any]) -> None:
        """Keep the problem as the job's reader will see it: `code`, `detail` and so on."""
        super().__init__(problem.get("code"))
        self.problem = problem


class LeaseLostError(Exception):
    """Another worker took the job over: nothing of this step may be committed."""


async def enqueue(  # noqa: PLR0913 - a job's own columns, by name
    session: AsyncSession,
    kind: str,
    payload: dict[str, Any],
    *,
    org_id: UUID | None = None,
    total: int = 0,
    created_by: str | None = None,
    run_after: datetime | None = None,
) -> UUID:
    """Ask for a job in the caller's transaction: it exists if and only if that commits."""
    job_id = ids.new_id()
    job = Job(id=job_id, kind=kind, payload=payload, total=total, max_attempts=MAX_ATTEMPTS)
    job.org_id = org_id
    job.created_by = created_by
    job.claimable_at = run_after or moment(session)
    session.add(job)
    await session.flush()
    context_of(session).has_enqueued = True
    return job_id


async def cancel(session: AsyncSession, job_id: UUID, *, begun: bool = False) -> bool:
    """Cancel a job that no worker has begun; `begun`: or one that keeps nothing before its end."""
    # Who has begun it finds that its lease is gone; other jobs are finished, never left half.
    untouched = (Job.status == "queued", Job.started_at.is_(None))
    free = (Job.status.in_(["queued", "running"]),) if begun else untouched
    values = {"status": "cancelled", "lease_token": None, "finished_at": moment(session)}
    statement = update(Job).where(Job.id == job_id, *free).values(values)
    return await _changed(session, statement.values(revision=Job.revision + 1))


@contextmanager
def wakeup() -> Iterator[asyncio.Event]:
    """Give an event that is set whenever a transaction of this process has enqueued a job."""
    sleeper = asyncio.Event()
    _sleepers.add(sleeper)
    try:
        yield sleeper
    finally:
        _sleepers.discard(sleeper)


async def claim(database: Database, kinds: Collection[str], lease_seconds: float) -> Lease | None:
    """Lease the job that has been due longest, be it queued or abandoned; None if none is due."""
    if not database.is_postgresql and not await _any_due(database, kinds):
        return None  # an idle worker must not take SQLite's only write lock again and again
    token = ids.new_id()
    async with database.writing() as session:
        due = _due(session, kinds).with_for_update(skip_locked=True)
        statement = (
            update(Job)
            .where(Job.id == due.scalar_subquery())
            .values(
                status="running",
                lease_token=token,
                claimable_at=moment(session, lease_seconds),
                attempts=Job.attempts + 1,
                started_at=func.coalesce(Job.started_at, moment(session)),
                revision=Job.revision + 1,
            )
            .returning(Job.id, Job.kind)
        )
        row = (await session.execute(statement)).one_or_none()
    return None if row is None else Lease(*row, token, lease_seconds)


async def extend(database: Database, lease: Lease) -> bool:
    """Keep the lease alive in a transaction of its own; False if it has been taken over."""
    async with database.writing() as session:
        return await _changed(
            session, _held(lease).values(claimable_at=moment(session, lease.seconds))
        )


async def step(database: Database, lease: Lease, handler: Handler) -> bool:
    """Carry out one step and record it in the same transaction; True when the job is finished.

    Raises `LeaseLostError`, or whatever the handler raises; either way nothing has been changed.
    """
    async with database.writing(Deadline(STEP_SECONDS)) as session:
        job = await _view(session, lease)
        if job.attempts > job.max_attempts:
            raise JobRefused({"code": "worker_died"})  # time and again, at this very step
        outcome = await handler(session, job)
        await UnitOfWork.of(session).flush()
        await session.flush()
        if not await _changed(session, _recorded(session, lease, job, outcome)):
            raise LeaseLostError
    return isinstance(outcome, Done)


async def release(database: Database, lease: Lease) -> None:
    """Give the job back between two steps, for any worker to go on with at once."""
    async with database.writing() as session:
        statement = _held(lease).values(
            status="queued",
            lease_token=None,
            claimable_at=moment(session),
            attempts=Job.attempts - 1,
            revision=Job.revision + 1,
        )
        await _changed(session, statement)


async def fail(database: Database, lease: Lease, error: Exception) -> None:
    """Put the job off after a failed step, longer each time, or give it up with its reason."""
    async with database.writing() as session:
        job = await _view(session, lease)
        values: dict[str, Any] = {"lease_token": None, "problem": reason(error)}
        values["revision"] = Job.revision + 1
        if isinstance(error, JobRefused) or job.attempts >= job.max_attempts:
            values |= {"status": "failed", "finished_at": moment(session)}
        else:
            wait = retry_seconds(job.attempts)
            values |= {"status": "queued", "claimable_at": moment(session, wait)}
        await _changed(session, _held(lease).values(values))


def retry_seconds(attempts: int) -> float:
    """How long to wait after this many failed attempts: doubling, between half and all of it."""
    longest = FIRST_RETRY_SECONDS * 2.0 ** (attempts - 1)
    return SystemRandom().uniform(longest / 2, longest)


def reason(error: Exception) -> dict[str, Any]:
    """Why a step failed, for the job's reader. What else an exception says is for the log."""
    if isinstance(error, JobRefused):
        return error.problem
    return {"code": "step_failed", "detail": type(error).__name__}


def moment(session: AsyncSession, later: float = 0.0) -> ColumnElement[datetime]:
    """Now, or so many seconds later, by the one clock that all workers share: the database's."""
    interval = timedelta(seconds=later)
    if is_postgresql(session):
        now: ColumnElement[datetime] = func.statement_timestamp(type_=UtcDateTime())
        return now + literal(interval, Interval())
    return literal(clock.now() + interval, UtcDateTime())


@listens_for(Session, "after_transaction_end")
def _wake(session: Session, transaction: SessionTransaction) -> None:
    """Look for work once the enqueuing transaction is over; after a rollback none is found."""
    context = context_of(session)
    if transaction.parent is None and context.has_enqueued:
        context.has_enqueued = False
        for sleeper in _sleepers:
            sleeper.set()


def _due(session: AsyncSession, kinds: Collection[str]) -> Select[UUID]:
    return (
        select(Job.id)
        .where(
            Job.status.in_(["queued", "running"]),
            Job.claimable_at <= moment(session),
            Job.kind.in_(kinds),
        )
        .order_by(Job.claimable_at, Job.id)
        .limit(1)
    )


async def _any_due(database: Database, kinds: Collection[str]) -> bool:
    async with database.reading() as session:
        return (await session.scalar(_due(session, kinds))) is not None


async def _view(session: AsyncSession, lease: Lease) -> JobView:
    columns = [getattr(Job, name) for name in JobView.__slots__]
    statement = select(*columns).where(Job.id == lease.job_id, Job.lease_token == lease.token)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise LeaseLostError
    return JobView(**row._asdict())


def _held(lease: Lease) -> Update:
    return update(Job).where(Job.id == lease.job_id, Job.lease_token == lease.token)


def _recorded(
    session: AsyncSession, lease: Lease, job: JobView, outcome: Continue | Done
) -> Update:
    values: dict[str, Any] = {"revision": Job.revision + 1, "problem": null()}
    if isinstance(outcome, Done):
        values |= {"status": "succeeded", "lease_token": None, "result": outcome.result}
        total = job.total if outcome.total is None else outcome.total
        values |= {"done": total, "total": total, "finished_at": moment(session)}
    else:
        # The claim that goes on is the first attempt at the next step.
        values |= {"state": outcome.state, "done": outcome.done, "total": outcome.total}
        values |= {"attempts": 1, "claimable_at": moment(session, lease.seconds)}
    return _held(lease).values(values)


async def _changed(session: AsyncSession, statement: Update) -> bool:
    statement = statement.returning(Job.id)
    return (await session.execute(statement)).one_or_none() is not None
