"""`kill -9` of servers and workers while submissions and openings run.

Nothing acknowledged is lost, nothing is there twice, nothing in part, and an opening is finished
by whichever worker comes next. `KILLS=100` (`make kill-test`) makes it the long one.
"""

import os
import time
from pathlib import Path
from random import SystemRandom

import pytest

from app.demo import Service
from tests.faults import verification
from tests.faults.crowd import Opener, Threads, crowd
from tests.faults.ground import Ground, laid
from tests.support.calling import calling
from tests.support.processes import Processes, wait_for

KILLS = int(os.environ.get("KILLS", "5"))
SUBMITTERS = 2
VILLAGES = 150
LONGEST_LIFE_SECONDS = 1.0
"""A process lives at most so long after it is ready."""


@pytest.mark.timeout(600 + 15 * KILLS)
async def test_kills_lose_nothing_and_double_nothing(own_database_url: str, tmp_path: Path) -> None:
    processes = Processes(
        own_database_url,
        tmp_path,
        job_lease_seconds=1,
        job_poll_seconds=0.1,
        client_requests_per_minute=1_000_000,
        address_requests_per_minute=1_000_000,
    )
    key = processes.found()
    try:
        for name in ("server", "worker"):
            processes.start(name)
        processes.wait("server")
        with calling(processes.address, key) as service:
            await run(processes, key, service, laid(service, tmp_path, towns=1, villages=VILLAGES))
    finally:
        processes.stop()


async def run(processes: Processes, key: str, service: Service, ground: Ground) -> None:
    submitters, opener = ground.submitters, Opener(ground.root_id)
    works = [submitters.submit] * SUBMITTERS + [submitters.submit_batch, opener.open_one]
    with crowd(processes.address, key, works) as threads:
        amid_openings = kills(processes, opener, threads)
        for name in ("server", "worker"):
            processes.wait(name)
        wait_for(lambda: not opener.at_work, "the last opening is finished")
    jobs, takeovers = await verification.nothing_is_lost_or_doubled(
        service, ground, opener.opened, processes.environment["DAJIATAN_DATABASE_URL"]
    )
    kind = "SQLite" if processes.embedded else "PostgreSQL"
    print(  # noqa: T201 - the figures of `make kill-test`
        f"\n{kind}: {KILLS} kills, {amid_openings} of them amid an opening; "
        f"{len(submitters.acknowledged)} activities acknowledged, "
        f"{len(threads.troubles)} requests sent again; "
        f"{len(opener.opened)} campaigns opened by {jobs} jobs, {takeovers} of them taken over"
    )


def kills(processes: Processes, opener: Opener, threads: Threads) -> int:
    """Kill server and worker in turn, at random moments; how many kills hit an opening."""
    amid = 0
    for number in range(KILLS):
        victim = ("server", "worker")[number % 2]
        wait_for(lambda: threads.failed or processes.ready(victim), f"the {victim} is ready")  # noqa: B023 - called at once
        assert not threads.failed
        time.sleep(SystemRandom().uniform(0, LONGEST_LIFE_SECONDS))
        amid += opener.at_work
        processes.kill(victim)
        processes.start(victim)
    return amid
