"""What an inspection counts for, and why it does not count for more."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.inspections.service.inspections import build_evidence
from app.features.obligations import service as obligations
from app.kit.language import Language
from app.models import Inspection


async def tell(
    session: AsyncSession, caller: Principal, inspection: Inspection, language: Language
) -> dict[str, Any]:
    """Return what an inspection counts for."""
    if inspection.status == "withdrawn":
        return {}
    if not obligations.is_known(session, inspection.id):
        await UnitOfWork.of(session).flush()
        await find(session, inspection)
    return obligations.tell(session, caller, inspection.id, language)


async def find(session: AsyncSession, inspection: Inspection) -> bool:
    """Find out what an inspection counts for; return whether it counts now."""
    is_counted = inspection.status == "submitted"
    await obligations.load_campaign(session, inspection.campaign_id)
    if is_counted:
        item = build_evidence(inspection)
        await obligations.find_effects(session, [item], counted=[inspection.campaign_id])
    return is_counted
