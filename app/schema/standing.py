"""Where a database stands to this release: its own, an older one's, a newer one's, or foreign."""

from typing import Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from app.kit.language import Text
from app.schema import comparison, history

_NAMED: Final = 5
"""Differences that are named in the one line; `dajiatan db check` lists them all."""


class Unsuitable(Exception):  # noqa: N818 - what it is, not what went wrong
    """The schema is not one that this release can work with: `text` says why, and what to do."""

    def __init__(self, text: Text, **parameters: object) -> None:
        """Keep both languages: the command line says it in one of them."""
        super().__init__(text.say("en", **parameters))
        self.text = text
        self.parameters = parameters


def require_known(connection: Connection) -> bool:
    """Say whether the schema is a newer release's that serves this one.

    Raises `Unsuitable` where it is a newer one's that does not, or nobody's whom this one knows.
    """
    current = _current(connection)
    if current is None or current in history.revisions():
        return False
    said = history.recorded(connection, current)
    own = len(history.revisions())
    if said is None or said.number <= own:
        raise Unsuitable(_FOREIGN, revision=current)
    if said.oldest_number > own:
        raise Unsuitable(_TOO_NEW, release=said.release)
    return True


def require_suitable(connection: Connection) -> bool:
    """Say whether the schema is a newer one; raises `Unsuitable` where this release cannot work.

    The schema itself is compared with the models, whatever the revision says.
    """
    newer = require_known(connection)
    if newer:
        _refuse(comparison.lacking(connection))
    elif not is_head(connection):
        raise Unsuitable(_OLDER if _current(connection) else _EMPTY)
    else:
        _refuse(comparison.hindrances(connection))
    return newer


def require_own(connection: Connection) -> None:
    """Raise `Unsuitable` where tables of these names are there that no migration has made."""
    if _current(connection) is None:
        there = set(inspect(connection).get_table_names())
        ours = there & {table.name for one in comparison.METADATA for table in one.sorted_tables}
        if ours:
            raise Unsuitable(_UNVERSIONED, tables=", ".join(sorted(ours)[:_NAMED]))


def is_head(connection: Connection) -> bool:
    """Say whether the schema has had every migration of this release."""
    return _current(connection) == history.revisions()[-1]


def describe(connection: Connection) -> str:
    """Return the revision that the database has, or `empty`."""
    return _current(connection) or "empty"


def _current(connection: Connection) -> str | None:
    heads = MigrationContext.configure(connection).get_current_heads()
    return "+".join(sorted(heads)) or None


def _refuse(found: list[str]) -> None:
    if found:
        more = len(found) - _NAMED
        listed = "; ".join(found[:_NAMED]) + (f"; … (+{more})" if more > 0 else "")
        raise Unsuitable(_DIFFERENT, differences=listed)


_OLDER: Final = Text(
    "数据库结构比本版本旧，请先执行 dajiatan db upgrade。",
    "The schema is older than this release: run `dajiatan db upgrade` first.",
)
_EMPTY: Final = Text(
    "数据库尚无本服务的结构，请先执行 dajiatan db upgrade。",
    "The database has no schema of this service yet: run `dajiatan db upgrade` first.",
)
_TOO_NEW: Final = Text(
    "数据库结构属于更新的版本 {release}，本版本已不能使用。请改用该版本。",
    "The schema is that of release {release}, which this release is too old for: use that one.",
)
_FOREIGN: Final = Text(
    "数据库结构（{revision}）不属于本服务的任何已知版本，未作任何改动。"
    "请核对 DAJIATAN_DATABASE_URL。",
    "The schema ({revision}) is of no release of this service; nothing was changed. "
    "Check DAJIATAN_DATABASE_URL.",
)
_UNVERSIONED: Final = Text(
    "数据库中已有同名的表（{tables}），但并非本服务所建，未作任何改动。"
    "请核对 DAJIATAN_DATABASE_URL。",
    "Tables of these names ({tables}) are there that this service did not make; nothing was "
    "changed. Check DAJIATAN_DATABASE_URL.",
)
_DIFFERENT: Final = Text(
    "数据库结构与本版本不符：{differences}。请恢复备份，或按 dajiatan db check 所列改正。",
    "The schema is not what this release needs: {differences}. "
    "Restore a backup, or put right what `dajiatan db check` lists.",
)
