"""Nothing waits for ever: every limit of `.env.example` ends what it is there to end."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.issuers import Issuers
from app.db import Database
from app.http.failures import find_problem
from app.kit.problems import Unavailable
from app.settings import DatabaseSettings, OidcIssuer
from tests.support import databases
from tests.support.pgbouncer import SERVER_CONNECTIONS, pgbouncer

LIMITS = {
    "statement_timeout": "400ms",
    "lock_timeout": "200ms",
    "idle_in_transaction_session_timeout": "500ms",
    "jit": "off",
    "TimeZone": "UTC",
    "application_name": "dajiatan",
}
SHORT: dict[str, Any] = {
    "pool_size": 2 * SERVER_CONNECTIONS,
    "statement_timeout_seconds": 0.4,
    "lock_timeout_seconds": 0.2,
    "idle_in_transaction_timeout_seconds": 0.5,
}


@pytest.fixture(params=["direct", "pgbouncer"])
async def limited(
    request: pytest.FixtureRequest, postgresql_copies: databases.Copies
) -> AsyncIterator[Database]:
    """PostgreSQL with short limits, itself and behind pgbouncer in transaction mode."""
    url = postgresql_copies()
    if request.param == "direct":
        async with _opened(DatabaseSettings(database_url=url, **SHORT)) as database:
            yield database
        return
    # pgbouncer runs as nobody where the tests run as root: not below a folder of root's alone.
    with tempfile.TemporaryDirectory() as folder, pgbouncer(url, Path(folder)) as pooled:
        settings = DatabaseSettings(database_url=pooled, pgbouncer=True, **SHORT)
        async with _opened(settings) as database:
            yield database


async def test_every_transaction_has_its_limits(limited: Database) -> None:
    async def look(session: AsyncSession) -> None:
        found = {name: await session.scalar(text(f"SHOW {name}")) for name in LIMITS}
        assert found == LIMITS

    async def read() -> None:
        async with limited.reading() as session:
            await look(session)

    async def write() -> None:
        async with limited.writing() as session:
            await look(session)

    await asyncio.gather(*(work() for _ in range(10) for work in (read, write)))


@pytest.mark.parametrize("limited", ["pgbouncer"], indirect=True)
async def test_nothing_is_left_on_a_connection_that_changes_hands(limited: Database) -> None:
    async with limited.writing() as session:
        await session.execute(text("SELECT 1"))
    url = limited.engine.url.set(drivername="postgresql")
    stranger: Any = await asyncpg.connect(str(url), statement_cache_size=0)
    for _ in range(2 * SERVER_CONNECTIONS):
        assert await stranger.fetchval("SHOW statement_timeout") == "0"
        assert await stranger.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
    await stranger.close()


async def test_a_long_statement_and_a_long_wait_for_a_lock_end(limited: Database) -> None:
    with pytest.raises(DBAPIError) as slow:
        async with limited.reading() as session:
            await session.execute(text("SELECT pg_sleep(30)"))
    lock = text("SELECT pg_advisory_xact_lock(1)")
    async with limited.writing() as session:
        await session.execute(lock)
        with pytest.raises(DBAPIError) as locked:
            async with limited.writing() as other:
                await other.execute(lock)
    for ended, code in ((slow, "57014"), (locked, "55P03")):
        assert getattr(ended.value.orig, "sqlstate", None) == code
        assert isinstance(find_problem(ended.value), Unavailable)


async def test_a_transaction_that_is_left_alone_frees_its_lock(limited: Database) -> None:
    lock = text("SELECT pg_try_advisory_xact_lock(2)")

    async def free() -> bool:
        async with limited.writing() as session:
            return bool(await session.scalar(lock))

    async def forget() -> None:
        async with limited.writing() as session:
            assert await session.scalar(lock)
            while not await free():  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.05)
            await session.execute(text("SELECT 1"))

    with pytest.raises(DBAPIError) as ended:
        await asyncio.wait_for(forget(), 60)
    assert isinstance(find_problem(ended.value), Unavailable)
    assert await free()


async def test_no_connection_is_waited_for_for_ever(database_url: str) -> None:
    settings = DatabaseSettings(database_url=database_url, pool_size=1, pool_timeout_seconds=0.1)
    async with _opened(settings) as database, database.reading() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(PoolTimeoutError) as refused:
            async with database.reading() as other:
                await other.execute(text("SELECT 1"))
    assert isinstance(find_problem(refused.value), Unavailable)


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    async with _dumb_server("") as port:
        url = f"postgresql://somebody@127.0.0.1:{port}/somewhere"
        settings = DatabaseSettings(database_url=url, connect_timeout_seconds=0.1)
        async with _opened(settings) as database:
            with pytest.raises((OSError, DBAPIError)) as refused:
                async with asyncio.timeout(60), database.reading() as session:
                    await session.execute(text("SELECT 1"))
    assert isinstance(find_problem(refused.value), Unavailable)


async def test_an_issuer_whose_answer_only_drips_is_given_up() -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    async with _dumb_server(head) as port:
        issuer = OidcIssuer(
            issuer="https://id.test", audience="us", jwks_uri=f"http://127.0.0.1:{port}/jwks"
        )
        with pytest.raises(Unavailable):
            async with asyncio.timeout(60):
                await Issuers([issuer], 0.3).verify("", issuer.issuer, "a key")


@asynccontextmanager
async def _opened(settings: DatabaseSettings) -> AsyncIterator[Database]:
    database = Database(settings)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _dumb_server(greeting: str) -> AsyncIterator[int]:
    """The port of a server that says one thing and then a space every now and then, for ever."""

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting.encode())
        while not writer.is_closing() and greeting:
            writer.write(b" ")
            await asyncio.sleep(0.05)
        await over.wait()
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
