"""The founding: whoever comes second finds the root, at the same moment too."""

import asyncio

from sqlalchemy import func, select

from app.db import Database
from app.features.accounts.service import initialise
from app.models import ApiKey, Client, Grant, Organization


async def test_processes_at_once_found_one_root(database: Database, elsewhere: Database) -> None:
    async def found(of: Database, code: str) -> str | None:
        async with of.writing() as session:
            return await initialise(session, root_code=code, root_name="组织部", secret=b"s" * 32)

    several = enumerate([database, elsewhere] * 4)
    keys = await asyncio.gather(*(found(of, str(number)) for number, of in several))
    assert sum(key is not None for key in keys) == 1
    async with database.reading() as session:
        for table in (Organization, Client, ApiKey, Grant):
            assert await session.scalar(select(func.count()).select_from(table)) == 1
