"""Upgrades amid what goes on, and killed: requests wait for none of them, and the next finishes."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg
import pytest
from sqlalchemy import Connection

from app import schema
from tests.releases.loading import load
from tests.support.databases import apart
from tests.support.processes import ROOT, wait_for

FACTOR = float(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
KILLS = max(1, round(FACTOR))
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"
READING = "BEGIN; SELECT count(*) FROM events"


@pytest.fixture
def kept(own_database_url: str) -> str:
    """The last release's database."""
    load(own_database_url)
    return own_database_url


@pytest.mark.parametrize("backend", ["postgresql"])
def test_an_upgrade_gives_its_turn_to_whoever_comes_after_it(kept: str) -> None:
    """Somebody reads for long: the migration waits, gives up, and lets the others in meanwhile."""
    gave_up = threading.Event()
    upgrading = threading.Thread(target=schema.upgrade, args=(kept, gave_up.set))
    with _transaction(kept, READING):
        upgrading.start()
        wait_for(gave_up.is_set, "the migration gives up")
        assert _value(kept, "SELECT count(*) FROM events") == 108
        assert upgrading.is_alive()
    upgrading.join()

    assert schema.check(kept) == []


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("amid", [READING, SNAPSHOT])
def test_an_upgrade_that_is_killed_while_it_waits_is_finished_by_the_next(
    kept: str, amid: str
) -> None:
    """One waits for a table, the other for an index, of which it leaves one that is not valid."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = ({})"
    own = waits.format("SELECT oid FROM pg_database WHERE datname = current_database()")
    watched = INVALID if amid == SNAPSHOT else own
    with _transaction(kept, amid):
        command = _upgrading(kept)
        wait_for(lambda: _value(kept, watched), "the migration waits")
        command.send_signal(signal.SIGKILL)
        command.wait()

    schema.upgrade(kept)

    assert schema.check(kept) == []
    assert _value(kept, INVALID) == 0


def test_an_upgrade_that_is_killed_at_any_moment_is_finished_by_the_next(
    own_database_url: str,
) -> None:
    began = time.monotonic()
    _upgrading(own_database_url).wait()
    nothing_to_do = time.monotonic() - began
    for _ in range(KILLS):
        load(own_database_url)
        command = _upgrading(own_database_url)
        time.sleep(nothing_to_do * random.uniform(0.6, 1.3))  # noqa: S311 - no secret
        command.send_signal(signal.SIGKILL)
        command.wait()

        schema.upgrade(own_database_url)

        assert schema.check(own_database_url) == []
        assert schema.run(own_database_url, _events) == 108


def _events(connection: Connection) -> int:
    found: int = connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one()
    return found


def _upgrading(url: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DAJIATAN_DATABASE_URL": url, "DAJIATAN_SECRET_KEY": "s" * 32}
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "db", "upgrade"], cwd=ROOT, env=environment
    )


@contextmanager
def _transaction(url: str, statements: str) -> Iterator[None]:
    """Somebody else's transaction, open for as long as the block lasts."""
    begun, over = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements.split(";"):
            await connection.execute(statement)
        begun.set()
        await asyncio.to_thread(over.wait)
        await connection.execute("COMMIT")
        await connection.close()

    holder = threading.Thread(target=_run, args=(hold,))
    holder.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        holder.join()


def _run(work: Callable[[], object]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]


def _value(url: str, statement: str) -> int:
    async def ask() -> int:
        connection = await asyncpg.connect(url, timeout=60)
        try:
            value: int = await asyncio.wait_for(connection.fetchval(statement), 300)
        finally:
            await connection.close()
        return value

    return int(apart(asyncio.run, ask()))
