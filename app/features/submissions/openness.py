"""Whether the campaigns that a submission counts in still take what becomes of it."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.submissions import queries, rules
from app.features.submissions.errors import CampaignNotOpen


class InCampaign(Protocol):
    """What counts in a campaign, or in several by `campaign_ids`."""

    campaign_id: Any


async def require_open(
    session: AsyncSession, campaign_id: UUID, *, or_settling: bool = False
) -> str:
    """Lock the campaign; return from which state on it counts, or raise `CampaignNotOpen`."""
    stage, counts_from = await queries.lock_campaign(session, campaign_id)
    if stage != "open" and not (or_settling and stage == rules.SETTLING):
        raise CampaignNotOpen(status=stage)
    return counts_from


def campaigns_of(record: InCampaign) -> list[UUID]:
    """Return the campaigns that a submission counts in: of most there is one."""
    return getattr(record, "campaign_ids", None) or [record.campaign_id]


async def require_all_open(
    session: AsyncSession, record: InCampaign, *, or_settling: bool = False
) -> None:
    """Lock the campaigns of a submission, or raise `CampaignNotOpen` for one that is closed."""
    for campaign_id in sorted(campaigns_of(record)):
        await require_open(session, campaign_id, or_settling=or_settling)


async def require_any_open(session: AsyncSession, record: InCampaign) -> None:
    """Lock the campaigns of a submission, or raise `CampaignNotOpen` where all are closed."""
    stages = [
        (await queries.lock_campaign(session, id_))[0] for id_ in sorted(campaigns_of(record))
    ]
    if not any(map(rules.is_live, stages)):
        raise CampaignNotOpen(status=stages[0])
