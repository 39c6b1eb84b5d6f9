"""Periods that begin: found by the worker, their obligations made by a job for each requirement."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import jobs
from app.features.campaigns.service.campaigns import RECONCILE_JOB
from app.features.obligations import service as obligations
from app.features.tree.queries.lock import lock_structure

OPEN_JOB: Final = "requirement.open_periods"


async def open_begun(session: AsyncSession) -> None:
    """Open the periods that have begun in open campaigns, all that nobody opened before."""
    if not await obligations.find_behind(session):
        return
    await lock_structure(session)
    # Another worker may have come first.
    behind = await obligations.find_behind(session)
    await obligations.follow_days(session, [each.requirement_id for each in behind])
    for each in behind:
        kind = OPEN_JOB if each.only_new else RECONCILE_JOB
        payload = {
            "campaign_id": str(each.campaign_id),
            "requirement_id": str(each.requirement_id),
            "client_id": None,
        }
        await jobs.enqueue(session, kind, payload, org_id=each.org_id, created_by=None)


async def open_step(
    session: AsyncSession, requirement_id: UUID, after: str | None
) -> tuple[int, str | None]:
    """Make what the next subjects owe in periods that have begun: how many, and where to go on."""
    start = UUID(after) if after else None
    size, last = await obligations.open_periods_step(session, requirement_id, start)
    return size, str(last) if last is not None else None
