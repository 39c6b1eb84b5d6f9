"""SQL of what an export tells of."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Campaign, Export, Organization


async def load_subject(session: AsyncSession, export: Export) -> tuple[Organization, Campaign]:
    """Return the unit and the campaign of an export, as they are now."""
    unit = await session.get_one(Organization, export.org_id)
    return unit, await session.get_one(Campaign, export.campaign_id)
