"""Raw connections to a real process: what is sent byte by byte, what comes back, what it costs."""

import asyncio
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import triggered
from tests.support.service import Service

MIB = 1024 * 1024
PATIENCE_SECONDS = 30.0


class Wire:
    """One connection to a service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """`opened` makes it."""
        self.reader = reader
        self.writer = writer

    @classmethod
    async def opened(cls, service: Service) -> "Wire":
        """Connect to the first process."""
        wire = cls(*await asyncio.open_connection(*place(service)))
        OPEN.append(wire)
        return wire

    async def send(self, data: bytes) -> bool:
        """Send it; whether the other side still takes anything."""
        try:
            self.writer.write(data)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.writer.drain()
        except (ConnectionError, TimeoutError):
            return False
        return not self.reader.at_eof()

    async def send_until_answered(
        self, pieces: Iterable[bytes], pause: float = 0
    ) -> tuple[int, "Answer"]:
        """Send one piece after the other until an answer comes; how much was sent, and the answer.

        Fails when all of it is taken without an answer.
        """
        answering = asyncio.create_task(self.answer())
        sent = 0
        for piece in pieces:
            if answering.done() or not await self.send(piece):
                break
            sent += len(piece)
            await asyncio.sleep(pause)
        else:
            answering.cancel()
            pytest.fail("all of it was taken")
        return sent, await answering

    async def answer(self) -> "Answer":
        """The next answer; fails when there is none in time."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            status, *lines = head.decode("latin-1").strip().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers["content-length"]))
        return Answer(int(status.split(" ")[1]), headers, body)

    async def ended(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether the other side ends the connection in time; what it sends before is skipped."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(MIB):
                    pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True

    def close(self) -> None:
        """Be gone."""
        self.writer.transport.abort()


OPEN: list[Wire] = []


async def all_closed() -> None:
    """Close whatever is open."""
    while OPEN:
        OPEN.pop().close()
    await asyncio.sleep(0.05)


class Answer:
    """Status, headers in lower case, and body."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """As they came."""
        self.status = status
        self.headers = headers
        self.body = body

    def problem(self) -> str:
        """The code of the problem that it has to be."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["connection"] == "close"
        document = json.loads(self.body)
        assert document["status"] == self.status
        assert document["request_id"] == self.headers["x-request-id"]
        triggered.elsewhere(document["code"])
        return str(document["code"])


def place(service: Service) -> tuple[str, int]:
    """Where the first process listens."""
    host, port = service.addresses[0].removeprefix("http://").split(":")
    return host, int(port)


def unread(service: Service, request: bytes) -> socket.socket:
    """Ask on a connection that takes next to nothing of the answer."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asking.connect(place(service))
    asking.sendall(request)
    return asking


def is_broken(connection: socket.socket) -> bool:
    """Whether the other side has broken it off."""
    broken: int = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return broken != 0


def memory(service: Service) -> int:
    """The bytes that the first process has in memory."""
    path = Path(f"/proc/{service.processes[0].pid}/status")
    if not path.exists():
        pytest.skip("memory is read from /proc, which this system has not")
    line = next(line for line in path.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


async def is_answered(service: Service) -> bool:
    """Whether somebody who means well is answered, on a new connection."""
    wire = await Wire.opened(service)
    await wire.send(b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n")
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        return (await wire.answer()).status == 200
    return False


def pieces(piece: bytes, size: int) -> Iterator[bytes]:
    """The piece again and again, `size` bytes in all."""
    for _ in range(size // len(piece)):
        yield piece
