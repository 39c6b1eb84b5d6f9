"""Background work of exports."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import settings_of
from app.features.exports.service import making, removing
from app.kit.storage import Storage

make = making.make
"""`export.make`: what takes long, in no transaction."""
keep = making.keep
"""`export.make`: its one step."""


async def sweep(session: AsyncSession) -> None:
    """Periodic task: remove exports whose time is over."""
    await removing.sweep(session, Storage(settings_of(session).storage_address))
