"""Behind a pgbouncer in transaction mode, amid load: processes are asked to end, and started again.

Whoever gets an answer gets a good one; only who finds nobody there asks again.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from app.db import Database
from app.demo import Service
from app.settings import DatabaseSettings
from tests.faults import verification
from tests.faults.crowd import Threads, crowd
from tests.faults.ground import Ground, laid
from tests.faults.stubborn import Stubborn
from tests.support.calling import calling
from tests.support.databases import Copies
from tests.support.pgbouncer import pgbouncer
from tests.support.processes import Processes

RESTARTS = 2
BETWEEN_SECONDS = 1.0
WORKERS = ("first worker", "second worker")


async def test_restarts_behind_pgbouncer_lose_nothing(
    postgresql_copies: Copies, tmp_path: Path
) -> None:
    direct_url = postgresql_copies()
    with (
        # pgbouncer runs as nobody where the tests run as root: not below a folder of root's alone.
        tempfile.TemporaryDirectory() as folder,
        pgbouncer(direct_url, Path(folder)) as pooled_url,
    ):
        processes = Processes(pooled_url, tmp_path, job_poll_seconds=0.1, pgbouncer=True)
        key = processes.found()
        try:
            start(processes)
            with calling(processes.address, key) as service:
                ground = laid(service, tmp_path, towns=2, villages=5)
            await asyncio.to_thread(load, processes, key, ground)
            with calling(processes.address, key) as service:
                verify(service, ground)
            end(processes)
            status, said = processes.told("db", "verify")
            assert status == 0, said
        finally:
            processes.stop()
    database = Database(DatabaseSettings(database_url=direct_url))
    await verification.every_event_is_there_once(database, ground.submitters.acknowledged)
    await database.close()


def load(processes: Processes, key: str, ground: Ground) -> None:
    submitters, campaign_id = ground.submitters, ground.campaign["id"]

    def read_lists(caller: Stubborn) -> None:
        for path in ("/v1/activities", "/v1/obligations", "/v1/leader-records"):
            page = caller.get(path, campaign_id=campaign_id, limit=100)
            assert len(page["data"]) <= 100

    def read_progress(caller: Stubborn) -> None:
        answer = caller.get("/v1/progress", campaign_id=campaign_id, unit_id=ground.root_id)
        groups = [group["counts"]["activities"] for group in answer["groups"]]
        assert answer["counts"]["activities"] == sum(groups)

    works = [submitters.submit] * 4 + [submitters.submit_batch, submitters.submit_record]
    works += [read_lists, read_progress]
    away: list[tuple[float, float]] = []
    with crowd(processes.address, key, works) as threads:
        for _ in range(RESTARTS):
            time.sleep(BETWEEN_SECONDS)
            assert not threads.failed
            gone = time.monotonic()
            end(processes)
            start(processes)
            away.append((gone, time.monotonic()))
        time.sleep(BETWEEN_SECONDS)
    only_those_who_found_nobody_asked_again(threads, away)
    print(  # noqa: T201 - figures for whoever runs this test alone
        f"\n{threads.requests} requests, {len(submitters.acknowledged)} activities and "
        f"{len(submitters.records)} leader records acknowledged; {RESTARTS} restarts, "
        f"{len(threads.troubles)} requests that found nobody"
    )


def only_those_who_found_nobody_asked_again(
    threads: Threads, away: list[tuple[float, float]]
) -> None:
    """No answer said "busy" or worse, and no connection broke but while the server was away."""
    assert [trouble for trouble in threads.troubles if trouble.status is not None] == []
    assert {trouble.reason for trouble in threads.troubles} <= {
        "ConnectError",
        # Connected, or still connected from the request before, as the server's socket was closed.
        "ReadError",
        "RemoteProtocolError",
        "WriteError",
    }
    assert [
        trouble
        for trouble in threads.troubles
        if not any(gone <= trouble.at <= back for gone, back in away)
    ] == []


def verify(service: Service, ground: Ground) -> None:
    campaign, submitters = ground.campaign, ground.submitters
    verification.every_activity_is_there_once_and_whole(
        service, campaign["id"], submitters.acknowledged
    )
    verification.every_record_is_there_once(service, campaign["id"], submitters.records)


def start(processes: Processes) -> None:
    processes.start("server", "--workers", "2")
    for worker in WORKERS:
        processes.start(worker)
    for name in ("server", *WORKERS):
        processes.wait(name)


def end(processes: Processes) -> None:
    for name in ("server", *WORKERS):
        processes.end(name)
