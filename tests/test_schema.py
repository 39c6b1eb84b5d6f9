"""The migrations: they make what the models say, on both databases, once, and can be undone."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app import schema
from app.db import Database
from app.settings import DatabaseSettings

NEWER = "UPDATE alembic_version SET version_num = 'of-a-newer-release'"


def test_schema_agrees_with_the_models(own_database_url: str) -> None:
    assert schema.check(own_database_url) == []


def test_a_difference_is_named(own_database_url: str) -> None:
    schema.run(
        own_database_url, lambda connection: _commit(connection, "DROP INDEX ix_leaders_branch_id")
    )

    assert any("ix_leaders_branch_id" in line for line in schema.check(own_database_url))


def test_the_history_has_one_head() -> None:
    assert len(ScriptDirectory(schema.MIGRATIONS).get_heads()) == 1


def test_upgrading_again_changes_nothing(own_database_url: str) -> None:
    schema.upgrade(own_database_url)

    assert schema.check(own_database_url) == []


def test_every_migration_can_be_undone_and_done_again(own_database_url: str) -> None:
    schema.run(own_database_url, _downgrade_to_nothing)
    assert schema.run(own_database_url, _tables) == {"alembic_version"}

    schema.upgrade(own_database_url)
    assert schema.check(own_database_url) == []


def test_upgrades_at_once_wait_for_each_other(own_database_url: str) -> None:
    schema.run(own_database_url, _downgrade_to_nothing)

    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        list(executor.map(schema.upgrade, [own_database_url] * 2))

    assert schema.check(own_database_url) == []


def test_an_empty_database_is_behind(own_database_url: str) -> None:
    schema.run(own_database_url, _downgrade_to_nothing)

    assert not _is_current(own_database_url)
    assert schema.check(own_database_url)[0].startswith("schema is empty")


def test_a_newer_schema_serves_this_release_and_is_left_alone(own_database_url: str) -> None:
    schema.run(own_database_url, lambda connection: _commit(connection, NEWER))

    assert _is_current(own_database_url)
    schema.upgrade(own_database_url)


async def test_the_shared_database_is_at_the_head(database: Database) -> None:
    assert await schema.current_is_head(database)


@pytest.mark.parametrize("folders", ["new", "new/and/deeper"])
def test_the_folder_of_a_sqlite_file_is_made(
    folders: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("state") / folders / "dajiatan.db"

    schema.upgrade(f"sqlite:///{file}")

    assert file.exists()


def _is_current(database_url: str) -> bool:
    async def ask() -> bool:
        database = Database(DatabaseSettings(database_url=database_url))
        try:
            return await schema.current_is_head(database)
        finally:
            await database.close()

    return asyncio.run(ask())


def _commit(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
    connection.commit()


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _downgrade_to_nothing(connection: Connection) -> None:
    command.downgrade(schema.alembic_config(connection), "base")
