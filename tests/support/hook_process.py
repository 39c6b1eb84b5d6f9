"""Workers that deliver webhooks, in processes of their own, to be killed amid their work."""

import asyncio
from multiprocessing.process import BaseProcess

from app.features.webhooks.service import turns
from app.settings import Settings
from app.worker import ERRANDS, run_process
from tests.support import forked

LEASE_SECONDS = 1.0
"""Else every kill would take three quarters of a minute."""


def start(settings: Settings) -> BaseProcess:
    """A worker in a process of its own, which delivers and does nothing else."""
    process = forked.context().Process(target=_run, args=(settings,))
    process.start()
    return process


def _run(settings: Settings) -> None:
    turns.LEASE_SECONDS = LEASE_SECONDS  # type: ignore[misc]
    asyncio.run(run_process(settings, {}, (), ERRANDS))
