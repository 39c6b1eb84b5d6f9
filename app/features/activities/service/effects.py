"""What an activity counts for, and why it does not count for more."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.activities.queries import placing, reading
from app.features.activities.queries.reading import Whole
from app.features.activities.service import credits as counted
from app.features.activities.service.answers import as_item
from app.features.activities.service.checking import extend_kinds
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.submissions.rules import Weight, weight
from app.kit.language import Language


async def tell(
    session: AsyncSession, caller: Principal, whole: Whole, language: Language
) -> dict[str, Any]:
    """Return what an activity counts for; of a draft, or one returned, what it would count for."""
    if whole.activity.status == "withdrawn":
        return {}
    if not obligations.is_known(session, whole.activity.id):
        await find(session, whole)
    return obligations.tell(session, caller, whole.activity.id, language)


async def tell_of(
    session: AsyncSession, caller: Principal, activity_id: UUID, language: Language
) -> dict[str, Any]:
    """Return the same of an activity that was just entered, or sent again."""
    if obligations.is_known(session, activity_id):
        return obligations.tell(session, caller, activity_id, language)
    await UnitOfWork.of(session).flush()
    return await tell(session, caller, await reading.get(session, caller, activity_id), language)


async def find(session: AsyncSession, whole: Whole) -> bool:
    """Find out what an activity counts for; return whether it counts now."""
    activity = whole.activity
    if activity.status == "withdrawn":
        return False
    item = as_item(whole, "submitted")
    refs = await placing.load_references(session, item)
    extend_kinds([item], refs.campaigns)
    counts_in = {
        campaign.id
        for campaign in refs.campaigns.values()
        if weight(activity.status, campaign.counts_from) is Weight.COUNTED
    }
    derivations = list(counted.derive_records(activity.id, item, refs, "submitted"))
    evidence = await derived.find_evidence(session, activity.id, derivations)
    evidence += counted.build_evidence(activity.id, item, refs)
    await obligations.find_effects(session, evidence, counted=counts_in)
    return bool(counts_in)
