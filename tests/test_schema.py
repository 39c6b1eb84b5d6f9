"""The migrations: they make what the models say, on both databases, once, and can be undone."""

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app import schema
from app.schema import standing

FOREIGN = "UPDATE alembic_version SET version_num = 'of-a-newer-release'"
FEWER_STATES = """
ALTER TABLE jobs DROP CONSTRAINT ck_jobs_status, ADD CONSTRAINT ck_jobs_status
CHECK (status IN ('queued', 'running', 'succeeded', 'failed'))
"""
NEWER = "INSERT INTO schema_releases VALUES ({}, 'of-a-newer-release', {}, '9.0.0', '2099-01-01')"


def test_schema_agrees_with_the_models(own_database_url: str) -> None:
    assert schema.check(own_database_url) == []


def test_a_difference_is_named(own_database_url: str) -> None:
    schema.run(
        own_database_url, lambda connection: _commit(connection, "DROP INDEX ix_leaders_branch_id")
    )

    assert any("ix_leaders_branch_id" in line for line in schema.check(own_database_url))


def test_the_history_has_one_head() -> None:
    assert len(ScriptDirectory(schema.MIGRATIONS).get_heads()) == 1


def test_released_migrations_are_as_they_were_released() -> None:
    """Once somebody's database has had it, a change of a migration reaches nobody."""
    lines = (schema.MIGRATIONS / "released.txt").read_text(encoding="ascii").splitlines()
    folder = schema.MIGRATIONS / "versions"
    edited = [
        name
        for digest, name in (line.split() for line in lines)
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]

    assert lines
    assert edited == []


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

    assert "no schema of this service" in _refused(own_database_url)
    assert schema.check(own_database_url)[0].startswith("schema is empty")


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["DROP INDEX ix_leaders_branch_id"], "add_index leaders.ix_leaders_branch_id"),
        (["DROP TABLE reminders"], "add_table reminders"),
        (["ALTER TABLE leaders RENAME post TO job"], "add_column leaders post"),
        (["ALTER TABLE leaders ADD COLUMN other TEXT"], "remove_column leaders other"),
        (["CREATE UNIQUE INDEX one ON leaders (name, id)"], "remove_index leaders.one"),
        ([FOREIGN], "of no release of this service"),
        ([FOREIGN, NEWER.format(1, 1)], "of no release of this service"),
        ([FOREIGN, NEWER.format(99, 99)], "release 9.0.0"),
        ([FOREIGN, NEWER.format(99, 1), "DROP TABLE reminders"], "add_table reminders"),
        ([FOREIGN, NEWER.format(99, 1), "ALTER TABLE leaders RENAME post TO job"], "leaders post"),
        (["DROP TABLE alembic_version"], "did not make"),
    ],
)
def test_a_schema_that_is_not_what_this_release_needs_is_refused(
    database_url: str, statements: list[str], named: str
) -> None:
    """The revision's id says that it is up to date: what counts is what is there."""
    assert named in _refused(database_url, "DELETE FROM schema_releases", *statements)


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE leaders ALTER post DROP NOT NULL", "modify_nullable leaders post"),
        ("ALTER TABLE leaders ALTER sort_order TYPE bigint", "modify_type leaders sort_order"),
        ("ALTER TABLE own_counts DROP CONSTRAINT pk_own_counts", "modify_primary_key own_counts"),
        ("ALTER TABLE clients DROP CONSTRAINT fk_clients_org_id_organizations", "add_fk"),
        ("ALTER TABLE campaigns DROP CONSTRAINT uq_campaigns_code", "add_constraint"),
        ("ALTER TABLE jobs DROP CONSTRAINT ck_jobs_status", "add_constraint jobs.ck_jobs_status"),
        (FEWER_STATES, "modify_check jobs ck_jobs_status"),
        ("DROP FUNCTION dajiatan_sought", "add_function dajiatan_sought"),
    ],
)
def test_what_only_postgresql_can_alter_is_noticed(
    database_url: str, statement: str, named: str
) -> None:
    assert named in _refused(database_url, statement)


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE INDEX own ON leaders (name)", "CREATE TABLE notes (at TEXT)"],
        [FOREIGN, NEWER.format(99, 1), "ALTER TABLE leaders ADD COLUMN other TEXT"],
    ],
)
def test_what_an_operator_or_a_newer_release_adds_is_no_hindrance(
    database_url: str, statements: list[str]
) -> None:
    assert _refused(database_url, *statements) == ""


def test_a_newer_schema_that_serves_this_release_is_left_alone(own_database_url: str) -> None:
    schema.run(own_database_url, lambda connection: _commit(connection, FOREIGN))
    schema.run(own_database_url, lambda connection: _commit(connection, NEWER.format(99, 1)))

    schema.upgrade(own_database_url)
    assert schema.is_newer(own_database_url)


@pytest.mark.parametrize("folders", ["new", "new/and/deeper"])
def test_the_folder_of_a_sqlite_file_is_made(
    folders: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("state") / folders / "dajiatan.db"

    schema.upgrade(f"sqlite:///{file}")

    assert file.exists()


def _refused(database_url: str, *statements: str) -> str:
    """Return why this release would not work with the schema after some statements: one line."""

    def ask(connection: Connection) -> str:
        for statement in statements:
            connection.exec_driver_sql(statement)
        try:
            standing.require_own(connection)
            standing.require_suitable(connection)
        except schema.Unsuitable as unsuitable:
            return str(unsuitable)
        finally:
            connection.rollback()
        return ""

    found = schema.run(database_url, ask)
    assert "\n" not in found
    return found


def _commit(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
    connection.commit()


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _downgrade_to_nothing(connection: Connection) -> None:
    command.downgrade(schema.alembic_config(connection), "base")
