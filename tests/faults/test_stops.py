"""Stops under load: whoever has been let in is answered, whatever the moment of the signal.

The long form is 50 stops for each number of processes. Half the callers keep their connections,
half make a new one for each request; who finds nobody there, or is turned away, comes again.
"""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.support.databases import Copies
from tests.support.processes import Processes

STOPS = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
CALLERS = 20
REQUESTS_PER_SECOND = 100
PATIENCE_SECONDS = 30.0
ANSWERED = "200"
FORM = (
    b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n\r\n"
)


class Caller:
    """One who asks again and again; counts how each request ended."""

    def __init__(self, processes: Processes, key: str, *, keeps: bool) -> None:
        """`keeps` its connection as long as it is told that it may."""
        self.ends: Counter[str] = Counter()
        self.enough = False
        self._port = processes.port
        self._keeps = keeps
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        kind = "keep-alive" if keeps else "close"
        self._request = (
            "GET /v1/units?limit=1 HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {key}\r\nConnection: {kind}\r\n\r\n"
        ).encode()

    async def call(self) -> None:
        """Ask until it is enough."""
        loop = asyncio.get_running_loop()
        while not self.enough:
            began = loop.time()
            self.ends[await self._once()] += 1
            await asyncio.sleep(CALLERS / REQUESTS_PER_SECOND - (loop.time() - began))
        self._hang_up()
        await asyncio.sleep(0)

    async def _once(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if self._line is None:
                    try:
                        self._line = await asyncio.open_connection("127.0.0.1", self._port)
                    except ConnectionRefusedError:
                        await asyncio.sleep(0.2)
                        return "refused"
                return await self._asked(*self._line)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self._hang_up()
            return f"failed: {error!r}"

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        headers = dict(line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close" or not self._keeps:
            self._hang_up()
        status = head.split(" ", 2)[1]
        return status if status == ANSWERED else f"failed: {status} {body.decode()}"

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line[1].close()
        self._line = None


@pytest.mark.timeout(max(600, 30 * STOPS))
@pytest.mark.parametrize("processes_each", [1, 2])
async def test_no_request_fails_when_the_service_is_stopped(
    postgresql_copies: Copies, tmp_path: Path, processes_each: int
) -> None:
    processes = Processes(postgresql_copies(), tmp_path, pool_size=8, queue_seconds=30)
    key = processes.found()
    options = ("--workers", str(processes_each))
    callers = [Caller(processes, key, keeps=number % 2 == 0) for number in range(CALLERS)]
    try:
        processes.start("server", *options)
        await asyncio.to_thread(processes.wait, "server")
        calling = asyncio.gather(*(caller.call() for caller in callers))
        for _ in range(STOPS):
            await asyncio.sleep(0.7)
            await asyncio.to_thread(processes.end, "server")
            processes.start("server", *options)
            await asyncio.to_thread(processes.wait, "server")
        for caller in callers:
            caller.enough = True
        await calling
    finally:
        await asyncio.to_thread(processes.stop)
    ends = sum((caller.ends for caller in callers), Counter[str]())
    assert {end: count for end, count in ends.items() if end not in {ANSWERED, "refused"}} == {}
    assert ends[ANSWERED] > 0
    print(f"\n{STOPS} stops: {dict(ends)}")  # noqa: T201 - for whoever runs this test alone


class Line:
    """One connection of a test's own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both sides of it."""
        self.reader = reader
        self.writer = writer

    async def closing_answer(self) -> str:
        """The status of the next answer, which has to be the last of the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            text = (await self.reader.read()).decode("latin-1").lower()
        assert "connection: close" in text
        return text.split(" ", 2)[1]


@pytest.mark.parametrize(
    ("numbers", "processes_each"),
    [
        ([signal.SIGTERM], 1),
        ([signal.SIGTERM], 2),
        ([signal.SIGTERM] * 2, 1),
        ([signal.SIGINT], 1),
    ],
)
async def test_whoever_is_connected_is_answered_and_told_to_go(
    sqlite_copies: Copies, tmp_path: Path, numbers: list[signal.Signals], processes_each: int
) -> None:
    processes = Processes(sqlite_copies(), tmp_path, linger_seconds=5)
    lines: list[Line] = []
    get = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        processes.start("server", "--workers", str(processes_each))
        await asyncio.to_thread(processes.wait, "server")
        while len(lines) < 3:
            lines += [Line(*await asyncio.open_connection("127.0.0.1", processes.port))]
        new, known, half = lines
        known.writer.write(get)
        await known.reader.readuntil(b"\r\n\r\n")
        half.writer.write(FORM + b"a=")
        await asyncio.sleep(0.2)
        for number in numbers:
            processes.send("server", number)
            await asyncio.sleep(0.3)
        await asyncio.sleep(1)
        new.writer.write(get)
        known.writer.write(get)
        half.writer.write(b"bc")
        assert await new.closing_answer() == "200"
        assert "200" in await known.closing_answer()
        assert await half.closing_answer() in {"400", "401"}
        await asyncio.to_thread(processes.ended, "server")
    finally:
        for line in lines:
            line.writer.transport.abort()
        await asyncio.to_thread(processes.stop)


async def test_what_stays_half_sent_is_refused_in_the_end(
    sqlite_copies: Copies, tmp_path: Path
) -> None:
    processes = Processes(sqlite_copies(), tmp_path, shutdown_seconds=5, linger_seconds=0)
    try:
        processes.start("server")
        await asyncio.to_thread(processes.wait, "server")
        half = Line(*await asyncio.open_connection("127.0.0.1", processes.port))
        half.writer.write(FORM + b"a=")
        await asyncio.sleep(0.3)
        processes.send("server", signal.SIGTERM)
        assert await half.closing_answer() == "503"
        await asyncio.to_thread(processes.ended, "server")
        half.writer.transport.abort()
        assert '"level": "error"' not in processes.log("server")
    finally:
        await asyncio.to_thread(processes.stop)


@pytest.mark.parametrize("after_seconds", [0.0, 0.1, 0.5])
async def test_a_signal_during_the_start_ends_it(
    sqlite_copies: Copies, tmp_path: Path, after_seconds: float
) -> None:
    processes = Processes(sqlite_copies(), tmp_path)
    try:
        processes.start("server")
        await asyncio.sleep(after_seconds)
        processes.send("server", signal.SIGTERM)
        await asyncio.to_thread(processes.ended, "server", (0, -signal.SIGTERM))
        processes.start("server")
        await asyncio.to_thread(processes.wait, "server")
        await asyncio.to_thread(processes.end, "server")
    finally:
        await asyncio.to_thread(processes.stop)
