"""Migrations that are not released yet: the service runs on while they are carried out.

And the last release runs on after them. The rules are squawk's; the words for them are in
`docs/decisions/0074-an-upgrade-path.md`.
"""

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from app.schema import MIGRATIONS
from app.schema.history import number_of, oldest_number, revisions, scripts

RELEASED = {
    line.split()[1]
    for line in (MIGRATIONS / "released.txt").read_text(encoding="ascii").splitlines()
}
ELSEWHERE = {
    "prefer-bigint-over-int",  # what is counted here is small, and its type the model's business
    "prefer-robust-stmts",  # what runs twice is `app.schema.online`'s business
    "require-lock-timeout",  # set by `app.schema.upgrading`
    "require-statement-timeout",  # no limit on purpose
}
CONTRACTING = {
    "ban-drop-column",
    "ban-drop-table",
    "changing-column-type",
    "renaming-column",
    "renaming-table",
}
"""Allowed to a migration that says by `serves_from` whose code it leaves behind."""


def is_released(revision: str) -> bool:
    return Path(scripts().get_revision(revision).path).name in RELEASED


def widened(sql: str) -> set[str]:
    """Allow a check to be taken away by the statements that put another one in its place.

    And a unique key by those that make one of its columns and more: what was unique is so still,
    and who knows the old one only writes nothing that the new one refuses.
    """
    gone = re.findall(r"DROP CONSTRAINT (?:IF EXISTS )?(\w+)", sql)
    back = re.findall(r"ADD CONSTRAINT (\w+) CHECK", sql)
    for table, listed in re.findall(r"CREATE UNIQUE INDEX [\w ]+ ON (\w+) \(([\w, ]+)\)", sql):
        columns = listed.split(", ")
        back += ["_".join(("uq", table, *columns[:n])) for n in range(1, len(columns))]
    return {"ban-drop-constraint"} if set(gone) <= set(back) else set()


FRESH = [revision for revision in revisions() if not is_released(revision)]


def sql_of(upgrade: Any) -> str:
    """What an upgrade sends to PostgreSQL."""
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written, "transactional_ddl": True}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context), context.begin_transaction():
        upgrade()
    return written.getvalue()


def broken_rules(sql: str) -> set[str]:
    """The rules of squawk's that it breaks."""
    squawk = shutil.which("squawk", path=Path(sys.executable).parent)
    assert squawk is not None
    done = subprocess.run(
        [squawk, "--reporter", "json", "--stdin-filepath", "migration.sql"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    return {each["rule_name"] for each in json.loads(done.stdout)}


@pytest.mark.parametrize("revision", FRESH)
def test_new_migrations_hold_nobody_up_and_leave_nobody_behind(revision: str) -> None:
    module = scripts().get_revision(revision).module
    allowed = ELSEWHERE | (CONTRACTING if getattr(module, "serves_from", None) else set())

    assert broken_rules(sql := sql_of(module.upgrade)) - allowed - widened(sql) == set()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE leaders ADD COLUMN other text NOT NULL", "adding-required-field"),
        ("ALTER TABLE leaders DROP COLUMN post", "ban-drop-column"),
        ("ALTER TABLE leaders DROP CONSTRAINT c", "ban-drop-constraint"),
        ("CREATE INDEX other ON leaders (post)", "require-concurrent-index-creation"),
        ("ALTER TABLE leaders ALTER post SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE leaders ADD CONSTRAINT c CHECK (post > '')", "constraint-missing-not-valid"),
    ],
)
def test_what_would_is_noticed(sql: str, rule: str) -> None:
    assert rule in broken_rules(f"{sql};")


def test_the_last_release_can_always_be_taken_back() -> None:
    """No new migration leaves behind what the last release is."""
    last = max(number_of(each) for each in revisions() if is_released(each))

    assert oldest_number(revisions()[-1]) <= last
