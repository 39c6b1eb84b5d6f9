"""Authentication: from a credential to a principal with its scopes of this moment.

One statement finds the key, its client and the client's grants, so that whatever is revoked,
moved or expired stops to count with the very next request.
"""

import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access import keys
from app.access.credentials import Credential, ShownKey, ShownPerson
from app.access.narrowing import Narrowing, intersect, narrow_scopes
from app.access.principal import POWERS, Power, Principal, Scope
from app.access.rows import FormerRow, GrantRow, KeyRow, UnitRow
from app.access.tokens import AccessToken, Person
from app.db.conditions import one_of
from app.db.rows import find_rows
from app.kit import clock
from app.kit.ids import is_within
from app.kit.problems import Unauthenticated
from app.models import ApiKey, Client, Grant, Organization, RevokedToken, Succession
from app.models.vocabulary import Role

_Authority: Final = aliased(Organization)
_Former: Final = aliased(Organization)
_GRANT: Final = (
    Grant.role,
    Organization.id.label("org_id"),
    Organization.path,
    _Authority.path.label("authority"),
    Grant.expires_at.label("grant_ends"),
    Grant.leader_id,
    _Former.id.label("former_id"),
    _Former.path.label("former_path"),
)


_SIGHT: Final = frozenset({Power.VIEW})


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who it is; `used_today` is False for a key that is shown for the first time today."""

    principal: Principal
    used_today: bool = True


async def authenticate(
    session: AsyncSession, credential: Credential, secret: bytes
) -> Authenticated:
    """Return the caller behind a credential; raises `Unauthenticated`."""
    match credential:
        case ShownKey():
            return await find_by_key(session, credential, secret)
        case AccessToken():
            return Authenticated(await _by_token(session, credential))
        case ShownPerson():
            scopes = await load_person_scopes(session, credential.person)
            principal = _of_person(credential.person, None, scopes)
            return Authenticated(replace(principal, expires_at=credential.expires_at))


async def find_by_key(session: AsyncSession, shown: ShownKey, secret: bytes) -> Authenticated:
    """Return the client of an API key; raises `Unauthenticated`."""
    rows = await find_rows(session, KeyRow, _by_prefix(), prefix=shown.prefix)
    return _of_key(rows, shown, secret)


async def authenticate_all(
    session: AsyncSession, credentials: Collection[Credential], secret: bytes
) -> dict[Credential, Authenticated]:
    """Return the callers behind credentials; keys take one statement, bad ones are left out."""
    prefixes = [shown.prefix for shown in credentials if isinstance(shown, ShownKey)]
    rows: dict[str, list[KeyRow]] = defaultdict(list)
    if prefixes:
        for row in await find_rows(session, KeyRow, _by_prefixes(), prefixes=prefixes):
            rows[row.prefix].append(row)
    found: dict[Credential, Authenticated] = {}
    for shown in credentials:
        with suppress(Unauthenticated):
            if isinstance(shown, ShownKey):
                found[shown] = _of_key(rows[shown.prefix], shown, secret)
            else:
                found[shown] = await authenticate(session, shown, secret)
    return found


def _of_key(rows: Sequence[KeyRow], shown: ShownKey, secret: bytes) -> Authenticated:
    # The digest is compared even when there is no such key: both take the same time.
    digest = keys.digest(shown.key, secret)
    stored = rows[0].digest if rows else bytes(len(digest))
    if not hmac.compare_digest(stored, digest) or not rows:
        raise Unauthenticated
    key, now = rows[0], clock.now()
    if not _in_force(key, now):
        raise Unauthenticated
    name = f"client:{key.client_id}"
    scopes = _scopes(rows, now)
    principal = Principal(name, key.client_id, scopes, credential=name, key_id=key.id)
    return Authenticated(principal, key.last_used_on == clock.today())


async def load_person_scopes(session: AsyncSession, person: Person) -> tuple[Scope, ...]:
    """Return the grants of a person: those kept here, and those that the issuer's claims map to."""
    holder = and_(Grant.issuer == person.issuer, Grant.subject == person.subject)
    statement = _with_places(select(*_GRANT).select_from(Grant)).where(holder)
    scopes = _scopes(await find_rows(session, GrantRow, statement), clock.now())
    if not person.mapped:
        return scopes
    return scopes + await _mapped(session, person.mapped)


async def load_client_scopes(session: AsyncSession, client_id: UUID) -> tuple[Scope, ...]:
    """Return the grants in force of a client, none where it is not active."""
    theirs = select(*_GRANT).select_from(Client).outerjoin(Grant, Grant.client_id == Client.id)
    statement = _with_places(theirs).where(Client.id == client_id, Client.active)
    return _scopes(await find_rows(session, GrantRow, statement), clock.now())


async def narrow(
    session: AsyncSession, scopes: Iterable[Scope], narrowing: Narrowing
) -> tuple[Scope, ...]:
    """Return what a scope string leaves of scopes, by where its units are at this moment."""
    paths: dict[UUID, str] = {}
    if narrowing.units:
        statement = select(Organization.id, Organization.path).where(
            Organization.id.in_(narrowing.units)
        )
        paths = dict((await session.execute(statement)).all())
    return narrow_scopes(scopes, narrowing, paths)


async def _by_token(session: AsyncSession, token: AccessToken) -> Principal:
    revoked = exists().where(RevokedToken.jti == token.jti)
    theirs = and_(ApiKey.id == token.key_id, ApiKey.client_id == token.client_id, ~revoked)
    rows = await find_rows(session, KeyRow, _client(theirs))
    now = clock.now()
    if not rows or not _in_force(rows[0], now):
        raise Unauthenticated
    scopes, narrowing = _scopes(rows, now), Narrowing.read(token.scope)
    credential = f"client:{token.client_id} {token.scope}"
    if token.person is None:
        name = f"client:{token.client_id}"
        kept = await narrow(session, scopes, narrowing)
        found = Principal(name, token.client_id, kept, credential=credential)
    else:
        # Narrowed as one: what the person is to themselves is nothing of the client alone.
        both = intersect(await load_person_scopes(session, token.person), scopes)
        both = await narrow(session, both, narrowing)
        found = _of_person(token.person, token.client_id, both, credential)
    return replace(found, key_id=token.key_id, expires_at=token.expires_at)


def _of_person(
    person: Person, client_id: UUID | None, scopes: tuple[Scope, ...], through: str = ""
) -> Principal:
    name = f"person:{person.issuer}#{person.subject}"
    return Principal(
        name, client_id, scopes, person.issuer, person.subject, f"{name} {through}".strip()
    )


def _client(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    key = (ApiKey.id, ApiKey.client_id, ApiKey.prefix, ApiKey.digest)
    statement = (
        select(*key, ApiKey.expires_at, ApiKey.revoked_at, ApiKey.last_used_on, *_GRANT)
        .select_from(ApiKey)
        .join(Client, Client.id == ApiKey.client_id)
        .outerjoin(Grant, Grant.client_id == Client.id)
    )
    return _with_places(statement).where(condition, Client.active)


@cache
def _by_prefix() -> Select[*tuple[Any, ...]]:
    """Made once: every request asks this."""
    return _client(ApiKey.prefix == bindparam("prefix"))


@cache
def _by_prefixes() -> Select[*tuple[Any, ...]]:
    return _client(one_of(ApiKey.prefix, "prefixes"))


def _with_places(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join where grants are, what went into that before, and who gave them."""
    return (
        statement.outerjoin(Organization, Organization.id == Grant.org_id)
        .outerjoin(_Authority, _Authority.id == Grant.authority_id)
        .outerjoin(Succession, Succession.heir_id == Grant.org_id)
        .outerjoin(_Former, _Former.id == Succession.org_id)
    )


async def _mapped(session: AsyncSession, claimed: Sequence[tuple[str, str]]) -> tuple[Scope, ...]:
    """Return the scopes that an issuer's claims map to: roles at the units of these codes."""
    former = (_Former.id.label("former_id"), _Former.path.label("former_path"))
    units = (
        select(Organization.code, Organization.id, Organization.path, *former)
        .outerjoin(Succession, Succession.heir_id == Organization.id)
        .outerjoin(_Former, _Former.id == Succession.org_id)
        .where(Organization.code.in_({code for _, code in claimed}))
    )
    found: dict[str, list[UnitRow]] = defaultdict(list)
    for row in await find_rows(session, UnitRow, units):
        found[row.code].append(row)
    scopes: list[Scope] = []
    for name, code in claimed:
        role = Role.of(name)
        scopes += (Scope(role, row.id, row.path) for row in found[code][:1])
        scopes += (s for row in found[code] for s in _sight(role, row))
    return tuple(scopes)


def _scopes(rows: Iterable[GrantRow | KeyRow], now: datetime) -> tuple[Scope, ...]:
    """Return the grants in force; one that its giver's unit no longer reaches is inert.

    Who may look at an organization may look at those that went into it.
    """
    own: list[Scope] = []
    former: list[Scope] = []
    for row in rows:
        if row.role is None or row.org_id is None or row.path is None:
            continue
        ended = row.grant_ends is not None and row.grant_ends <= now
        if ended or (row.authority is not None and not is_within(row.path, row.authority)):
            continue
        role = Role.of(row.role)
        own.append(Scope(role, row.org_id, row.path, leader_id=row.leader_id))
        former += _sight(Role.of(row.role), row)
    return tuple(dict.fromkeys([*own, *former]))


def _sight(role: Role, row: FormerRow) -> Iterator[Scope]:
    """Yield the sight of what went into an organization, for who may look at that."""
    former_id, path = row.former_id, row.former_path
    if former_id is not None and path is not None and Power.VIEW in POWERS[role]:
        yield Scope(role, former_id, path, _SIGHT, inherited=True)


def _in_force(key: KeyRow, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)
