"""A database that stops, cuts connections, freezes, loses answers and packets: the six faults.

Each comes amid submissions and openings, by address, name and socket. Callers are told 503 with
`Retry-After` and come back; nothing acknowledged is lost, nothing is there twice, and the service
is whole again by itself. `make fault-test` runs all of it, `make test` some.
"""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import asyncpg
import httpx2
import pytest

from app import schema
from tests.faults import verification
from tests.faults.crowd import Opener, crowd
from tests.faults.ground import Ground, laid
from tests.support import databases
from tests.support.calling import calling
from tests.support.processes import Processes, wait_for
from tests.support.proxy import Proxy, proxy
from tests.support.server import Server, server

LONG = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
LASTING_SECONDS = 30.0 if LONG else 2.0
HOLE_SECONDS = 30.0 if LONG else 6.0
"""Longer than it takes to notice."""
VILLAGES = 400 if LONG else 40
SUBMITTERS = 3
READY_SECONDS, WHOLE_SECONDS = 2.0, 10.0
SLACK_SECONDS = 10.0
"""What a machine with other work may take longer than the goals are."""
SHUTDOWN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the database, and what it does to readiness."""

    begin: Callable[[Server, Proxy], None]
    end: Callable[[Server, Proxy], None]
    seconds: float
    away: bool
    """Whether nobody can serve meanwhile."""


def nothing(_server: Server, _proxy: Proxy) -> None:
    """Some faults pass by themselves."""


def terminate(there: Server, _proxy: Proxy) -> None:
    """End every backend, once a second."""

    async def end_all() -> None:
        line = await asyncpg.connect(there.url(), timeout=5)
        found = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        await line.execute(f"{found} WHERE application_name = 'dajiatan'")
        await line.close()

    for _ in range(int(LASTING_SECONDS)):
        databases.apart(lambda: asyncio.run(end_all()))
        time.sleep(1)


def drop_packets(there: Server, _proxy: Proxy) -> None:
    """Let the system itself drop all that goes to the server, and all that comes from it."""
    for side in ("--dport", "--sport"):
        _filter("-I", side, str(there.port))


def let_packets_through(there: Server, _proxy: Proxy) -> None:
    for side in ("--dport", "--sport"):
        _filter("-D", side, str(there.port))


def _filter(change: str, side: str, port: str) -> None:
    rule = [change, "INPUT", "-i", "lo", "-p", "tcp", side, port, "-j", "DROP"]
    subprocess.run([shutil.which("iptables") or "iptables", *rule], check=True)


def _can_drop_packets() -> bool:
    program = shutil.which("iptables")
    if program is None or os.geteuid() != 0:
        return False
    return (
        subprocess.run([program, "-L", "INPUT"], check=False, capture_output=True).returncode == 0
    )


FAULTS = {
    "stopped": Fault(
        lambda there, _: there.stop(), lambda there, _: there.start(), LASTING_SECONDS, away=True
    ),
    "terminated": Fault(terminate, nothing, 0, away=False),
    "frozen": Fault(
        lambda there, _: there.freeze(), lambda there, _: there.thaw(), LASTING_SECONDS, away=True
    ),
    "postmaster frozen": Fault(
        lambda there, _: there.freeze(all_of_it=False),
        lambda there, _: there.thaw(),
        LASTING_SECONDS,
        away=False,
    ),
    "commits lost": Fault(
        lambda _, way: way.lose_commits(),
        lambda _, way: way.lose_commits(losing=False),
        LASTING_SECONDS,
        away=False,
    ),
    "black hole": Fault(
        lambda _, way: way.swallow(), lambda _, way: way.recover(), HOLE_SECONDS, away=True
    ),
    "packets dropped": Fault(drop_packets, let_packets_through, HOLE_SECONDS, away=True),
}
OF_THE_SERVER = ["stopped", "terminated", "frozen", "postmaster frozen"]
OF_THE_WAY = ["commits lost", "black hole"]
OF_THE_SYSTEM = ["packets dropped"]
SHORT = [("socket", ["stopped", "terminated", *OF_THE_WAY])]
WHOLE = [(place, faults) for place in ("address", "name", "socket")
         for faults in (OF_THE_SERVER, OF_THE_WAY)]  # fmt: skip


WHOLE.append(("address", OF_THE_SYSTEM))


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.mark.timeout(0 if LONG else 600)
@pytest.mark.parametrize(("place", "names"), WHOLE if LONG else SHORT)
async def test_nothing_is_lost_and_all_is_whole_again(
    own_server: Server, tmp_path: Path, place: str, names: Sequence[str]
) -> None:
    if names == OF_THE_SYSTEM and not _can_drop_packets():
        pytest.skip("only root drops packets, and only where iptables is")
    name = f"faults_{place}_{len(names)}"
    direct = own_server.url(name=name)
    with proxy(own_server.port, own_server.sockets) as way:
        await _make(own_server, name, direct)
        port = own_server.port if names in (OF_THE_SERVER, OF_THE_SYSTEM) else way.port
        host = {"address": "127.0.0.1", "name": "localhost", "socket": str(own_server.sockets)}
        processes = Processes(
            own_server.url(host[place], port, name),
            tmp_path,
            job_lease_seconds=2,
            job_poll_seconds=0.1,
            shutdown_seconds=SHUTDOWN_SECONDS,
        )
        key = processes.found()
        try:
            for process in ("server", "worker", "second worker"):
                processes.start(process)
            processes.wait("server")
            with calling(processes.address, key) as service:
                ground = laid(service, tmp_path, towns=1, villages=VILLAGES)
                opened = _suffer(processes, key, ground, names, own_server, way)
                await verification.nothing_is_lost_or_doubled(service, ground, opened, direct)
        finally:
            processes.stop()


def _suffer(
    processes: Processes,
    key: str,
    ground: Ground,
    names: Sequence[str],
    there: Server,
    way: Proxy,
) -> list[str]:
    """Let each fault come and go amid the crowd; the campaigns opened."""
    submitters, opener = ground.submitters, Opener(ground.root_id)
    works = [submitters.submit] * SUBMITTERS + [submitters.submit_batch, opener.open_one]
    with Look(processes.address) as look, crowd(processes.address, key, works) as threads:
        for name in names:
            fault = FAULTS[name]
            wait_for(lambda: opener.at_work, "an opening is under way")
            begun = time.monotonic()
            fault.begin(there, way)
            if name in {"black hole", "packets dropped"}:
                time.sleep(fault.seconds / 2)
                asked = time.monotonic()
                processes.end("second worker")
                assert time.monotonic() - asked < SHUTDOWN_SECONDS + SLACK_SECONDS
            time.sleep(max(0, begun + fault.seconds - time.monotonic()))
            ended = time.monotonic()
            fault.end(there, way)
            known = len(submitters.acknowledged)
            wait_for(lambda: threads.failed or len(submitters.acknowledged) >= known + 10, name)  # noqa: B023 - called at once
            whole = time.monotonic() - ended
            assert not threads.failed
            noticed = look.not_ready_after(begun)
            if fault.away:
                assert noticed is not None, name
                assert noticed < READY_SECONDS + SLACK_SECONDS, name
            assert whole < WHOLE_SECONDS + SLACK_SECONDS, name
            wait_for(look.is_ready, f"ready after: {name}")
            print(f"\n{name}: not ready after {noticed}, whole after {whole:.1f} s")  # noqa: T201 - the figures of `make fault-test`
        wait_for(lambda: not opener.at_work, "the last opening is finished")
    assert way.lost or "commits lost" not in names
    return opener.opened


class Look(threading.Thread):
    """Asks all the time whether the service is ready."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._enough = threading.Event()
        self._seen: list[tuple[float, int]] = []

    def run(self) -> None:
        """Ask until it is enough."""
        with httpx2.Client(base_url=self._address, timeout=30) as http:
            while not self._enough.wait(0.1):
                answer = http.get("/healthz/ready")
                assert answer.status_code in {200, 503}, answer.text
                assert answer.is_success or answer.headers["Retry-After"]
                self._seen.append((time.monotonic(), answer.status_code))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._enough.set()
        self.join()

    def not_ready_after(self, begun: float) -> float | None:
        """How long after a moment it first said that it is not ready."""
        return next((at - begun for at, code in self._seen if code != 200 and at > begun), None)

    def is_ready(self) -> bool:
        """Whether it said last that it is."""
        return self._seen[-1][1] == 200


async def _make(there: Server, name: str, url: str) -> None:
    line = await asyncpg.connect(there.url(), timeout=5)
    await line.execute(f"CREATE DATABASE {name}")
    await line.close()
    databases.apart(schema.upgrade, url)
