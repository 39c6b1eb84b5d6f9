"""The life of a campaign: opened by a job that makes its ledger, closed with the ledger frozen."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.principal import Principal
from app.features.campaigns.errors import (
    DAY_PASSED,
    CampaignAlreadyOpened,
    CampaignClosed,
    CampaignNotOpened,
    CampaignOpening,
    CampaignSettled,
)
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.schemas.lifecycle import Waiting
from app.features.campaigns.service import campaigns, records
from app.features.tree.queries.lock import lock_structure
from app.kit import clock
from app.kit.problems import Invalid
from app.models import Campaign, Requirement

OPEN_JOB: Final = "campaign.open"
_SETTLING: Final = timedelta(days=30)


async def get_for_update(session: AsyncSession, caller: Principal, campaign_id: UUID) -> Campaign:
    """Lock and return the campaign, together with the tree; raises `NotFound` or `Forbidden`."""
    await lock_structure(session)
    return await campaigns.get_for_update(session, caller, campaign_id)


async def find_opening_job(session: AsyncSession, record: Campaign) -> UUID | None:
    """Return the job that is opening the campaign now; None if it is to be asked for (again)."""
    if record.status != "draft" or record.opening_job_id is None:
        return None
    standing = await queries.get_job_status(session, record.opening_job_id)
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


async def count_waiting(session: AsyncSession, record: Campaign) -> Waiting:
    """Return what a campaign still has before it."""
    found = await queries.count_waiting(session, record.id)

    def of(status: str) -> dict[str, int]:
        names = ("activities", "leader_records", "reports")
        return {name: found.get((name, status), 0) for name in names}

    return Waiting(
        submitted=of("submitted"),
        returned=of("returned"),
        drafts=of("draft"),
        findings=sum(n for (table, _), n in found.items() if table == "findings"),
        obligations=found.get(("obligations", "open"), 0),
        disputes=found.get(("disputes", "open"), 0),
        exemption_proposals=found.get(("exemption_proposals", "proposed"), 0),
    )


def require_closable(record: Campaign, settle_until: date | None) -> None:
    """Raise unless the campaign is open, and the day until which it settles is to come."""
    _require_opened(record)
    if record.status == "closed":
        raise CampaignClosed
    if settle_until is not None and settle_until < clock.today():
        raise Invalid([DAY_PASSED.at("/settle_until")])


async def close(session: AsyncSession, record: Campaign, settle_until: date | None) -> None:
    """Close a locked campaign: its ledger is frozen, but for what was handed in before.

    Until the day given, 30 days hence unless given, that is still reviewed, and summaries come in.
    """
    before = records.campaign_json(record)
    record.status = "closed"
    record.closed_at = clock.now()
    record.settle_until = settle_until or clock.today() + _SETTLING
    record.revision += 1
    await session.flush()
    await events.record(session, records.campaign_change("campaign.closed", record, before=before))


async def reopen(session: AsyncSession, record: Campaign, reason: str) -> list[Requirement]:
    """Let a closed campaign go on, while it settles; return whose ledger is to be brought up."""
    _require_opened(record)
    if record.status != "closed":
        raise CampaignAlreadyOpened
    if record.settle_until is None or record.settle_until < clock.today():
        raise CampaignSettled
    before = records.campaign_json(record)
    record.status, record.closed_at, record.settle_until = "open", None, None
    record.revision += 1
    await session.flush()
    change = records.campaign_change(
        "campaign.reopened", record, before=before, data={"reason": reason}
    )
    await events.record(session, change)
    # Who came, moved or left meanwhile is not in its ledger yet.
    return [item for item in await queries.list_requirements(session, record.id) if item.active]


def _require_opened(record: Campaign) -> None:
    if record.status == "draft" and record.opening_at is not None:
        raise CampaignOpening(job_id=record.opening_job_id, headers={"Retry-After": "1"})
    if record.status == "draft":
        raise CampaignNotOpened
