"""Other callers of the same service, put straight into the database without any request."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access import keys
from app.kit import ids
from app.models import ApiKey, Client, Grant
from tests.support.client import Api


async def granted(api: Api, over: Any, role: str) -> Api:
    """The API as a new client sees it that has a role over an organization's subtree."""
    org_id = UUID(over["id"])
    minted = keys.mint(api.settings.secret)
    async with api.database.writing() as session:
        client = Client(id=ids.new_id(), org_id=org_id, name=f"{role} of {over['name']}")
        session.add(client)
        await session.flush()
        key = ApiKey(client_id=client.id, prefix=minted.prefix, digest=minted.digest)
        grant = Grant(client_id=client.id, role=role, org_id=org_id)
        session.add_all([key, grant])
        await _tell(session, client, key, grant)
    return api.with_key(minted.key)


async def also(api: Api, holder: Api, over: Any, role: str) -> None:
    """Give the client of a key one more role."""
    assert holder.key is not None
    prefix = keys.read_prefix(holder.key)
    async with api.database.writing() as session:
        row = select(ApiKey.client_id).where(ApiKey.prefix == prefix)
        client_id = (await session.execute(row)).scalar_one()
        grant = Grant(client_id=client_id, role=role, org_id=UUID(over["id"]))
        session.add(grant)
        await _tell(session, grant)


async def _tell(session: AsyncSession, *rows: Any) -> None:
    """Enter the rows into the trail, as the service does."""
    await session.flush()
    for row in rows:
        await events.restate(session, type(row), [row.id])
