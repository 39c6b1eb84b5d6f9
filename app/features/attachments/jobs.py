"""Background work of attachments."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.attachments import service
from app.kit.storage import Storage
from app.settings import Settings


async def sweep(session: AsyncSession) -> None:
    """Periodic task: remove bytes that never got a row, or lost it."""
    await service.sweep(session, Storage(Settings().storage_address))
