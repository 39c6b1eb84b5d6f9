"""Workers killed without warning, at random moments: everything is done, and done once."""

import asyncio
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import SystemRandom

from pydantic import SecretStr
from sqlalchemy import func, select

from app import jobs
from app.db import Database
from app.models import Job
from app.settings import Settings
from tests.support import worker_process
from tests.support.worker_process import KIND, STEPS

JOBS = {"sqlite": 120, "postgresql": 300}
WORKERS = 4
PAUSES = {"sqlite": 0.002, "postgresql": 0.05}
"""Seconds that make the work last several kills; SQLite takes one step at a time."""


async def test_every_step_takes_effect_once_whatever_is_killed(
    backend: str, own_database_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        database_url=own_database_url,
        state_dir=tmp_path,
        secret_key=SecretStr("k" * 32),
        job_lease_seconds=1,
        job_poll_seconds=0.1,
    )
    database, number_of_jobs = Database(settings), JOBS[backend]
    await enqueue(database, number_of_jobs, PAUSES[backend])
    workers = [worker_process.start(settings) for _ in range(WORKERS)]
    try:
        while await count(database, "succeeded") < number_of_jobs:
            assert await count(database, "failed") == 0
            # Long enough for most of the workers to have begun.
            await asyncio.sleep(SystemRandom().uniform(0.1, 0.8))
            victim = SystemRandom().randrange(WORKERS)
            kill(workers[victim])
            workers[victim] = worker_process.start(settings)
        assert await effects(database) == sorted(
            (number, step) for number in range(number_of_jobs) for step in range(STEPS)
        )
        assert await takeovers(database) > 0
    finally:
        for worker in workers:
            kill(worker)
        await database.close()


async def enqueue(database: Database, number_of_jobs: int, pause: float) -> None:
    for number in range(number_of_jobs):
        async with database.writing() as session:
            await jobs.enqueue(session, KIND, {"number": number, "pause": pause}, total=STEPS)


async def count(database: Database, status: str) -> int:
    async with database.reading() as session:
        statement = select(func.count()).where(Job.kind == KIND, Job.status == status)
        return await session.scalar(statement) or 0


async def effects(database: Database) -> list[tuple[int, int]]:
    async with database.reading() as session:
        payloads = await session.scalars(select(Job.payload).where(Job.kind == "effect"))
        return sorted((payload["number"], payload["step"]) for payload in payloads)


async def takeovers(database: Database) -> int:
    """A job that nobody took over has a revision for its enqueuing, its claim and each step."""
    async with database.reading() as session:
        revisions = await session.scalars(select(Job.revision).where(Job.kind == KIND))
        return sum(revision - 2 - STEPS for revision in revisions)


def kill(worker: BaseProcess) -> None:
    worker.kill()
    worker.join()
