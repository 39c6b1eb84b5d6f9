"""The life of a campaign: opened by a job that makes its ledger, closed with the ledger frozen."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.principal import Principal
from app.features.campaigns import queries
from app.features.campaigns.errors import (
    CampaignAlreadyOpened,
    CampaignClosed,
    CampaignNotOpened,
    CampaignOpening,
)
from app.features.campaigns.service import campaigns, records
from app.features.tree.queries.lock import lock_structure
from app.kit import clock
from app.models import Campaign

OPEN_JOB: Final = "campaign.open"


async def locked(session: AsyncSession, caller: Principal, campaign_id: UUID) -> Campaign:
    """Lock and return the campaign, together with the tree; raises `NotFound` or `Forbidden`."""
    await lock_structure(session)
    return await campaigns.locked(session, caller, campaign_id)


async def opening_job(session: AsyncSession, record: Campaign) -> UUID | None:
    """Return the job that is opening the campaign now; None if it is to be asked for (again)."""
    if record.status != "draft" or record.opening_job_id is None:
        return None
    standing = await queries.job_status(session, record.opening_job_id)
    return record.opening_job_id if standing in {"queued", "running"} else None


async def open_campaign(session: AsyncSession, caller: Principal, record: Campaign) -> UUID:
    """Ask for the opening; the job that will carry it out.

    From this commit on the ledger is kept true for the campaign, so that what changes while the
    job makes it is not missed. An opening that was given up is taken up where it stood.
    """
    if record.status != "draft":
        raise CampaignAlreadyOpened
    before = records.campaign_json(record)
    client_id = events.call_of(session).client_id
    job_id = await jobs.enqueue(
        session,
        OPEN_JOB,
        {"campaign_id": str(record.id), "client_id": str(client_id) if client_id else None},
        org_id=record.org_id,
        created_by=caller.name,
    )
    record.opening_at = record.opening_at or clock.now()
    record.opening_job_id = job_id
    record.revision += 1
    await session.flush()
    await events.record(session, records.campaign_change("campaign.opening", record, before=before))
    return job_id


async def finish_opening(session: AsyncSession, campaign_id: UUID) -> None:
    """Open the campaign: its ledger is made."""
    record = await queries.lock_campaign(session, campaign_id)
    before = records.campaign_json(record)
    record.status = "open"
    record.revision += 1
    await session.flush()
    await events.record(session, records.campaign_change("campaign.opened", record, before=before))


async def close(session: AsyncSession, record: Campaign) -> None:
    """Close a locked campaign: nothing of it and of its ledger changes any more."""
    if record.status == "closed":
        raise CampaignClosed
    if record.status == "draft" and record.opening_at is not None:
        raise CampaignOpening(job_id=record.opening_job_id, headers={"Retry-After": "1"})
    if record.status == "draft":
        raise CampaignNotOpened
    before = records.campaign_json(record)
    record.status = "closed"
    record.closed_at = clock.now()
    record.revision += 1
    await session.flush()
    await events.record(session, records.campaign_change("campaign.closed", record, before=before))
