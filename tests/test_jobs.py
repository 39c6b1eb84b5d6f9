"""Jobs: enqueued with their cause, carried out once, taken over, retried, given up."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.db import Database
from app.kit import clock
from app.models import Job

KIND = "test.count"
LEASE_SECONDS = 30.0


class StoppedError(Exception):
    """What goes wrong on purpose."""


async def count(session: AsyncSession, job: jobs.JobView) -> jobs.Continue | jobs.Done:
    """Leave a row for every step, as many steps as the job's total."""
    await jobs.enqueue(session, "effect", {"step": job.done})
    done = job.done + 1
    if done == job.total:
        return jobs.Done({"steps": done})
    return jobs.Continue({"at": done}, done, job.total)


async def stop(session: AsyncSession, job: jobs.JobView) -> jobs.Done:
    """Do something, then go wrong."""
    await count(session, job)
    raise StoppedError


async def enqueue(database: Database, **options: Any) -> UUID:
    async with database.writing() as session:
        return await jobs.enqueue(session, KIND, {}, **({"total": 1} | options))


async def claim(database: Database, seconds: float = LEASE_SECONDS) -> jobs.Lease:
    lease = await jobs.claim(database, [KIND], seconds)
    assert lease is not None
    return lease


async def let_run_out(database: Database) -> None:
    """Make every lease and every wait end now."""
    async with database.writing() as session:
        past = clock.now() - timedelta(seconds=1)
        await session.execute(update(Job).where(Job.kind == KIND).values(claimable_at=past))


async def read(database: Database, job_id: UUID) -> Job:
    async with database.reading() as session:
        return await session.get_one(Job, job_id)


async def effects(database: Database) -> list[int]:
    async with database.reading() as session:
        found = await session.scalars(select(Job).where(Job.kind == "effect").order_by(Job.id))
        return [job.payload["step"] for job in found]


async def test_a_job_exists_only_if_its_transaction_commits(database: Database) -> None:
    async def fail_after_enqueuing() -> None:
        async with database.writing() as session:
            await jobs.enqueue(session, KIND, {})
            raise StoppedError

    with pytest.raises(StoppedError):
        await fail_after_enqueuing()
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None


# On SQLite a claim would wait for the only writer.
@pytest.mark.parametrize("backend", ["postgresql"])
async def test_nobody_sees_a_job_before_its_transaction_commits(
    database: Database, elsewhere: Database
) -> None:
    async with database.writing() as session:
        await jobs.enqueue(session, KIND, {})
        assert await jobs.claim(elsewhere, [KIND], LEASE_SECONDS) is None
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is not None


async def test_steps_carry_state_and_progress_to_the_end(database: Database) -> None:
    job_id = await enqueue(database, total=3)
    lease = await claim(database)

    assert not await jobs.step(database, lease, count)
    job = await read(database, job_id)
    assert (job.status, job.state, job.done, job.total) == ("running", {"at": 1}, 1, 3)

    assert not await jobs.step(database, lease, count)
    assert await jobs.step(database, lease, count)
    job = await read(database, job_id)
    assert (job.status, job.result, job.done, job.total) == ("succeeded", {"steps": 3}, 3, 3)
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.lease_token is None
    assert await effects(database) == [0, 1, 2]


async def test_the_one_due_longest_is_claimed_first_and_only_of_the_kinds_asked(
    database: Database,
) -> None:
    second = await enqueue(database, run_after=clock.now() - timedelta(seconds=1))
    first = await enqueue(database, run_after=clock.now() - timedelta(seconds=2))
    await enqueue(database, run_after=clock.now() + timedelta(hours=1))

    assert await jobs.claim(database, ["test.other"], LEASE_SECONDS) is None
    assert [(await claim(database)).job_id for _ in range(2)] == [first, second]
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None


async def test_concurrent_claims_never_take_the_same_job(database: Database) -> None:
    expected = {await enqueue(database) for _ in range(8)}
    leases = await asyncio.gather(*(claim(database) for _ in expected))
    assert {lease.job_id for lease in leases} == expected


async def test_a_lease_that_ran_out_is_taken_over_where_the_last_step_ended(
    database: Database,
) -> None:
    job_id = await enqueue(database, total=3)
    dead = await claim(database)
    await jobs.step(database, dead, count)
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None
    await let_run_out(database)

    heir = await claim(database)
    assert (heir.job_id, heir.token != dead.token) == (job_id, True)
    while not await jobs.step(database, heir, count):
        pass
    assert await effects(database) == [0, 1, 2]


async def test_who_lost_the_lease_can_neither_commit_nor_fail_nor_release(
    database: Database,
) -> None:
    job_id = await enqueue(database)
    late = await claim(database)
    await let_run_out(database)
    await claim(database)

    assert not await jobs.extend(database, late)
    with pytest.raises(jobs.LeaseLostError):
        await jobs.step(database, late, count)
    with pytest.raises(jobs.LeaseLostError):
        await jobs.fail(database, late, StoppedError())
    await jobs.release(database, late)
    assert (await read(database, job_id)).status == "running"
    assert await effects(database) == []


# On SQLite a step holds the only write lock: nobody can take its job over meanwhile.
@pytest.mark.parametrize("backend", ["postgresql"])
async def test_a_takeover_during_a_step_undoes_the_step(
    database: Database, elsewhere: Database
) -> None:
    await enqueue(database)
    late = await claim(database)
    heirs: list[jobs.Lease] = []

    async def overtaken(session: AsyncSession, job: jobs.JobView) -> jobs.Continue | jobs.Done:
        await let_run_out(elsewhere)
        heirs.append(await claim(elsewhere))
        return await count(session, job)

    with pytest.raises(jobs.LeaseLostError):
        await jobs.step(database, late, overtaken)
    assert await effects(database) == []
    assert await jobs.step(database, heirs[0], count)
    assert await effects(database) == [0]


async def test_an_extended_lease_is_not_taken_over(database: Database) -> None:
    await enqueue(database)
    lease = await claim(database)
    await let_run_out(database)
    assert await jobs.extend(database, lease)
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None


async def test_a_failed_step_changes_nothing_and_waits_longer_each_time(
    database: Database,
) -> None:
    job_id = await enqueue(database)
    for attempt in range(1, 4):
        lease = await claim(database)
        with pytest.raises(StoppedError):
            await jobs.step(database, lease, stop)
        await jobs.fail(database, lease, StoppedError("personal data"))

        job = await read(database, job_id)
        assert (job.status, job.attempts) == ("queued", attempt)
        assert job.problem == {"code": "step_failed", "detail": "StoppedError"}
        wait = (job.claimable_at - job.updated_at).total_seconds()
        assert 2.0 ** (attempt - 1) / 2 <= wait + 0.1
        assert wait - 0.1 <= 2.0 ** (attempt - 1)
        assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None
        await let_run_out(database)
    assert await effects(database) == []

    assert await jobs.step(database, await claim(database), count)
    assert (await read(database, job_id)).problem is None


def test_no_two_workers_retry_in_step() -> None:
    waits = {jobs.retry_seconds(jobs.MAX_ATTEMPTS - 1) for _ in range(20)}
    assert len(waits) == 20
    assert 128 <= min(waits) <= max(waits) <= 256


async def test_a_job_is_given_up_with_its_reason_after_its_last_attempt(
    database: Database,
) -> None:
    job_id = await enqueue(database)
    for _ in range(jobs.MAX_ATTEMPTS):
        await jobs.fail(database, await claim(database), StoppedError())
        await let_run_out(database)

    job = await read(database, job_id)
    assert (job.status, job.problem) == (
        "failed",
        {"code": "step_failed", "detail": "StoppedError"},
    )
    assert job.finished_at is not None
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None


async def test_a_job_that_kills_its_workers_is_given_up(database: Database) -> None:
    job_id = await enqueue(database)
    for _ in range(jobs.MAX_ATTEMPTS):
        await claim(database)
        await let_run_out(database)

    lease = await claim(database)
    with pytest.raises(jobs.JobRefused) as refused:
        await jobs.step(database, lease, count)
    await jobs.fail(database, lease, refused.value)
    job = await read(database, job_id)
    assert (job.status, job.problem) == ("failed", {"code": "worker_died"})
    assert await effects(database) == []


async def test_a_refused_job_fails_at_once(database: Database) -> None:
    job_id = await enqueue(database)
    problem = {"code": "campaign_closed", "detail": "…"}
    await jobs.fail(database, await claim(database), jobs.JobRefused(problem))
    job = await read(database, job_id)
    assert (job.status, job.problem, job.attempts) == ("failed", problem, 1)


async def test_a_step_that_succeeds_sets_the_attempts_back(database: Database) -> None:
    job_id = await enqueue(database, total=2)
    for _ in range(jobs.MAX_ATTEMPTS - 1):
        await jobs.fail(database, await claim(database), StoppedError())
        await let_run_out(database)
    lease = await claim(database)
    await jobs.step(database, lease, count)
    await jobs.fail(database, lease, StoppedError())
    job = await read(database, job_id)
    assert (job.status, job.attempts) == ("queued", 1)


async def test_a_released_job_is_free_at_once_and_has_lost_no_attempt(database: Database) -> None:
    job_id = await enqueue(database, total=2)
    lease = await claim(database)
    await jobs.step(database, lease, count)
    await jobs.release(database, lease)
    assert (await read(database, job_id)).attempts == 0
    assert await jobs.step(database, await claim(database), count)
    assert await effects(database) == [0, 1]


async def test_only_a_job_that_has_not_begun_can_be_cancelled(database: Database) -> None:
    waiting = await enqueue(database)
    async with database.writing() as session:
        assert await jobs.cancel(session, waiting)
        assert not await jobs.cancel(session, waiting)
    assert await jobs.claim(database, [KIND], LEASE_SECONDS) is None

    begun = await enqueue(database, total=2)
    lease = await claim(database)
    await jobs.step(database, lease, count)
    await jobs.release(database, lease)
    async with database.writing() as session:
        assert not await jobs.cancel(session, begun)
    assert (await read(database, waiting)).status == "cancelled"
    assert (await read(database, begun)).status == "queued"


async def test_the_end_of_the_enqueuing_transaction_wakes_the_workers(database: Database) -> None:
    with jobs.wakeup() as enqueued:
        async with database.writing() as session:
            await jobs.enqueue(session, KIND, {})
            async with session.begin_nested():
                pass
            assert not enqueued.is_set()
        assert enqueued.is_set()

        enqueued.clear()
        async with database.writing() as session:
            await session.execute(select(Job))
        assert not enqueued.is_set()
