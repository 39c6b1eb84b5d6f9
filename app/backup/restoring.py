"""Restore a backup: all of it, or nothing.

Everything is verified before anything is touched. Rows come back in one transaction (SQLite: in a
file beside), the attachments just before its end; then the migrations that the backup lacks.
"""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app import schema
from app.backup import files, postgresql, sqlite
from app.backup.archive import (
    FILES,
    Head,
    Manifest,
    grouped,
    read_head,
    readable,
    unpacked,
    verified,
)
from app.backup.failures import IN_USE, NEWER, NO_KEY, NOT_EMPTY, OTHER_DATABASE, NotDone
from app.backup.making import Shown
from app.kit.language import Text
from app.kit.storage import Storage
from app.settings import Settings

_LOCK_NOT_AVAILABLE: Final = "55P03"
_TABLES: Final = Text("数据表", "Tables")
_FILES: Final = Text("附件", "Attachments")
_VERIFIED: Final = Text("已核对备份文件", "Backup verified")

Members = Iterator[tuple[str, IO[bytes]]]


def restore(of: Settings, source: Path, display: Shown, *, replace: bool) -> Manifest:
    """Bring back what a backup holds; with `replace` in place of whatever is there.

    Runs its own event loop, so call it outside of one. Raises `NotDone` where nothing was changed.
    """
    if of.secret_key is None and not (of.state_dir / "secret.key").exists():
        raise NotDone(NO_KEY, folder=of.state_dir)
    _accept(of, read_head(source, of.secret))
    work = _Restoring(of, source, display, replace=replace)
    work.refuse_occupied()
    with display.progress(_VERIFIED, 1) as done:
        manifest = verified(source, of.secret)
        done(1)
    with readable():
        if of.embedded:
            work.sqlite(manifest)
        else:
            asyncio.run(work.postgresql(manifest))
    if not of.embedded:
        schema.upgrade(of.database_url)
    return manifest


def _accept(of: Settings, head: Head) -> None:
    own = "sqlite" if of.embedded else "postgresql"
    if head.database != own:
        raise NotDone(OTHER_DATABASE, kind=head.database)
    if head.revision not in schema.revisions():
        raise NotDone(NEWER, release=head.release)


class _Restoring:
    """One restore of a file whose head is accepted."""

    def __init__(self, of: Settings, source: Path, display: Shown, *, replace: bool) -> None:
        self._settings = of
        self._source = source
        self._display = display
        self._replace = replace

    def refuse_occupied(self) -> None:
        """Refuse a target with rows, before the long reading."""
        url = self._settings.database_url
        if self._settings.embedded:
            schema.make_folder(url)
            if not (self._replace or sqlite.is_vacant(sqlite.file_of(url))):
                raise NotDone(NOT_EMPTY)
        else:
            asyncio.run(self._look())

    def sqlite(self, manifest: Manifest) -> None:
        """Make the database beside the target, bring it up to this release, and exchange them."""
        # Where a link leads to: that may be another disk.
        target = sqlite.file_of(self._settings.database_url).resolve()
        fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            for group, members in grouped(self._source):
                if group == sqlite.FILE:
                    sqlite.write_file(unpacked(members), fresh)
                    schema.upgrade(f"sqlite:///{fresh}")
                elif group == FILES:
                    asyncio.run(self._put_back(manifest, members))
            self.refuse_occupied()
            sqlite.exchange(fresh, target)
        finally:
            sqlite.remove(fresh)

    async def postgresql(self, manifest: Manifest) -> None:
        """Make the backup's own schema and its rows in one transaction."""
        async with schema.alone(self._settings.database_url, lambda: None) as connection:
            try:
                async with connection.begin():
                    await self._refuse_occupied(connection)
                    await postgresql.clear(connection)
                    await connection.run_sync(schema.make_empty, manifest.head.revision)
                    await self._read(connection, manifest)
                    await postgresql.set_sequences(connection, manifest)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                    raise NotDone(IN_USE) from error
                raise

    async def _look(self) -> None:
        async with schema.alone(self._settings.database_url, lambda: None) as connection:
            await self._refuse_occupied(connection)

    async def _refuse_occupied(self, connection: AsyncConnection) -> None:
        if self._replace:
            return
        await connection.run_sync(schema.require_known)
        if not await postgresql.is_vacant(connection):
            raise NotDone(NOT_EMPTY)

    async def _read(self, connection: AsyncConnection, manifest: Manifest) -> None:
        total = len(manifest.columns)
        with self._display.progress(_TABLES, total) as done:
            for group, members in grouped(self._source):
                if group == FILES:
                    await self._put_back(manifest, members)
                elif group.startswith(f"{postgresql.ROWS}/"):
                    await postgresql.read_table(connection, manifest, group, unpacked(members))
                    done(1)

    async def _put_back(self, manifest: Manifest, members: Members) -> None:
        storage = Storage(self._settings.storage_address)
        with self._display.progress(_FILES, manifest.groups[FILES].parts) as done:
            await files.put_back(storage, members, done)
