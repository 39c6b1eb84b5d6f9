"""Attachments: their bytes into a backup, and back."""

import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import jobs
from app.backup.archive import FILES, Writer
from app.db import Database
from app.features.attachments.service import key
from app.kit.storage import Storage, sha256_of
from app.models import Attachment
from app.models.jobs import PeriodicTask

SWEEP: Final = "attachments.sweep"
_HELD_SECONDS: Final = 6 * 3600.0
_RENEWED_SECONDS: Final = 600.0
_IN_MEMORY: Final = 8 * 1024 * 1024
_BATCH: Final = 500
_CHUNK: Final = 256 * 1024

Kept = tuple[UUID, str]
"""An attachment and the digest of its bytes."""


class Sweeping:
    """The sweep of files without a row, held off: it must not take what a backup still reads.

    A killed backup holds it off for a few hours.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        """`now` is a clock that never goes back."""
        self._database = database
        self._now = now
        self._until = 0.0

    async def hold(self) -> None:
        """Put it off, if the last time is a while ago; a sweep that runs is waited for."""
        if self._now() < self._until:
            return
        self._until = self._now() + _RENEWED_SECONDS
        async with self._database.writing() as session:
            later = jobs.moment(session, _HELD_SECONDS)
            sooner = (PeriodicTask.name == SWEEP, PeriodicTask.next_run_at < later)
            await session.execute(update(PeriodicTask).where(*sooner).values(next_run_at=later))
            if await session.get(PeriodicTask, SWEEP) is not None:
                return
        # No worker has run yet; one that starts at this moment is as good.
        with suppress(IntegrityError):
            async with self._database.writing() as session:
                later = jobs.moment(session, _HELD_SECONDS)
                session.add(PeriodicTask(name=SWEEP, next_run_at=later))


async def write(
    writer: Writer, storage: Storage, kept: Iterable[Kept], done: Callable[[int], None]
) -> list[UUID]:
    """Add the bytes of these; return whose bytes are not there, or are others."""
    lost = []
    for identifier, digest in kept:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            try:
                async for part in await storage.open(key(identifier)):
                    file.write(part)
            except FileNotFoundError:
                lost.append(identifier)
                continue
            size = file.tell()
            if sha256_of(file) != digest:
                lost.append(identifier)
            writer.file(FILES, f"{FILES}/{key(identifier)}", file, size)
        done(1)
    return lost


async def still_there(database: Database, lost: list[UUID]) -> list[UUID]:
    """Return which of these still have a row: the others were deleted meanwhile."""
    found: list[UUID] = []
    async with database.reading() as session:
        for start in range(0, len(lost), _BATCH):
            named = Attachment.id.in_(lost[start : start + _BATCH])
            found += await session.scalars(select(Attachment.id).where(named))
    return found


async def put_back(
    storage: Storage, members: Iterable[tuple[str, IO[bytes]]], done: Callable[[int], None]
) -> None:
    """Keep every file under its key again; the same ones twice are the same."""
    for name, content in members:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            while part := content.read(_CHUNK):
                file.write(part)
            file.seek(0)
            await storage.put(name.removeprefix(f"{FILES}/"), file)
        done(1)
