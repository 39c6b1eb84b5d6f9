"""Make a backup: a whole file under its name, or none."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from app import __version__
from app.backup import files, postgresql, sqlite
from app.backup.archive import Head, Manifest, Writer, key_check
from app.backup.failures import EXISTS, NO_ROOM, NotDone
from app.db import Database
from app.kit import clock
from app.kit.language import Text
from app.kit.storage import Storage
from app.schema import head_revision
from app.settings import Settings

_LONG_SECONDS: Final = 600.0
_BATCH: Final = 20
_TABLES: Final = Text("数据表", "Tables")
_DATABASE: Final = Text("数据库", "Database")
_FILES: Final = Text("附件", "Attachments")


class Shown(Protocol):
    """Shows how far the work is."""

    def progress(self, text: Text, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Begin a stage that takes so many steps; yields what is told of each."""


@dataclass(frozen=True, slots=True)
class Made:
    """The contents of a backup."""

    manifest: Manifest
    lost: list[UUID]
    """Attachments whose bytes are not in the store, or are others."""


def back_up(of: Settings, target: Path, display: Shown) -> Made:
    """Write everything as of one moment into a file; the service goes on meanwhile.

    Runs its own event loop, so call it outside of one. Raises `NotDone` where the file is there
    already or cannot be written.
    """
    if target.exists():
        raise NotDone(EXISTS, file=target)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        made = asyncio.run(_written(of, fresh, display))
        fresh.replace(target)
        _keep_name(target.parent)
    except ConnectionError:  # the database's, not the file's
        raise
    except OSError as error:
        raise NotDone(NO_ROOM, file=target, reason=error.strerror or error) from error
    finally:
        fresh.unlink(missing_ok=True)
    return made


async def _written(of: Settings, fresh: Path, display: Shown) -> Made:
    patient = {
        "statement_timeout_seconds": _LONG_SECONDS,
        "lock_timeout_seconds": _LONG_SECONDS,
        "pool_size": 3,
    }
    database = Database(of.model_copy(update=patient))
    sweeping = files.Sweeping(database, time.monotonic)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            # Before the moment of the backup: what that sees is not taken away any more.
            await sweeping.hold()
            writer = Writer(file, _head(of))
            try:
                work = _Making(of, database, sweeping, display, writer)
                made = await (work.sqlite(fresh) if of.embedded else work.postgresql())
            finally:
                writer.abandon()
            file.flush()
            os.fsync(file.fileno())
    finally:
        await database.close()
    return made


@dataclass(slots=True)
class _Making:
    settings: Settings
    database: Database
    sweeping: files.Sweeping
    display: Shown
    writer: Writer

    async def postgresql(self) -> Made:
        """Write rows, then files, both as one snapshot has them."""
        async with postgresql.snapshot(self.database) as snapshot:
            with self.display.progress(_TABLES, len(snapshot.columns)) as done:
                sequences = await snapshot.write(self.writer, self.sweeping.hold, done)
            kept = await snapshot.kept()
        return await self._finished(kept, snapshot.columns, sequences)

    async def sqlite(self, fresh: Path) -> Made:
        """Write a copy of the database's file, then the files that its rows name."""
        copied = fresh.with_suffix(".copy")
        try:
            sqlite.copy(sqlite.file_of(self.settings.database_url), copied)
            with self.display.progress(_DATABASE, copied.stat().st_size) as done:
                sqlite.write(self.writer, copied, done)
            for table, rows in sqlite.counts(copied):
                self.writer.count(f"{postgresql.ROWS}/{table}", rows)
            kept = list(sqlite.kept(copied))
        finally:
            sqlite.remove(copied)
        return await self._finished(kept, {}, {})

    async def _finished(
        self, kept: list[files.Kept], columns: dict[str, list[str]], sequences: dict[str, int]
    ) -> Made:
        storage = Storage(self.settings.storage_address)
        lost: list[UUID] = []
        with self.display.progress(_FILES, len(kept)) as done:
            for start in range(0, len(kept), _BATCH):
                await self.sweeping.hold()
                some = kept[start : start + _BATCH]
                lost += await files.write(self.writer, storage, some, done)
        lost = await files.still_there(self.database, lost)
        return Made(self.writer.close(self.settings.secret, columns, sequences), lost)


def _head(of: Settings) -> Head:
    revision, number = head_revision()
    return Head(
        release=__version__,
        revision=revision,
        number=number,
        database="sqlite" if of.embedded else "postgresql",
        made_at=clock.now().isoformat(),
        key_check=key_check(of.secret),
    )


def _keep_name(folder: Path) -> None:
    """Have the folder remember the file's name, whatever happens to the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
