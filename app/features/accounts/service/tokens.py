"""Access tokens: who gets which, and never one wider than its client."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access import tokens
from app.access.authentication import load_person_scopes, narrow
from app.access.narrowing import Narrowing, UnknownScopeError, intersect
from app.access.principal import Power, Principal, Scope
from app.access.tokens import AccessToken, Person
from app.features.accounts import queries

MAX_SCOPE_LENGTH: Final = 2000


class OAuthError(Exception):
    """An error of RFC 6749 §5.2: a code and one sentence."""

    def __init__(self, code: str, description: str, reason: str | None = None) -> None:
        """`code` is one of the registered error codes; `reason` one of this service's own."""
        super().__init__(code)
        self.code = code
        self.description = description
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Issued:
    """A token ready to be sent, the scope it has and the seconds it lasts."""

    token: str
    scope: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Signer:
    """What tokens are signed with and whose name they carry."""

    secret: bytes
    issuer: str


async def issue(
    session: AsyncSession, client: Principal, scope: str | None, signer: Signer
) -> Issued:
    """Issue a token for a client itself (RFC 6749 §4.4); raises `OAuthError`."""
    wanted = _read(scope)
    kept = await narrow(session, client.scopes, wanted)
    return _signed(client, kept, wanted, signer)


async def exchange(
    session: AsyncSession,
    client: Principal,
    person: tuple[Person, int],
    scope: str | None,
    signer: Signer,
) -> Issued:
    """Issue a token for a client acting for a person (RFC 8693); raises `OAuthError`.

    It can do what both may, for no longer than the person's own token lasts.
    """
    wanted = _read(scope)
    whom, until = person
    theirs = await load_person_scopes(session, whom)
    if not theirs:
        told = "the token is good, and this person has no grant in force here"
        raise OAuthError("invalid_scope", told, "no_grant")
    both = intersect(theirs, client.scopes)
    if not both:
        told = "the person and this client have no power over a unit in common"
        raise OAuthError("invalid_scope", told, "nothing_in_common")
    kept = await narrow(session, both, wanted)
    return _signed(client, kept, wanted, signer, whom, until)


async def revoke(session: AsyncSession, client: Principal, token: AccessToken) -> None:
    """Take one of the client's own tokens back (RFC 7009); those of others stay."""
    if token.client_id != client.client_id:
        return
    if await queries.revoke_token(session, token.jti, token.expires_at):
        org_id = await queries.get_unit_of_client(session, token.client_id)
        change = events.Change("token.revoked", UUID(hex=token.jti), org_id, 1)
        await events.record(session, change)


def _read(scope: str | None) -> Narrowing:
    scope = scope or ""
    if len(scope) > MAX_SCOPE_LENGTH:
        raise OAuthError("invalid_scope", "the scope is too long")
    try:
        return Narrowing.read(scope)
    except UnknownScopeError as error:
        raise OAuthError("invalid_scope", f"unknown scope {error}") from error


def _signed(
    client: Principal,
    kept: tuple[Scope, ...],
    wanted: Narrowing,
    signer: Signer,
    person: Person | None = None,
    until: int | None = None,
) -> Issued:
    """Sign a token that says which powers are left, and the units it was asked to stay within."""
    if not kept or client.client_id is None or client.key_id is None:
        raise OAuthError("invalid_scope", "nothing of this scope is granted", "scope_not_granted")
    powers = frozenset(power for power in Power if any(s.allows(power) for s in kept))
    scope = str(Narrowing(powers, wanted.units))
    token = tokens.make_token(client.client_id, client.key_id, scope, person, until)
    from app.access import signing  # noqa: PLC0415 - see its docstring

    text = signing.mint(token, signer.secret, signer.issuer)
    return Issued(text, scope, token.expires_at - int(time.time()))
