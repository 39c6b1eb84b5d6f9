"""What every test can ask for: a migrated database of either kind, and a look at its SQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import cast

import hypothesis
import pytest
import structlog

from app.db import Database
from tests.support import databases, nesting, scenes, triggered
from tests.support.client import Api, free_apps, settings, started
from tests.support.places import Place
from tests.support.sockets import refuse_outgoing
from tests.support.statements import QueryCounter

pytest_sessionfinish = triggered.pytest_sessionfinish
pytest_terminal_summary = triggered.pytest_terminal_summary
pytest_testnodedown = triggered.pytest_testnodedown

# An example's time says more about the machine than about the code.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)


def pytest_configure() -> None:
    """Close the house before anything runs."""
    # The fancy tracebacks print every local value: half a minute for one failure.
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    refuse_outgoing()
    triggered.watch()
    hypothesis.settings.load_profile("house")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests on both databases, and on one of them what is marked with `one_database`."""
    chosen = metafunc.definition.iter_markers("parametrize")
    if "backend" in metafunc.fixturenames and not any("backend" in mark.args for mark in chosen):
        marked = metafunc.definition.get_closest_marker("one_database") is not None
        names = databases.backends_of(metafunc.definition.nodeid, on_one=marked)
        metafunc.parametrize("backend", names, indirect=True)


@pytest.fixture(scope="session")
def sqlite_copies() -> Iterator[databases.Copies]:
    """Makes migrated SQLite databases."""
    with databases.sqlite_databases() as copies:
        yield copies


@pytest.fixture(scope="session")
def postgresql_copies() -> Iterator[databases.Copies]:
    """Makes migrated PostgreSQL databases."""
    with databases.postgresql_databases() as copies:
        yield copies


@pytest.fixture(scope="session")
async def sqlite_database(sqlite_copies: databases.Copies) -> AsyncIterator[Database]:
    """The SQLite database that tests share one after another."""
    async with _opened(sqlite_copies()) as database:
        nesting.watch(database.engine.sync_engine)
        yield database


@pytest.fixture(scope="session")
async def postgresql_database(postgresql_copies: databases.Copies) -> AsyncIterator[Database]:
    """The PostgreSQL database that tests share one after another."""
    async with _opened(postgresql_copies()) as database:
        yield database


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`: a test that asks for any database runs on both."""
    return cast("str", request.param)


@pytest.fixture
def database_copies(backend: str, request: pytest.FixtureRequest) -> databases.Copies:
    """Makes databases of the test's own, for what cannot share: kills, restores, migrations."""
    return cast("databases.Copies", request.getfixturevalue(f"{backend}_copies"))


@pytest.fixture
def own_database_url(database_copies: databases.Copies) -> str:
    """The address of a migrated, empty database that no other test ever sees."""
    return database_copies()


@pytest.fixture
def shared_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """The database of the backend, as the last test left it: ask for `database` instead."""
    return cast("Database", request.getfixturevalue(f"{backend}_database"))


@pytest.fixture
async def database(shared_database: Database) -> AsyncIterator[Database]:
    """A migrated database, empty at the start; emptied after the test."""
    free_apps()
    yield shared_database
    await databases.empty(shared_database)


@pytest.fixture
def database_url(database: Database) -> str:
    """The address of `database`, for a second way into it."""
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[Database]:
    """The same database as another process has it: transactions beside those of `database`."""
    other = Database(settings(database_url, pool_size=3))
    yield other
    await other.close()


@pytest.fixture
def query_counter(database: Database) -> QueryCounter:
    """Counts the SQL statements that `database` is sent."""
    return QueryCounter(database)


@asynccontextmanager
async def _opened(database_url: str) -> AsyncIterator[Database]:
    database = Database(settings(database_url))
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def api(database: Database, database_url: str) -> Api:
    """The service on `database`, its tree founded, called as its administrator."""
    return await started(database, database_url)


@pytest.fixture
async def place(api: Api) -> Place:
    """A small place where the campaign of the notices runs, with callers at each level of it."""
    return await scenes.stage("place", api, Place(api).made)
