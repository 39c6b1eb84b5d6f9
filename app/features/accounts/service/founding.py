"""The founding: the root unit, its administrator and the first key."""

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access import keys
from app.features.accounts import queries
from app.kit import ids
from app.models import ApiKey, Client, Grant, Organization
from app.models.vocabulary import Role


async def initialise(
    session: AsyncSession, *, root_code: str, root_name: str, secret: bytes
) -> str | None:
    """Make the root unit, an administrator client and its first key.

    Returns the key, which is kept nowhere else, or None if the tree has a root already.
    """
    await queries.lock_founding(session)
    if await queries.find_root(session) is not None:
        return None
    root = _root(root_code, root_name)
    session.add(root)
    await session.flush()
    client = Client(id=ids.new_id(), org_id=root.id, name="administrator")
    session.add(client)
    await session.flush()
    minted = keys.mint(secret)
    key = ApiKey(client_id=client.id, prefix=minted.prefix, digest=minted.digest)
    grant = Grant(client_id=client.id, role=Role.ADMIN, org_id=root.id)
    session.add_all([key, grant])
    await session.flush()
    await events.record(
        session,
        events.Change("unit.created", root.id, root.id, 1),
        events.Change("client.created", client.id, root.id, 1, row=client),
        events.Change("key.created", key.id, root.id, 1, row=key),
        events.Change("grant.created", grant.id, root.id, 1, row=grant),
    )
    return minted.key


def _root(code: str, name: str) -> Organization:
    root_id = ids.new_id()
    return Organization(
        id=root_id,
        type="unit",
        code=code,
        name=name,
        kind="organization_department",
        sector="organ",
        path=ids.path_segment(root_id),
        area_id=root_id,
        zone_id=root_id,
    )
