"""What callers are told of a database that is away, hangs, or loses the answer to a COMMIT."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db import Database, Deadline
from app.db.unit_of_work import UnitOfWork
from app.http.failures import find_problem
from app.kit.problems import Conflict, Unavailable
from app.models import Job
from app.settings import DatabaseSettings
from tests.support import factories
from tests.support.client import Api, free_apps, started
from tests.support.proxy import Proxy, proxy

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])

SOON_SECONDS = 60.0
BIG = "x" * 100_000


@pytest.fixture
def way(database: Database) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of the database, and the address through it."""
    at = database.engine.url
    if at.host is None:
        pytest.skip("the tests' PostgreSQL has only a socket")
    with proxy(at.port or 5432) as made:
        through = at.set(drivername="postgresql", host="127.0.0.1", port=made.port)
        yield made, through.render_as_string(hide_password=False)


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(database_url=url, **settings))
    try:
        async with database.watched():
            yield database
    finally:
        await database.close()


@pytest.fixture
async def service(way: tuple[Proxy, str]) -> AsyncIterator[Api]:
    """The service behind the proxy, founded; its database is watched over."""
    free_apps()
    async with opened(way[1], pool_size=2) as database:
        yield await started(database, way[1], request_timeout_seconds=2)


AWAY = {
    "refused": "postgresql://root@127.0.0.1:1/nowhere",
    "no such name": "postgresql://root@database.test/nowhere",
    "no such socket": "postgresql://root@/nowhere?host=/nowhere/at/all",
}
"""Of what is not on the tests' own server."""


@pytest.mark.parametrize("how", [*AWAY, "no such database", "closed"])
async def test_a_database_that_is_away_is_503_on_every_route(
    api: Api, database_url: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_of_that_name(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody_of_that_name)
    server = database_url.rpartition("/")[0]
    names = {"no such database": f"{database_url}_not_here", "closed": f"{server}/template0"}
    async with opened(AWAY.get(how) or names[how]) as away:
        monkeypatch.setattr(api.app.state, "database", away)
        body = {"code": "X", "name": "X", "kind": "committee", "sector": "rural"}
        form = {"file": ("a.txt", b"text", "text/plain")}
        for method, path, arguments in (
            ("GET", "/healthz/ready", {}),
            ("GET", "/v1/units", {}),
            ("GET", "/v1/me", {}),
            ("POST", "/v1/units", {"json": body}),
            ("POST", "/v1/attachments", {"files": form}),
            ("POST", "/v1/oauth/token", {"data": {"grant_type": "client_credentials"}}),
        ):
            answer = await api.http.request(method, path, **arguments)
            if path == "/v1/oauth/token" and answer.status_code < 500:
                continue  # it needs no database to refuse that
            assert answer.status_code == 503, f"{path}: {answer.text}"
            assert answer.json()["code"] == "unavailable", path
            assert int(answer.headers["Retry-After"]) > 0, path


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.ProtocolViolationError("server login has been failing"),  # pgbouncer
        ConnectionResetError("reset by peer"),
        TimeoutError(),
        RuntimeError("unable to perform operation on <TCPTransport closed=True>"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_the_driver_says_of_a_lost_connection_is_503(
    database_url: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail_within(database: Database) -> None:
        async with database.writing() as session:
            connection = await session.connection()
            used: Any = (await connection.get_raw_connection()).driver_connection

            async def fail(*_: Any, **__: Any) -> None:
                if not isinstance(error, asyncpg.PostgresError):
                    used.terminate()
                raise error

            monkeypatch.setattr(used, "prepare", fail)
            await session.execute(text("SELECT 1"))

    async with opened(database_url) as database:
        with pytest.raises((DBAPIError, OSError)) as told:
            await fail_within(database)
        monkeypatch.undo()
        assert isinstance(find_problem(told.value), Unavailable)
        async with database.reading() as session:
            assert await session.scalar(text("SELECT 1")) == 1


async def test_a_lost_commit_says_that_it_may_have_been_carried_out(
    service: Api, way: tuple[Proxy, str]
) -> None:
    root = await factories.root(service)
    body = {"code": "N", "name": "N", "kind": "committee", "sector": "rural",
            "parent_id": root["id"]}  # fmt: skip
    keyed = {"Idempotency-Key": "the-same"}
    way[0].lose_commits()
    lost = await service.send("POST", "/v1/units", body, expect=503, headers=keyed)
    assert lost.json()["code"] == "outcome_unknown"
    assert int(lost.headers["Retry-After"]) > 0
    assert "Idempotency-Key" in lost.json()["detail"]
    read = await service.send("GET", "/v1/units")
    assert (read.status_code, read.json()["code"]) == (503, "unavailable")
    way[0].lose_commits(losing=False)
    again = await service.send("POST", "/v1/units", body, expect=201, headers=keyed)
    assert again.headers["Idempotency-Replayed"] == "true"


async def write(database: Database, *statements: str) -> None:
    async with database.writing() as session:
        for statement in statements:
            await session.execute(text(statement))


async def test_a_refused_commit_keeps_its_word(way: tuple[Proxy, str]) -> None:
    once = "INSERT INTO once VALUES (1)"
    async with opened(way[1]) as database:
        await write(database, "CREATE TABLE once (n int UNIQUE DEFERRABLE)", once)
        with pytest.raises(DBAPIError) as refused:
            await write(database, "SET CONSTRAINTS ALL DEFERRED", once)
        assert isinstance(find_problem(refused.value), Conflict)
        with pytest.raises(DBAPIError) as lost:
            await write(database, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert isinstance(find_problem(lost.value), Unavailable)
        await write(database, "DROP TABLE once")


async def test_readiness_and_requests_end_in_time_in_a_black_hole(
    service: Api, way: tuple[Proxy, str]
) -> None:
    await service.get("/healthz/ready")
    root = await factories.root(service)
    way[0].swallow()
    hung = [asyncio.create_task(service.send("GET", f"/v1/units/{root['id']}")) for _ in range(6)]
    ready = await service.send("GET", "/healthz/ready", expect=503)
    assert int(ready.headers["Retry-After"]) > 0
    async with asyncio.timeout(SOON_SECONDS):
        answers = await asyncio.gather(*hung)
    assert {answer.status_code for answer in answers} == {503}
    way[0].recover()
    async with asyncio.timeout(SOON_SECONDS):
        for path in ("/healthz/ready", "/v1/units"):
            while not (await service.send("GET", path)).is_success:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("rows", [100, 400])
async def test_what_waits_to_be_sent_is_cut_too(way: tuple[Proxy, str], rows: int) -> None:
    """A COPY, or one statement, of more than what fits into the buffers on the way."""

    async def send_much(database: Database) -> None:
        async with asyncio.timeout(SOON_SECONDS), database.writing(Deadline(1)) as session:
            await session.execute(text("SELECT 1"))
            way[0].swallow()
            values = {"kind": "test", "payload": {"text": BIG}, "max_attempts": 1}
            work = UnitOfWork.of(session)
            work.insert(Job, [values] * rows)
            await work.flush()

    async with opened(way[1]) as database:
        with pytest.raises(DBAPIError) as cut:
            await send_much(database)
        assert isinstance(find_problem(cut.value), Unavailable)
        way[0].recover()
        async with asyncio.timeout(SOON_SECONDS), database.reading() as session:
            assert await session.scalar(text("SELECT 1")) == 1


async def test_closing_waits_for_nobody(way: tuple[Proxy, str]) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        async with opened(way[1]) as database, database.reading() as session:
            await session.execute(text("SELECT 1"))
        database = Database(DatabaseSettings(database_url=way[1]))
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
        way[0].swallow()
        await database.close()
