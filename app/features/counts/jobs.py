"""Background work of counts."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.counts.queries import anew


async def count_anew(session: AsyncSession) -> None:
    """Count everything again while workers of the release before may count less."""
    if await anew.is_just_upgraded(session):
        await anew.mark_all(session)
