"""SQLite: a copy of the file as of one moment, and one that takes the file's place."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import make_url

from app.backup.archive import Writer
from app.backup.failures import IN_USE, NotDone
from app.backup.files import Kept
from app.models import Base

FILE: Final = "database"
_PART: Final = 4 * 1024 * 1024
_WAIT_SECONDS: Final = 60.0
_KIND: Final = 0xFF
"""An extended code of SQLite's without what it is more precisely."""
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED: Final = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def file_of(database_url: str) -> Path:
    """Return where the database is."""
    return Path(make_url(database_url).database or ":memory:")


def copy(source: Path, target: Path) -> None:
    """Write a copy as of one moment; writers go on meanwhile."""
    with closing(sqlite3.connect(source, timeout=_WAIT_SECONDS)) as connection:
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _KIND != sqlite3.SQLITE_FULL:
                raise
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error


def write(writer: Writer, copied: Path, done: Callable[[int], None]) -> None:
    """Add the copied file in parts."""
    with copied.open("rb") as file:
        while part := file.read(_PART):
            writer.part(FILE, part)
            done(len(part))


def counts(copied: Path) -> Iterator[tuple[str, int]]:
    """Yield every table with the number of its rows."""
    with closing(sqlite3.connect(copied)) as connection:
        for table in Base.metadata.sorted_tables:
            asked = f'SELECT count(*) FROM "{table.name}"'  # noqa: S608 - a name out of the models
            yield table.name, connection.execute(asked).fetchone()[0]


def kept(copied: Path) -> Iterator[Kept]:
    """Yield the attachments."""
    with closing(sqlite3.connect(copied)) as connection:
        for identifier, digest in connection.execute("SELECT id, sha256 FROM attachments"):
            yield UUID(identifier), digest


def is_vacant(target: Path) -> bool:
    """Say whether there is no file, or no row in it."""
    if not target.exists():
        return True
    with closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        return not any(
            connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table.name}")').fetchone()[0]  # noqa: S608 - a name out of the models
            for table in Base.metadata.sorted_tables
            if table.name in names
        )


def write_file(content: Iterable[bytes], target: Path) -> None:
    """Write the parts of a database into a file."""
    with target.open("wb") as file:
        target.chmod(0o600)
        for part in content:
            file.write(part)


def exchange(fresh: Path, target: Path) -> None:
    """Put a fresh file in the place of another; refuses while anybody uses that."""
    if target.exists():
        _empty_log(target)
    for ending in ("-wal", "-shm"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(target)


def remove(fresh: Path) -> None:
    """Take away a file and what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{fresh}{ending}").unlink(missing_ok=True)


def _empty_log(target: Path) -> None:
    """Leave the write-ahead log: only who is alone with the file can do that.

    A damaged file's log is of no use: that it is damaged may be why it is replaced.
    """
    try:
        with closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        kind = error.sqlite_errorcode & _KIND
        if kind in _BUSY:
            raise NotDone(IN_USE) from error
        if kind not in _DAMAGED:
            raise
