"""Stops of one of several processes, and of the one that looks after them: the service goes on."""

import asyncio
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.databases import Copies
from tests.support.processes import Processes, wait_for

GET = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SOON_SECONDS = 120.0


@pytest.fixture
def two(sqlite_copies: Copies, tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(sqlite_copies(), tmp_path, linger_seconds=1)
    try:
        processes.start("server", "--workers", "2", "--no-worker")
        processes.wait("server")
        wait_for(lambda: processes.log("server").count("startup complete") == 2, "both are ready")
        yield processes
    finally:
        processes.stop()


def started(processes: Processes) -> list[int]:
    """Those that serve or have served, by their ids, in the order of coming."""
    found = re.findall(r"Started server process \[(\d+)\]", processes.log("server"))
    return [int(number) for number in found]


def alive(numbers: Iterable[int]) -> list[int]:
    """Those of them that have not ended."""
    return [number for number in numbers if Path(f"/proc/{number}").exists()]


async def is_answered(processes: Processes) -> bool:
    """Whether a new connection is let in and answered; a packet that is dropped takes a second."""
    async with asyncio.timeout(SOON_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", processes.port)
        writer.write(GET)
        answer = await reader.read()
        writer.close()
    return answer.startswith(b"HTTP/1.1 200")


async def answered_until(processes: Processes, done: Callable[[], bool]) -> None:
    """Ask until it is done, and a few times more; every time there is an answer."""
    async with asyncio.timeout(4 * SOON_SECONDS):
        while not done():
            assert await is_answered(processes)
            await asyncio.sleep(0.05)
    for _ in range(10):
        assert await is_answered(processes)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="who lives is read from /proc")
async def test_others_go_on_when_one_is_stopped_and_none_without_a_supervisor(
    two: Processes,
) -> None:
    one, other = started(two)
    os.kill(one, signal.SIGTERM)
    await answered_until(two, lambda: len(started(two)) == 3)

    two.send("server", signal.SIGHUP)  # one after the other is replaced
    await answered_until(two, lambda: not alive([other, started(two)[2]]))

    two.kill("server")
    await asyncio.to_thread(wait_for, lambda: not alive(started(two)), "all have ended")


async def test_a_terminal_that_closes_is_a_stop(sqlite_copies: Copies, tmp_path: Path) -> None:
    processes = Processes(sqlite_copies(), tmp_path, linger_seconds=0)
    try:
        processes.start("server")
        await asyncio.to_thread(processes.wait, "server")
        processes.send("server", signal.SIGHUP)
        await asyncio.to_thread(processes.ended, "server")
    finally:
        await asyncio.to_thread(processes.stop)
