"""Worker processes to be killed, started in milliseconds: forked from one that has imported all."""

import asyncio
from multiprocessing.process import BaseProcess
from random import SystemRandom

from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.settings import Settings
from app.worker import run_process
from tests.support import forked

KIND = "test.kill"
STEPS = 3
"""Steps of each job; every one leaves a job of kind `effect` that nobody carries out."""


async def handler(session: AsyncSession, job: jobs.JobView) -> jobs.Continue | jobs.Done:
    """Leave one effect a step, with moments before and after it to be killed in."""
    effect = {"number": job.payload["number"], "step": job.done}
    await asyncio.sleep(SystemRandom().uniform(0, job.payload["pause"]))
    await jobs.enqueue(session, "effect", effect)
    await asyncio.sleep(SystemRandom().uniform(0, job.payload["pause"]))
    done = job.done + 1
    if done == STEPS:
        return jobs.Done(effect)
    return jobs.Continue(effect, done, STEPS)


def start(settings: Settings) -> BaseProcess:
    """A worker in a process of its own."""
    process = forked.context().Process(target=_run, args=(settings,))
    process.start()
    return process


def _run(settings: Settings) -> None:
    asyncio.run(run_process(settings, {KIND: handler}, ()))
