"""The migrations in their order, and the table in which a database says which it has had.

A revision's number is its place in the one line of migrations, from 1. A release knows the numbers
of its own migrations only; of a newer schema it reads the number in the database, and the oldest
number whose code still works on it (`docs/decisions/0074-an-upgrade-path.md`).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    select,
)

from app import __version__
from app.kit import clock
from app.models import Base

MIGRATIONS: Final = Path(__file__).parents[2] / "migrations"

RELEASES: Final = MetaData(naming_convention=Base.metadata.naming_convention)
"""No part of the models: no request reads it, and what empties their tables leaves it."""
SCHEMA_RELEASES: Final = Table(
    "schema_releases",
    RELEASES,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", Text, nullable=False),
    Column("oldest_number", Integer, nullable=False),
    Column("release", Text, nullable=False),
    Column("upgraded_at", DateTime(timezone=True), nullable=False),
)
"""A row for each migration since there is this table: what carried it out, and whom it serves."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the database says of its newest revision."""

    number: int
    oldest_number: int
    release: str


@cache
def scripts() -> ScriptDirectory:
    """Return the migrations."""
    return ScriptDirectory(MIGRATIONS)


def revisions() -> list[str]:
    """Return every revision that this release knows, the first one first."""
    return [script.revision for script in scripts().walk_revisions()][::-1]


def number_of(revision: str) -> int:
    """Return the place of a revision in the line, from 1."""
    return revisions().index(revision) + 1


def head_revision() -> tuple[str, int]:
    """Return this release's newest revision, and its number."""
    known = revisions()
    return known[-1], len(known)


def oldest_number(revision: str) -> int:
    """Return the number of the oldest revision whose code works on the schema of this one.

    A migration that takes away what older code uses says so: `serves_from = "<revision>"`.
    """
    up_to = revisions()[: number_of(revision)]
    named = [getattr(scripts().get_revision(each).module, "serves_from", None) for each in up_to]
    return max(1, *(number_of(each) for each in named if each is not None), 1)


def recorded(connection: Connection, revision: str) -> Recorded | None:
    """Return what the database says of a revision; None where it says nothing."""
    if not inspect(connection).has_table(SCHEMA_RELEASES.name):
        return None
    columns = SCHEMA_RELEASES.c
    statement = select(columns.number, columns.oldest_number, columns.release)
    row = connection.execute(statement.where(columns.revision == revision)).one_or_none()
    return None if row is None else Recorded(*row)


def note_step(connection: Connection, revision: str, *, upgraded: bool) -> None:
    """Write down, in the migration's own transaction, that it was carried out or undone."""
    if not inspect(connection).has_table(SCHEMA_RELEASES.name):
        return
    number = number_of(revision)
    connection.execute(SCHEMA_RELEASES.delete().where(SCHEMA_RELEASES.c.number >= number))
    if upgraded:
        connection.execute(SCHEMA_RELEASES.insert().values(_row(number, revision)))


def _row(number: int, revision: str) -> dict[str, Any]:
    return {
        "number": number,
        "revision": revision,
        "oldest_number": oldest_number(revision),
        "release": __version__,
        "upgraded_at": clock.now(),
    }
