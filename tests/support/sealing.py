"""Every event sealed, as after a quiet moment."""

from app.events.sealing import seal
from tests.support.client import Api


async def seal_all(api: Api) -> None:
    """Seal every event."""
    sealed = 1
    while sealed:
        async with api.database.writing() as session:
            sealed = await seal(session, "sha256", api.settings.secret)
