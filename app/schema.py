"""The schema's migrations: carry them out, compare them with the models, know where one stands.

The migrations are beside this package (`migrations/`); Alembic's own command line finds them
through `pyproject.toml`, the service through here.
"""

import asyncio
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url

from app.db import Database
from app.models import Base, search
from app.settings import DatabaseSettings

T = TypeVar("T")

MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"


def _is_modelled(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:  # noqa: FBT001 - Alembic's own way
    return kind != "index" or name not in search.INDEXES


COMPARISON: Final[dict[str, Any]] = {
    "compare_type": True,
    "compare_server_default": True,
    "include_object": _is_modelled,
}
"""How models and schema are compared, here and when a migration is generated."""

_MIGRATION_LOCK: Final = 4406002012
_POSTGRESQL_PREPARATION: Final = (
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    "SET lock_timeout = 0",
    # From here on: a migration that cannot have its table at once gives up, so that it never
    # holds up the requests that would queue behind it.
    "SET lock_timeout = '5s'",
)
_PAUSE_SECONDS: Final = 0.1


def upgrade(database_url: str) -> None:
    """Bring the schema to this release's head; a second process waits for the first.

    A schema made by a newer release is left as it is: it serves this release too. Runs its own
    event loop, so call it outside of one. Raises what the failing migration raises; then
    nothing has changed, but for what a migration does outside of its transaction on purpose.
    """
    run(database_url, _upgrade)


def check(database_url: str) -> list[str]:
    """Compare the schema with the models: one line for each difference, none when they agree.

    Runs its own event loop, so call it outside of one.
    """
    return run(database_url, _differences)


async def current_is_head(database: Database) -> bool:
    """Whether the schema has all that this release needs: its own head, or a newer one."""
    async with database.reading() as session:
        connection = await session.connection()
        return await connection.run_sync(_is_head)


def run(database_url: str, work: Callable[[Connection], T]) -> T:
    """Do some work on one connection to the database, alone among all migrations."""

    async def _run() -> T:
        database = Database(DatabaseSettings(database_url=database_url))
        try:
            async with database.engine.connect() as connection:
                await connection.run_sync(_prepare)
                return await connection.run_sync(work)
        finally:
            await database.close()

    _make_folder(database_url)
    return asyncio.run(_run())


def alembic_config(connection: Connection) -> Config:
    """What Alembic's commands take, to work on a connection that `run` has given."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _make_folder(database_url: str) -> None:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        _lock(connection)
        for statement in _POSTGRESQL_PREPARATION:
            connection.exec_driver_sql(statement)
        connection.commit()
        return
    # Tables are rebuilt by copying; the pragma has no effect inside a transaction, so it goes
    # past SQLAlchemy, which would begin one. `migrations/env.py` checks the keys before the end.
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.close()


def _lock(connection: Connection) -> None:
    """Keep other migrations out, for as long as the connection lasts.

    Asked for over and over: who waits in a statement would hold up an index that is built
    concurrently, which waits for every statement that began before it.
    """
    ask = f"SELECT pg_try_advisory_lock({_MIGRATION_LOCK})"
    while not connection.exec_driver_sql(ask).scalar():
        connection.rollback()
        time.sleep(_PAUSE_SECONDS)


def _upgrade(connection: Connection) -> None:
    if _is_head(connection):
        return
    connection.rollback()
    command.upgrade(alembic_config(connection), "head")


def _differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts=COMPARISON)
    if not _is_head(connection):
        current = ", ".join(context.get_current_heads()) or "empty"
        return [f"schema is {current}, this release needs {', '.join(_scripts().get_heads())}"]
    differences = [_describe(part) for part in compare_metadata(context, Base.metadata)]
    return differences + _missing_indexes(connection)


def _missing_indexes(connection: Connection) -> list[str]:
    """What PostgreSQL alone is searched by, and lacks."""
    if connection.dialect.name != "postgresql":
        return []
    names = set(connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars())
    return [f"add_index {name}" for name in search.INDEXES if name not in names]


def _describe(difference: Any) -> str:
    """A line out of Alembic's tuples: the operation and the names of what it is about."""
    if isinstance(difference, list):
        return "; ".join(_describe(part) for part in difference)
    named = (getattr(part, "name", part) for part in difference if not isinstance(part, dict))
    return " ".join(str(part) for part in named if part is not None)


def _is_head(connection: Connection) -> bool:
    current = set(MigrationContext.configure(connection).get_current_heads())
    known = {script.revision for script in _scripts().walk_revisions()}
    return current == set(_scripts().get_heads()) or bool(current - known)


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(MIGRATIONS)
