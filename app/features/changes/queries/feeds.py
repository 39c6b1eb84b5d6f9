"""SQL of the feed of adopted writings."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible
from app.features.campaigns.queries import visible_campaigns
from app.models import Adoption, Campaign, Report

ENTRIES = 50
"""Writings in a feed: those adopted last."""


async def campaign(session: AsyncSession, caller: Principal | None, name: str) -> Campaign | None:
    """The campaign of an id or a code, if it is public or the caller sees it."""
    try:
        named: ColumnElement[bool] = Campaign.id == UUID(name)
    except ValueError:
        named = Campaign.code == name
    public = select(Campaign).where(named, Campaign.public_feed)
    found: Campaign | None = (await session.execute(public)).scalar_one_or_none()
    if found is None and caller is not None:
        found = (await session.execute(visible_campaigns(caller, named))).scalar_one_or_none()
    return found


async def adopted(
    session: AsyncSession, caller: Principal | None, campaign_id: UUID
) -> Sequence[Report]:
    """The writings adopted last, the latest first; without a caller those of everybody."""
    latest = (
        select(Adoption.report_id, func.max(Adoption.adopted_on).label("day"))
        .where(Adoption.campaign_id == campaign_id)
        .group_by(Adoption.report_id)
        .subquery("latest")
    )
    statement = (
        select(Report)
        .join(latest, latest.c.report_id == Report.id)
        .where(
            Report.status.in_(("submitted", "accepted")),
            true() if caller is None else visible(caller, Report.org_id),
        )
        .order_by(latest.c.day.desc(), Report.id.desc())
        .limit(ENTRIES)
    )
    return (await session.execute(statement)).scalars().all()
