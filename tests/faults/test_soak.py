"""Sixteen writers, two server processes, two workers: at every moment progress is exact.

`SECONDS=600` (`make soak`) makes it the long one.
"""

import asyncio
import os
import time
from pathlib import Path

import pytest

from app.db import Database
from app.demo import Service
from app.settings import DatabaseSettings
from tests.faults import verification
from tests.faults.crowd import Gardener, crowd
from tests.faults.ground import Ground, laid
from tests.faults.sampling import sampled
from tests.support.calling import calling
from tests.support.databases import Copies
from tests.support.processes import Processes

SECONDS = int(os.environ.get("SECONDS", "5"))
PAUSE_SECONDS = 0.2
WORKERS = ("first worker", "second worker")
DISTRICTS = ("1-1", "1-2")


@pytest.mark.timeout(600 + 2 * SECONDS)
async def test_progress_is_exact_at_every_moment(postgresql_copies: Copies, tmp_path: Path) -> None:
    processes = Processes(
        postgresql_copies(),
        tmp_path,
        job_poll_seconds=0.1,
        client_requests_per_minute=1_000_000,
        address_requests_per_minute=1_000_000,
    )
    key = processes.found()
    try:
        processes.start("server", "--workers", "2")
        for worker in WORKERS:
            processes.start(worker)
        processes.wait("server")
        with calling(processes.address, key) as service:
            ground = laid(service, tmp_path, towns=4, villages=6)
            await soak(processes, key, ground)
            verify(service, ground)
        for name in (*WORKERS, "server"):
            processes.end(name)
        status, said = processes.told("db", "verify")
        assert status == 0, said
        database = Database(
            DatabaseSettings(database_url=processes.environment["DAJIATAN_DATABASE_URL"])
        )
        await verification.every_event_is_there_once(database, ground.submitters.acknowledged)
        await database.close()
    finally:
        processes.stop()


async def soak(processes: Processes, key: str, ground: Ground) -> None:
    submitters, ids = ground.submitters, ground.loader.ids
    gardeners = [Gardener(submitters, ids, DISTRICTS), Gardener(submitters, ids, DISTRICTS[::-1])]
    works = [submitters.submit] * 8 + [submitters.submit_batch] * 2 + [submitters.submit_record] * 3
    works += [gardener.change for gardener in gardeners]
    works.append(lambda caller: gardeners[0].carry(caller, "1-1-1"))
    assert len(works) == 16
    units = [ground.root_id, *(ids[district] for district in DISTRICTS)]
    database = Database(
        DatabaseSettings(database_url=processes.environment["DAJIATAN_DATABASE_URL"])
    )
    samples = numbers = 0
    end = time.monotonic() + SECONDS

    def enough() -> bool:
        """Tell whether the time is over, and everything has happened that is to be seen."""
        done = samples > 1 and all(gardener.changes for gardener in gardeners)
        return done and time.monotonic() >= end

    try:
        with crowd(processes.address, key, works) as threads:
            while not enough() and not threads.failed:
                numbers += await sampled(database, ground.campaign["id"], units)
                samples += 1
                await asyncio.sleep(PAUSE_SECONDS)
    finally:
        await database.close()
    print(  # noqa: T201 - the figures of `make soak`
        f"\n{SECONDS} s: {threads.requests} requests, {len(threads.troubles)} of them sent again; "
        f"{len(submitters.acknowledged)} activities, {len(submitters.records)} leader records, "
        f"{sum(gardener.changes for gardener in gardeners)} changes of the tree acknowledged; "
        f"{samples} samples, {numbers} numbers equal to the digit"
    )


def verify(service: Service, ground: Ground) -> None:
    """Nothing acknowledged is lost, nothing is there twice."""
    campaign_id, submitters = ground.campaign["id"], ground.submitters
    verification.every_activity_is_there_once_and_whole(
        service, campaign_id, submitters.acknowledged
    )
    verification.every_record_is_there_once(service, campaign_id, submitters.records)
