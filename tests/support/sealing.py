"""Every event sealed, as after a quiet moment."""

import asyncio

from app.events.sealing import seal
from app.events.verification import verify
from tests.support.client import Api


async def seal_all(api: Api) -> None:
    """Seal every event; on PostgreSQL other databases of the server may hold it up."""
    unsealed = 1
    while unsealed:
        async with api.database.writing() as session:
            await seal(session, "sha256", api.settings.secret)
            unsealed = (await verify(session, api.settings.secret)).unsealed
        await asyncio.sleep(0.01)
