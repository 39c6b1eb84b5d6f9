"""What a leader record counts for, and why it does not count for more."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.leader_records.service.direct import build_content, build_evidence
from app.features.obligations import service as obligations
from app.features.submissions.rules import Weight, weight
from app.kit.language import Language
from app.models import LeaderRecord


async def tell(
    session: AsyncSession, caller: Principal, record: LeaderRecord, language: Language
) -> dict[str, Any]:
    """Return what a record counts for; of a draft, or one returned, what it would count for."""
    if record.status == "withdrawn":
        return {}
    if not obligations.is_known(session, record.id):
        await UnitOfWork.of(session).flush()
        await find(session, record)
    return obligations.tell(session, caller, record.id, language)


async def find(session: AsyncSession, record: LeaderRecord) -> bool:
    """Find out what a record counts for; return whether it counts now."""
    campaign = await obligations.load_campaign(session, record.campaign_id)
    is_counted = weight(record.status, campaign.counts_from) is Weight.COUNTED
    if record.status != "withdrawn":
        item = build_evidence({**build_content(record), "id": record.id})
        counts_in = [record.campaign_id] if is_counted else []
        await obligations.find_effects(session, [item], counted=counts_in)
    return is_counted
