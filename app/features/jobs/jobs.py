"""Background work of jobs themselves: what was finished long ago is forgotten."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import settings_of
from app.features.jobs import queries
from app.kit import clock


async def forget_finished(session: AsyncSession) -> None:
    """Periodic task: delete jobs that ended more than the setting's days ago."""
    kept = timedelta(days=settings_of(session).job_kept_days)
    await queries.remove_finished(session, clock.now() - kept)
