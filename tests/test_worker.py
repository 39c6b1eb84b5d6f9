"""The worker: promptness, stopping, surviving; periodic tasks."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs, models
from app.db import Database
from app.kit import clock
from app.settings import Settings
from app.worker import PeriodicTask, Worker, run_process

KIND = "test.work"
SOON_SECONDS = 60.0


class WrongError(Exception):
    """What goes wrong on purpose."""


async def count(_session: AsyncSession, job: jobs.JobView) -> jobs.Continue | jobs.Done:
    """As many steps as the job's total."""
    done = job.done + 1
    return jobs.Done({}) if done == job.total else jobs.Continue({}, done, job.total)


async def wrong(_session: AsyncSession, _job: jobs.JobView) -> jobs.Done:
    raise WrongError


async def refuse(_session: AsyncSession, _job: jobs.JobView) -> jobs.Done:
    raise jobs.JobRefused({"code": "test_refused"})


async def leave_effect(session: AsyncSession) -> None:
    await jobs.enqueue(session, "effect", {})


async def leave_effect_and_fail(session: AsyncSession) -> None:
    await leave_effect(session)
    raise WrongError


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key=SecretStr("k" * 32),
        job_poll_seconds=0.05,
        shutdown_seconds=10,
    )


def worker_of(
    database: Database,
    settings: Settings,
    handler: jobs.Handler = count,
    tasks: Sequence[PeriodicTask] = (),
) -> Worker:
    return Worker(database, settings, {KIND: handler}, tasks)


@asynccontextmanager
async def running(*workers: Worker) -> AsyncIterator[asyncio.Event]:
    """Workers at work, stopped at the end."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(SOON_SECONDS):
            await asyncio.gather(*tasks)


async def enqueue(database: Database, **options: Any) -> UUID:
    async with database.writing() as session:
        return await jobs.enqueue(session, KIND, {}, **({"total": 1} | options))


async def read(database: Database, job_id: UUID) -> models.Job:
    async with database.reading() as session:
        return await session.get_one(models.Job, job_id)


async def until_status(database: Database, job_id: UUID, status: str) -> models.Job:
    async with asyncio.timeout(SOON_SECONDS):
        while True:
            job = await read(database, job_id)
            if job.status == status:
                return job
            await asyncio.sleep(0.01)


async def effects(database: Database) -> int:
    async with database.reading() as session:
        statement = select(func.count()).where(models.Job.kind == "effect")
        return await session.scalar(statement) or 0


async def task_row(database: Database) -> models.PeriodicTask:
    async with database.reading() as session:
        return await session.get_one(models.PeriodicTask, "test.task")


async def until_task(
    database: Database, holds: Callable[[models.PeriodicTask], bool]
) -> models.PeriodicTask:
    """Wait until something holds of the task; its row."""
    async with asyncio.timeout(SOON_SECONDS):
        while True:
            async with database.reading() as session:
                row = await session.get(models.PeriodicTask, "test.task")
            if row is not None and holds(row):
                return row
            await asyncio.sleep(0.01)


async def make_task_due(database: Database) -> None:
    async with database.writing() as session:
        past = clock.now() - timedelta(seconds=1)
        await session.execute(update(models.PeriodicTask).values(next_run_at=past))


async def test_until_idle_carries_out_what_is_due_and_counts_it(
    database: Database, settings: Settings
) -> None:
    due = [await enqueue(database, total=3), await enqueue(database)]
    later = await enqueue(database, run_after=clock.now() + timedelta(hours=1))
    worker = worker_of(database, settings)
    assert await worker.run_until_idle() == 2
    assert await worker.run_until_idle() == 0
    assert [(await read(database, job_id)).status for job_id in due] == ["succeeded"] * 2
    assert (await read(database, later)).status == "queued"


async def test_a_failed_job_waits_and_a_refused_one_does_not(
    database: Database, settings: Settings
) -> None:
    job_id = await enqueue(database)
    assert await worker_of(database, settings, wrong).run_until_idle() == 1
    job = await read(database, job_id)
    assert (job.status, job.problem) == (
        "queued",
        {"code": "step_failed", "detail": "WrongError"},
    )

    job_id = await enqueue(database)
    assert await worker_of(database, settings, refuse).run_until_idle() == 1
    job = await read(database, job_id)
    assert (job.status, job.problem) == ("failed", {"code": "test_refused"})


async def test_an_enqueued_job_is_begun_at_once(database: Database, settings: Settings) -> None:
    patient = settings.model_copy(update={"job_poll_seconds": 3600.0})
    async with running(worker_of(database, patient)):
        await asyncio.sleep(0.1)  # it has looked, found nothing and sleeps
        await until_status(database, await enqueue(database), "succeeded")


# On SQLite a step holds the only write lock.
@pytest.mark.parametrize("backend", ["postgresql"])
async def test_one_worker_goes_on_with_others_while_a_step_is_slow(
    database: Database, elsewhere: Database, settings: Settings
) -> None:
    slow_may_end = asyncio.Event()

    async def handler(_session: AsyncSession, job: jobs.JobView) -> jobs.Done:
        if job.total == 2:
            await slow_may_end.wait()
        return jobs.Done({})

    slow = await enqueue(database, total=2)
    # A step holds its connection: with a pool of one, the others would wait for it.
    async with running(worker_of(elsewhere, settings, handler)):
        await until_status(database, slow, "running")
        await until_status(database, await enqueue(database), "succeeded")
        slow_may_end.set()
        await until_status(database, slow, "succeeded")


async def test_a_step_longer_than_the_lease_is_not_taken_over(
    database: Database, settings: Settings
) -> None:
    async def handler(session: AsyncSession, _job: jobs.JobView) -> jobs.Done:
        await leave_effect(session)
        await asyncio.sleep(0.8)
        return jobs.Done({})

    hasty = settings.model_copy(update={"job_lease_seconds": 0.3})
    job_id = await enqueue(database)
    async with running(*(worker_of(database, hasty, handler) for _ in range(2))):
        job = await until_status(database, job_id, "succeeded")
    assert job.attempts == 1
    assert await effects(database) == 1


async def test_a_stopped_worker_finishes_the_step_and_gives_the_job_back(
    database: Database, settings: Settings
) -> None:
    begun = asyncio.Event()

    async def handler(session: AsyncSession, job: jobs.JobView) -> jobs.Continue:
        begun.set()
        await leave_effect(session)
        await asyncio.sleep(0.1)
        return jobs.Continue({}, job.done + 1, job.total)

    job_id = await enqueue(database, total=1000)
    async with running(worker_of(database, settings, handler)):
        await begun.wait()
    job = await read(database, job_id)
    assert (job.status, job.lease_token, job.attempts) == ("queued", None, 0)
    assert job.done == await effects(database) >= 1
    assert await jobs.claim(database, [KIND], 1.0) is not None


async def test_a_step_that_outlasts_the_shutdown_is_undone(
    database: Database, settings: Settings
) -> None:
    begun = asyncio.Event()

    async def handler(session: AsyncSession, _job: jobs.JobView) -> jobs.Done:
        await leave_effect(session)
        begun.set()
        await asyncio.sleep(3600)
        return jobs.Done({})

    hasty = settings.model_copy(update={"shutdown_seconds": 0.1})
    job_id = await enqueue(database)
    async with running(worker_of(database, hasty, handler)):
        await begun.wait()
    assert (await read(database, job_id)).status == "running"
    assert await effects(database) == 0


async def test_a_worker_waits_for_a_database_that_is_away(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await enqueue(database)
    claim = jobs.claim
    failures = [OSError("away"), OSError("away")]

    async def claim_when_back(*arguments: Any) -> jobs.Lease | None:
        if failures:
            raise failures.pop()
        return await claim(*arguments)

    monkeypatch.setattr(jobs, "claim", claim_when_back)
    async with running(worker_of(database, settings)):
        await until_status(database, job_id, "succeeded")
    assert failures == []


async def test_a_worker_process_ends_by_sigterm(settings: Settings) -> None:
    before = signal.getsignal(signal.SIGTERM)
    process = asyncio.create_task(run_process(settings, {}, ()))
    async with asyncio.timeout(SOON_SECONDS):
        while signal.getsignal(signal.SIGTERM) is before:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(SOON_SECONDS):
        await process
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


async def test_a_periodic_task_runs_once_an_interval_over_three_workers(
    database: Database, settings: Settings
) -> None:
    async def slowly(session: AsyncSession) -> None:
        await leave_effect(session)
        await asyncio.sleep(0.2)

    task = PeriodicTask("test.task", 3600, slowly)
    workers = [worker_of(database, settings, tasks=[task]) for _ in range(3)]
    async with running(*workers):
        first = await until_task(database, lambda row: row.last_run_at is not None)
        await asyncio.sleep(0.4)  # the others look, too
        assert await effects(database) == 1
        await make_task_due(database)
        await until_task(database, lambda row: row.last_run_at != first.last_run_at)
        await asyncio.sleep(0.4)
    assert await effects(database) == 2
    row = await task_row(database)
    assert row.last_run_at is not None
    assert 3590 < (row.next_run_at - row.last_run_at).total_seconds() <= 3600


async def test_a_periodic_task_that_fails_changes_nothing_and_is_due_an_interval_later(
    database: Database, settings: Settings
) -> None:
    failing = PeriodicTask("test.task", 3600, leave_effect_and_fail)
    other = PeriodicTask("test.other", 3600, leave_effect)
    async with running(worker_of(database, settings, tasks=[failing, other])):
        row = await until_task(database, lambda row: row.problem is not None)
        async with asyncio.timeout(SOON_SECONDS):
            while not await effects(database):  # noqa: ASYNC110 - of the other task
                await asyncio.sleep(0.01)
    assert row.problem == {"code": "step_failed", "detail": "WrongError"}
    assert row.last_run_at is None
    assert row.next_run_at > clock.now() + timedelta(minutes=50)
    assert await effects(database) == 1

    await make_task_due(database)
    mended = PeriodicTask("test.task", 3600, leave_effect)
    async with running(worker_of(database, settings, tasks=[mended])):
        await until_task(database, lambda row: row.problem is None)


async def test_a_periodic_task_whose_worker_died_is_still_due(
    database: Database, settings: Settings
) -> None:
    begun = asyncio.Event()

    async def die(session: AsyncSession) -> None:
        await leave_effect(session)
        begun.set()
        await asyncio.sleep(3600)

    dying = worker_of(database, settings, tasks=[PeriodicTask("test.task", 3600, die)])
    process = asyncio.create_task(dying.run(asyncio.Event()))
    await begun.wait()
    process.cancel()
    await asyncio.wait([process])

    heir = worker_of(database, settings, tasks=[PeriodicTask("test.task", 3600, leave_effect)])
    async with running(heir):
        await until_task(database, lambda row: row.last_run_at is not None)
    assert await effects(database) == 1


async def test_other_writers_get_their_turn_beside_a_long_job(
    database: Database, settings: Settings
) -> None:
    async def endless(_session: AsyncSession, job: jobs.JobView) -> jobs.Continue:
        await asyncio.sleep(0.05)
        return jobs.Continue({}, job.done + 1, job.total)

    job_id = await enqueue(database, total=1000)
    async with running(worker_of(database, settings, endless)):
        await until_status(database, job_id, "running")
        async with asyncio.timeout(SOON_SECONDS):
            for _ in range(10):
                async with database.writing() as session:
                    await leave_effect(session)
    assert (await read(database, job_id)).done >= 1
