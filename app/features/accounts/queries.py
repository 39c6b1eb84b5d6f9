"""SQL of clients, keys and grants."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db import is_postgresql
from app.kit import clock
from app.kit.problems import NotFound
from app.models import ApiKey, Client, Grant, Leader, Organization, RevokedToken

_Authority: Final = aliased(Organization)


async def find_root(session: AsyncSession) -> Organization | None:
    """Return the root of the tree, None before `dajiatan init`."""
    statement = select(Organization).where(Organization.parent_id.is_(None))
    return (await session.execute(statement)).scalars().first()


def list_clients(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None = None
) -> Select[Client]:
    """Clients of units that the caller secures."""
    return select(Client).where(
        visible(caller, Client.org_id, Power.SECURE, under=under), *conditions
    )


async def get_client(
    session: AsyncSession, caller: Principal, client_id: UUID, *, lock: bool = False
) -> Client:
    """Return a client that the caller secures, locked if wanted; raises `NotFound`."""
    found: Client = await _one(session, list_clients(caller, Client.id == client_id), lock=lock)
    return found


async def find_clients(session: AsyncSession, name: str) -> Sequence[Client]:
    """Return the clients of a name, or the one whose id it is, in the order of their ids."""
    try:
        known = or_(Client.name == name, Client.id == UUID(name))
    except ValueError:
        known = Client.name == name
    return (await session.scalars(select(Client).where(known).order_by(Client.id))).all()


def list_keys(client_id: UUID) -> Select[ApiKey]:
    """Select the keys of a client that the caller may see."""
    return select(ApiKey).where(ApiKey.client_id == client_id)


async def get_key(
    session: AsyncSession, client_id: UUID, key_id: UUID, *, lock: bool = False
) -> ApiKey:
    """One key of a client that the caller may see; raises `NotFound`."""
    found: ApiKey = await _one(session, list_keys(client_id).where(ApiKey.id == key_id), lock=lock)
    return found


class GrantRow(NamedTuple):
    """A grant, and the paths of its unit and of the unit of its giver."""

    grant: Grant
    path: str
    authority: str | None


def list_grants(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None = None
) -> Select[*tuple[Any, ...]]:
    """Return the `GrantRow`s at units that the caller secures."""
    return (
        select(Grant, Organization.path.label("path"), _Authority.path.label("authority"))
        .join(Organization, Organization.id == Grant.org_id)
        .outerjoin(_Authority, _Authority.id == Grant.authority_id)
        .where(visible(caller, Grant.org_id, Power.SECURE, under=under), *conditions)
    )


async def get_grant(
    session: AsyncSession, caller: Principal, grant_id: UUID, *, lock: bool = False
) -> GrantRow:
    """Return a grant that the caller secures; raises `NotFound`."""
    statement = list_grants(caller, Grant.id == grant_id)
    if lock:
        statement = statement.with_for_update(of=Grant)
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound
    return GrantRow(*found)


async def lock_holder(session: AsyncSession, holder: str) -> None:
    """Wait for whoever is changing the grants of this holder."""
    await _lock(session, f"holder:{holder}")


async def lock_founding(session: AsyncSession) -> None:
    """Wait for whoever is making the root: a second process then finds it."""
    await _lock(session, "founding")


async def _lock(session: AsyncSession, what: str) -> None:
    """One transaction at a time, until it ends; SQLite has one writer anyway."""
    if is_postgresql(session):
        number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def load_grants(
    session: AsyncSession,
    *,
    client_id: UUID | None = None,
    issuer: str | None = None,
    subject: str | None = None,
) -> Sequence[GrantRow]:
    """Return every grant of one holder that has not expired, anywhere."""
    holder = (
        (Grant.client_id == client_id,)
        if client_id is not None
        else (Grant.issuer == issuer, Grant.subject == subject)
    )
    not_over = Grant.expires_at.is_(None) | (Grant.expires_at > clock.now())
    statement = (
        select(Grant, Organization.path.label("path"), _Authority.path.label("authority"))
        .join(Organization, Organization.id == Grant.org_id)
        .outerjoin(_Authority, _Authority.id == Grant.authority_id)
        .where(*holder, not_over)
    )
    return [GrantRow(*row) for row in await session.execute(statement)]


async def get_unit_of_client(session: AsyncSession, client_id: UUID) -> UUID | None:
    """Return the unit that answers for a client."""
    return await session.scalar(select(Client.org_id).where(Client.id == client_id))


async def find_place_of_leader(session: AsyncSession, leader_id: UUID) -> str | None:
    """Return the path of the unit that somebody leads."""
    statement = (
        select(Organization.path)
        .join(Leader, Leader.org_id == Organization.id)
        .where(Leader.id == leader_id)
    )
    return await session.scalar(statement)


async def load_leaders(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Leader]:
    """Return leading cadres by their ids, in the order of these; no statement for none."""
    if not ids:
        return ()
    statement = select(Leader).where(Leader.id.in_(ids)).order_by(Leader.id)
    return (await session.scalars(statement)).all()


async def revoke_token(session: AsyncSession, jti: str, expires_at: int) -> bool:
    """Take a token back until it ends by itself; False if it was taken back before."""
    await lock_holder(session, jti)
    if await session.get(RevokedToken, jti) is not None:
        return False
    session.add(RevokedToken(jti=jti, expires_at=datetime.fromtimestamp(expires_at, UTC)))
    await session.flush()
    return True


async def forget_ended_tokens(session: AsyncSession) -> None:
    """Delete revocations of tokens that have ended."""
    ended = delete(RevokedToken).where(RevokedToken.expires_at < clock.now())
    await session.execute(ended)


async def _one(session: AsyncSession, statement: Select[*tuple[Any, ...]], *, lock: bool) -> Any:
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
