"""Writes of clients and their keys."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access import keys
from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.features.accounts import queries, rules
from app.features.accounts.errors import (
    NOT_AHEAD,
    UNIT_NOT_SECURED,
    UNIT_TO_BE_NAMED,
    KeyNotInForce,
    OwnAccess,
    WiderThanCaller,
)
from app.features.accounts.schemas import (
    ClientFields,
    ClientIn,
    ClientOut,
    KeyIn,
    KeyOut,
    NewKeyOut,
    Rotation,
)
from app.kit import clock, ids
from app.kit.ids import path_ids
from app.kit.problems import Forbidden, Invalid, NotFound
from app.models import ApiKey, Client
from app.models.vocabulary import Role


async def create(session: AsyncSession, caller: Principal, body: ClientIn) -> ClientOut:
    """Make a new client without keys or grants."""
    unit_id = body.unit_id or _own_unit(caller)
    try:
        await get_organization(session, caller, unit_id, Power.SECURE)
    except (NotFound, Forbidden) as problem:
        raise Invalid([UNIT_NOT_SECURED.at("/unit_id")]) from problem
    made = Client(id=ids.new_id(), org_id=unit_id, **body.model_dump(exclude={"unit_id"}))
    session.add(made)
    await session.flush()
    out = ClientOut.model_validate(made)
    await _record(session, made, "client.created", after=out)
    return out


async def change(
    session: AsyncSession, caller: Principal, client: Client, fields: ClientFields
) -> ClientOut:
    """Rename, describe, stop or start a client."""
    if client.id == caller.client_id and not fields.active:
        raise OwnAccess
    if fields.active and not client.active:
        await _refuse_wider(session, caller, client.id)
    before = ClientOut.model_validate(client)
    for name, value in fields.model_dump().items():
        setattr(client, name, value)
    client.revision += 1
    await session.flush()
    out = ClientOut.model_validate(client)
    await _record(session, client, "client.updated", before=before, after=out)
    return out


async def add_key(
    session: AsyncSession, caller: Principal, client: Client, body: KeyIn, secret: bytes
) -> NewKeyOut:
    """Make a new key of a client, for who could do all that the client can."""
    if body.expires_at is not None and body.expires_at <= clock.now():
        raise Invalid([NOT_AHEAD.at("/expires_at")])
    await _refuse_wider(session, caller, client.id)
    return await mint_key(session, client, body, secret)


async def mint_key(session: AsyncSession, client: Client, body: KeyIn, secret: bytes) -> NewKeyOut:
    """Make a new key of a client; whether that is allowed, the caller of this has decided."""
    minted = keys.mint(secret)
    made = ApiKey(
        id=ids.new_id(),
        client_id=client.id,
        prefix=minted.prefix,
        digest=minted.digest,
        expires_at=body.expires_at,
    )
    session.add(made)
    await session.flush()
    out = KeyOut.model_validate(made)
    await _record(session, client, "key.created", key=made, after=out)
    return NewKeyOut(**out.model_dump(), key=minted.key)


async def rotate(
    session: AsyncSession,
    caller: Principal,
    client: Client,
    key: ApiKey,
    body: Rotation,
    secret: bytes,
) -> NewKeyOut:
    """Make a new key; the old one works on for the overlap and no longer."""
    now = clock.now()
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise KeyNotInForce
    made = await add_key(session, caller, client, KeyIn(expires_at=body.expires_at), secret)
    before = KeyOut.model_validate(key)
    ends = now + timedelta(seconds=body.overlap_seconds)
    key.expires_at = min(ends, key.expires_at or ends)
    key.revision += 1
    await session.flush()
    after = KeyOut.model_validate(key)
    await _record(session, client, "key.rotated", key=key, before=before, after=after)
    return made


async def revoke(session: AsyncSession, caller: Principal, client: Client, key: ApiKey) -> KeyOut:
    """Take a key back: it is refused from the next request on, and so are its tokens."""
    if key.id == caller.key_id:
        raise OwnAccess
    before = KeyOut.model_validate(key)
    if key.revoked_at is not None:
        return before
    key.revoked_at = clock.now()
    key.revision += 1
    await session.flush()
    out = KeyOut.model_validate(key)
    await _record(session, client, "key.revoked", key=key, before=before, after=out)
    return out


async def _refuse_wider(session: AsyncSession, caller: Principal, client_id: UUID) -> None:
    """Raise unless the caller may give all the client's grants, wherever: a key is a key to all."""
    await queries.lock_holder(session, str(client_id))
    for grant, path, _ in await queries.load_grants(session, client_id=client_id):
        if not rules.may_give(caller, Role.of(grant.role), path):
            raise WiderThanCaller


def _own_unit(caller: Principal) -> UUID:
    paths = caller.paths(Power.SECURE)
    if len(paths) != 1:
        raise Invalid([UNIT_TO_BE_NAMED.at("/unit_id")])
    return path_ids(paths[0])[-1]


async def _record(
    session: AsyncSession,
    client: Client,
    kind: str,
    *,
    key: ApiKey | None = None,
    before: ClientOut | KeyOut | None = None,
    after: ClientOut | KeyOut,
) -> None:
    change = events.Change(
        kind,
        key.id if key else client.id,
        client.org_id,
        after.revision,
        before=before.model_dump_json() if before else None,
        after=after.model_dump_json(),
        row=key or client,
    )
    await events.record(session, change)
