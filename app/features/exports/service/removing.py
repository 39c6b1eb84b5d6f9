"""Removing exports: in time, and when somebody is erased of whom they may tell."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.exports.queries import own
from app.kit import clock
from app.kit.storage import Storage

PREFIX: Final = "exports"
_GRACE: Final = timedelta(hours=2)
"""A file without its row is left alone for so long: it may be about to get one."""
_BATCH: Final = 500


def key(export_id: UUID, digest: str) -> str:
    """Return where in the store a file is: two makings of one export are two files."""
    return f"{PREFIX}/{export_id}/{digest[:32]}"


async def sweep(session: AsyncSession, storage: Storage) -> None:
    """Remove exports whose time is over, and files that belong to none."""
    # Files first: those of the rows that go now follow once that is committed.
    old = clock.now() - _GRACE
    names = [name for name, kept_at in await storage.keys(PREFIX) if kept_at < old]
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        wanted = {UUID(name.split("/")[-2]) for name in batch}
        known = await own.find_digests(session, wanted)
        kept = {key(export_id, digest) for export_id, digest in known.items()}
        for name in set(batch) - kept:
            await storage.delete(name)
    now = clock.now()
    await _tell(session, await own.remove_due(session, now, now - timedelta(days=1)))


async def remove_overlapping(session: AsyncSession, path: str) -> list[str]:
    """Remove every export that may tell of somebody in a subtree; return where their bytes are."""
    gone = await own.remove_overlapping(session, path)
    await _tell(session, gone)
    return [key(row.id, row.sha256) for row in gone if row.sha256]


async def remove_of_campaign(session: AsyncSession, campaign_id: UUID) -> None:
    """Remove every export of a campaign."""
    await _tell(session, await own.remove_of_campaign(session, campaign_id))


async def _tell(session: AsyncSession, gone: Sequence[own.RemovedRow]) -> None:
    changes = [events.Change("export.removed", r.id, r.org_id, r.revision + 1) for r in gone]
    await events.record(session, *changes)
