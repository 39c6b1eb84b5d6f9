"""Calls of the service: in the same process, or over sockets as fast as they go."""

import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import httpx2
import structlog
from fastapi import FastAPI

PORT: Final = int(os.environ.get("BENCH_PORT") or 8765)
# A line of log for every request would be measured, too: errors only.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


class Caller:
    """A caller in the same process."""

    def __init__(self, app: FastAPI, key: str) -> None:
        """Call with a key."""
        self.etag = ""
        self._http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://bench",
            headers={"Authorization": f"Bearer {key}"},
            timeout=600,
        )

    async def get(self, path: str) -> Any:
        """Return the JSON of a GET."""
        return await self.send("GET", path)

    async def send(self, method: str, path: str, body: Any = None, *, etag: str = "") -> Any:
        """Return the JSON of any request; fail unless it is answered well."""
        headers = {"If-Match": etag} if etag else {}
        answer = await self._http.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        self.etag = answer.headers.get("etag", "")
        return answer.json() if answer.content else None


@asynccontextmanager
async def served(app: str, environment: dict[str, str]) -> AsyncIterator[None]:
    """Serve an application factory by uvicorn, one process, until the block ends."""
    command = [sys.executable, "-m", "uvicorn", app, "--factory", "--port", str(PORT),
               "--no-access-log", "--log-level", "error"]  # fmt: skip
    async with _running(command, environment):
        yield


@asynccontextmanager
async def shipped(environment: dict[str, str]) -> AsyncIterator[None]:
    """Serve by `dajiatan serve`, one process, with its protocol and its limits."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(PORT)]
    async with _running(command, environment):
        yield


@asynccontextmanager
async def _running(command: list[str], environment: dict[str, str]) -> AsyncIterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: ASYNC220, S603 - our own command
    try:
        for _ in range(200):
            await asyncio.sleep(0.1)
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            except OSError:
                continue
            writer.close()
            break
        yield
    finally:
        process.terminate()
        process.wait()


Request = tuple[str, str, bytes]


async def rate(
    requests: Callable[[], Iterator[Request]], key: str, connections: int, seconds: float
) -> float:
    """Return requests a second over keep-alive connections; all answers are read, must be 2xx."""
    source = requests()
    ends = time.perf_counter() + seconds
    began = time.perf_counter()
    counts = await asyncio.gather(*(_calls(source, key, ends) for _ in range(connections)))
    return sum(counts) / (time.perf_counter() - began)


async def _calls(source: Iterator[Request], key: str, ends: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    count = 0
    while time.perf_counter() < ends:
        request = next(source, None)
        if request is None:
            break
        status, answer = await ask(reader, writer, request, key)
        assert 200 <= status < 300, answer.decode()
        count += 1
    writer.close()
    return count


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, key: str
) -> tuple[int, bytes]:
    """Send a request over an open connection; the answer's status and body."""
    method, path, body = request
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Idempotency-Key: {uuid4()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
    return int(head[9:12]), await reader.readexactly(int(length))


def encoded(body: Any) -> bytes:
    """Return the bytes of a JSON body."""
    return json.dumps(body, ensure_ascii=False).encode()


async def medians(caller: Caller, *addresses: str, times: int = 15) -> list[float]:
    """Return the median time of each GET in milliseconds, taken in turns."""
    taken: dict[str, list[float]] = {address: [] for address in addresses}
    for _ in range(times):
        for address in addresses:
            started = time.perf_counter()
            await caller.get(address)
            taken[address].append((time.perf_counter() - started) * 1000)
    return [statistics.median(taken[address]) for address in addresses]
