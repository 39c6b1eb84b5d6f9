"""Background work of accounts."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.accounts import queries


async def forget_ended_tokens(session: AsyncSession) -> None:
    """Periodic task: revoked tokens that would have ended by now need not be remembered."""
    await queries.forget_ended_tokens(session)
