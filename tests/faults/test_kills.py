"""`kill -9` of servers and workers while submissions and openings run.

Nothing acknowledged is lost, nothing is there twice, nothing in part, and an opening is finished
by whichever worker comes next. `KILLS=100` (`make kill-test`) makes it the long one.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import SystemRandom

import pytest

from app.db import Database
from app.demo import Display, Service
from app.demo.campaigning import Campaigner
from app.demo.divisions import read
from app.demo.loading import Loader
from app.demo.planning import planned
from app.demo.records import Organization
from app.settings import DatabaseSettings
from tests.faults import verification
from tests.faults.crowd import Opener, Submitters
from tests.faults.stubborn import Busy, Stubborn
from tests.support.processes import Processes, wait_for

KILLS = int(os.environ.get("KILLS", "5"))
SUBMITTERS = 2
VILLAGES = 150
LONGEST_LIFE_SECONDS = 1.0
"""A process lives at most so long after it is ready."""


@pytest.mark.timeout(90 + 15 * KILLS)
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
        with Service(processes.address, key, "en") as service:
            await run(processes, service, key, _divisions(tmp_path / "divisions.csv"))
    finally:
        processes.stop()


async def run(processes: Processes, service: Service, key: str, divisions: Path) -> None:
    display = Display("en")
    root, root_id = _root(service)
    tree = planned(read(divisions), root)
    loader = Loader(service, display, root, root_id)
    loader.tree(tree)
    campaign = Campaigner(service, display, loader.ids).opened(tree, province=False)
    submitters = Submitters(loader, campaign["id"], tree)
    opener = Opener(root_id)
    with crowd(processes.address, key, submitters, opener) as threads:
        amid_openings = kills(processes, opener, threads)
        for name in ("server", "worker"):
            processes.wait(name)
        wait_for(lambda: not opener.at_work, "the last opening is finished")
    acknowledged = submitters.acknowledged
    verification.every_activity_is_there_once_and_whole(service, campaign["id"], acknowledged)
    recount = verification.progress_is_what_was_acknowledged(
        service, campaign, tree, loader.ids, acknowledged
    )
    database = Database(
        DatabaseSettings(database_url=processes.environment["DAJIATAN_DATABASE_URL"])
    )
    try:
        await verification.rows_agree(database, acknowledged, recount)
        duties = sum(
            duty.requirement != "local-volunteer-service" for duty in recount.duties.values()
        )
        jobs, takeovers = await verification.every_opening_is_whole(database, opener.opened, duties)
    finally:
        await database.close()
    kind = "SQLite" if processes.embedded else "PostgreSQL"
    print(  # noqa: T201 - the figures of `make kill-test`
        f"\n{kind}: {KILLS} kills, {amid_openings} of them amid an opening; "
        f"{len(acknowledged)} activities acknowledged, {threads.retries} requests sent again; "
        f"{len(opener.opened)} campaigns opened by {jobs} jobs, {takeovers} of them taken over"
    )


class Threads(list[Busy]):
    """The crowd's threads, and how many requests they had to send again."""

    retries = 0


@contextmanager
def crowd(address: str, key: str, submitters: Submitters, opener: Opener) -> Iterator[Threads]:
    """Callers at work until the end of the block; then they finish what they have begun."""
    with ExitStack() as stack:
        callers = [stack.enter_context(Stubborn(address, key)) for _ in range(SUBMITTERS + 2)]
        works = [submitters.submit] * SUBMITTERS + [submitters.submit_batch, opener.open_one]
        threads = Threads(
            Busy(lambda work=work, caller=caller: work(caller))
            for work, caller in zip(works, callers, strict=True)
        )
        for thread in threads:
            thread.start()
        try:
            yield threads
        finally:
            for thread in threads:
                thread.stop()
            threads.retries = sum(caller.retries for caller in callers)


def kills(processes: Processes, opener: Opener, threads: Threads) -> int:
    """Kill server and worker in turn, at random moments; how many kills hit an opening."""
    amid = 0
    for number in range(KILLS):
        victim = ("server", "worker")[number % 2]
        wait_for(lambda: _failed(threads) or processes.ready(victim), f"the {victim} is ready")  # noqa: B023 - called at once
        assert not _failed(threads)
        time.sleep(SystemRandom().uniform(0, LONGEST_LIFE_SECONDS))
        amid += opener.at_work
        processes.kill(victim)
        processes.start(victim)
    return amid


def _failed(threads: Threads) -> bool:
    return any(thread.failed for thread in threads)


def _root(service: Service) -> tuple[Organization, str]:
    unit = service.get("/v1/units")["data"][0]
    root = Organization(
        "unit", unit["code"], unit["name"], "佛山市", unit["kind"], unit["sector"], None
    )
    return root, unit["id"]


def _divisions(path: Path) -> Path:
    """A city of one district and one town with enough villages for an opening to be hit."""
    rows = [
        "code,name,level,parent_code,kind",
        "1,佛山市,2,,prefecture",
        "1-1,甲区,3,1,county",
        "1-2,乙区,3,1,county",
        "1-1-1,甲镇,4,1-1,town",
        *(f"1-1-1-{n},第{n}村,5,1-1-1,villagers_committee" for n in range(VILLAGES)),
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path
