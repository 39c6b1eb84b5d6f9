"""What the other tests stand on."""

import os
import socket
import urllib.request

import pytest
from sqlalchemy import select, text

from app.db import Database
from app.kit import ids
from app.models import Organization
from tests.support import databases
from tests.support.sockets import OutgoingConnectionError
from tests.support.statements import QueryCounter

ELSEWHERE = "192.0.2.1"


@pytest.mark.parametrize("code", ["first", "second"])
async def test_every_test_starts_with_an_empty_database(database: Database, code: str) -> None:
    async with database.writing() as session:
        assert list(await session.scalars(select(Organization))) == []
        root = _organization(code, parent=None)
        session.add(root)
        await session.flush()
        session.add(_organization("4406", parent=root))


async def test_databases_of_a_test_are_its_own(
    database: Database, database_copies: databases.Copies
) -> None:
    copies = {database_copies(), database_copies()}

    assert len(copies | {database.engine.url.render_as_string(hide_password=False)}) == 3


@pytest.mark.one_database
def test_what_is_marked_runs_on_one_database(backend: str) -> None:
    chosen = databases.backends_of("this one", on_one=True)
    assert backend in databases.BACKENDS
    assert len(chosen) == (len(databases.BACKENDS) if databases.ON_BOTH else 1)
    assert databases.backends_of("any other", on_one=False) == databases.BACKENDS


def test_half_of_what_is_marked_runs_on_each() -> None:
    names = [databases.backends_of(f"test_{number}", on_one=True) for number in range(1000)]
    for backend in databases.BACKENDS:
        assert sum(backend in chosen for chosen in names) > 400


async def test_statements_are_counted_alike_on_both(
    database: Database, query_counter: QueryCounter
) -> None:
    with query_counter.counting() as statements:
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
            await session.execute(text("SELECT 2"))
    async with database.reading() as session:
        await session.execute(text("SELECT 3"))

    assert statements == ["SELECT 1", "SELECT 2"]


async def test_postgresql_databases_forget_the_disk(postgresql_database: Database) -> None:
    async with postgresql_database.reading() as session:
        assert await session.scalar(text("SHOW synchronous_commit")) == "off"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_no_socket_leaves_the_machine(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as opened:
        for connect in (opened.connect, opened.connect_ex):
            with pytest.raises(OutgoingConnectionError):
                connect((ELSEWHERE, 80))


def test_nothing_is_sent_off_the_machine() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        with pytest.raises(OutgoingConnectionError):
            opened.sendto(b"", (ELSEWHERE, 80))
        with pytest.raises(OutgoingConnectionError):
            opened.sendmsg([b""], [], 0, (ELSEWHERE, 80))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            opened.sendto(b"1", other.getsockname())
            opened.connect(other.getsockname())
            opened.sendmsg([b"2"])
            assert (other.recv(9), other.recv(9)) == (b"1", b"2")


def test_no_name_is_looked_up() -> None:
    with pytest.raises(OutgoingConnectionError):
        urllib.request.urlopen("http://example.org/")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::ffff:127.0.0.1"])
def test_loopback_is_open(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as opened, pytest.raises(ConnectionRefusedError):
        opened.connect((host, 1))


async def test_what_a_killed_run_left_is_dropped(postgresql_database: Database) -> None:
    # Beyond the largest number that Linux gives a process.
    leftover, running = "dajiatan_test_4194305_0", f"dajiatan_test_{os.getpid()}_0"
    async with postgresql_database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        for name in (leftover, running):
            await connection.execute(text(f"CREATE DATABASE {name}"))

        with databases.postgresql_databases():
            names = set(await connection.scalars(text("SELECT datname FROM pg_database")))

        await connection.execute(text(f"DROP DATABASE {running}"))
    assert names & {leftover, running} == {running}


def _organization(code: str, parent: Organization | None) -> Organization:
    identifier = ids.new_id()
    return Organization(
        id=identifier,
        area_id=identifier,
        zone_id=identifier,
        type="unit",
        code=code,
        name=code,
        kind="committee",
        sector="organ",
        parent_id=parent and parent.id,
        path=f"{parent.path if parent else ''}{code}/",
    )
