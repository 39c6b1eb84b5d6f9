"""Callers who hang up, at every stage: what is done for them stops, and nothing is left of them."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy import text

from app.db import Database
from app.settings import DatabaseSettings
from tests.support.service import Service, serving

EACH = 15 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
AT_ONCE = 30
# No limit of the database's own frees a connection while a test looks.
PATIENT: dict[str, Any] = {
    "lock_timeout_seconds": 100,
    "statement_timeout_seconds": 100,
    "run_worker": False,
}


class Caller:
    """Opens connections to a service and resets them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        host, _, port = service.addresses[0].removeprefix("http://").partition(":")
        self._place = (host, int(port))

    def head(self, method: str, path: str, length: int = 0, kind: str = "application/json") -> str:
        """The request without its body."""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._service.key}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )

    async def hang_up(self, sent: str, times: int, *, after: float = 0, read: int = 0) -> None:
        """Send, read so many bytes of the answer, wait, and reset; many of them at once."""
        for done in range(0, times, AT_ONCE):
            count = min(AT_ONCE, times - done)
            await asyncio.gather(*(self._one(sent, after, read) for _ in range(count)))

    async def _one(self, sent: str, after: float, read: int) -> None:
        reader, writer = await asyncio.open_connection(*self._place)
        writer.write(sent.encode())
        await writer.drain()
        if read:
            await reader.readexactly(read)
        await asyncio.sleep(after)
        writer.transport.abort()


@asynccontextmanager
async def watched(url: str, folder: Path) -> AsyncIterator[tuple[Caller, httpx2.AsyncClient]]:
    """Yield a service that must answer after the block as before, if the machine does."""
    with serving(url, folder, **PATIENT) as service:
        async with httpx2.AsyncClient(
            base_url=service.addresses[0], headers=service.headers, timeout=300
        ) as http:
            usual, pace = await seconds_of_one(http), seconds_of_a_loop()
            yield Caller(service), http
            after, paces = [], [pace]
            for _ in range(5):
                after.append(await seconds_of_one(http))
                paces.append(seconds_of_a_loop())
            # As much longer as the machine takes for the same work, while it is busy with others'.
            assert min(after) <= max(10 * usual, 1) * max(paces) / pace
            assert await is_free(http)
        assert '"level": "error"' not in service.log.read_text()


def unit_below(root: Any, number: int) -> dict[str, object]:
    """The body of a unit, in ASCII."""
    body = {"kind": "committee", "sector": "organ", "parent_id": root["id"]}
    return {"code": f"4406{number:05}", "name": f"unit {number}", **body}


async def seconds_of_one(http: httpx2.AsyncClient) -> float:
    began = time.perf_counter()
    answer = await http.get("/v1/units")
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - began


def seconds_of_a_loop() -> float:
    """Return how long the machine takes just now for what is always the same work."""
    began = time.perf_counter()
    for number in range(500_000):
        str(number)
    return time.perf_counter() - began


async def is_free(http: httpx2.AsyncClient) -> bool:
    """Whether no request has a place or waits for one, and no connection is in use."""
    for _ in range(1000):
        figures = (await http.get("/metrics")).text
        free = "dajiatan_database_connections_in_use 0.0" in figures
        taken = [line for line in figures.splitlines() if line.startswith("dajiatan_door_in_fl")]
        if free and all(line.endswith((" 0.0", '"metrics"} 1.0')) for line in taken):
            return True
        await asyncio.sleep(0.1)
    return False


@asynccontextmanager
async def looking_in(url: str) -> AsyncIterator[Any]:
    """A connection to PostgreSQL beside the service's own."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


async def test_before_the_headers_end_amid_a_body_and_amid_the_answer(
    own_database_url: str, tmp_path: Path
) -> None:
    async with watched(own_database_url, tmp_path) as (caller, http):
        whole = caller.head("GET", "/v1/units")
        await caller.hang_up(whole[: len(whole) // 2], EACH)
        await caller.hang_up(caller.head("POST", "/v1/units", 1000) + '{"code": ', EACH, after=0.1)
        form = "multipart/form-data; boundary=x"
        part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        upload = caller.head("POST", "/v1/attachments", 10_000_000, form) + part + "a" * 300_000
        await caller.hang_up(upload, EACH, after=0.1)
        assert (await http.get("/v1/attachments")).json()["data"] == []
        for path in ("/openapi.json", "/v1/units"):
            await caller.hang_up(caller.head("GET", path), EACH, read=40)


async def test_at_any_moment_of_a_write_which_is_whole_or_not_at_all(
    own_database_url: str, tmp_path: Path
) -> None:
    async with watched(own_database_url, tmp_path) as (caller, http):
        root = (await http.get("/v1/units")).json()["data"][0]
        began = time.perf_counter()
        (await http.post("/v1/units", json=unit_below(root, 0))).raise_for_status()
        usual = time.perf_counter() - began
        for number in range(1, EACH + 1):
            body = json.dumps(unit_below(root, number))
            sent = caller.head("POST", "/v1/units", len(body)) + body
            await caller.hang_up(sent, 1, after=2 * usual * (number % 15) / 15)
        await is_free(http)
        database = Database(DatabaseSettings(database_url=own_database_url))
        async with database.reading() as session:
            units = await session.scalars(text("SELECT id FROM organizations WHERE type = 'unit'"))
            events = await session.scalars(
                text("SELECT resource_id FROM events WHERE type = 'unit.created'")
            )
            made, told = sorted(map(str, units)), sorted(map(str, events))
        await database.close()
        assert made == told
        assert len(made) > 1


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_while_the_database_lets_them_wait(own_database_url: str, tmp_path: Path) -> None:
    """Reads and writes that wait for somebody's lock are gone before the lock is."""
    async with (
        watched(own_database_url, tmp_path) as (caller, http),
        looking_in(own_database_url) as lock,
        looking_in(own_database_url) as eye,
    ):
        root = (await http.get("/v1/units")).json()["data"][0]
        body = json.dumps(unit_below(root, 1))
        write = caller.head("POST", "/v1/units", len(body)) + body
        async with lock.transaction():
            await lock.execute("LOCK TABLE reports IN ACCESS EXCLUSIVE MODE")
            await lock.execute("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE")
            await caller.hang_up(caller.head("GET", "/v1/reports"), EACH, after=0.3)
            await caller.hang_up(write, EACH, after=0.3)
            assert await is_free(http)
            assert (await http.get("/v1/units")).status_code == 200
            waiting = await eye.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'dajiatan' AND state <> 'idle'"
            )
            assert waiting == 0
        units = (await http.get("/v1/units")).json()["data"]
        assert [each["id"] for each in units] == [root["id"]]
