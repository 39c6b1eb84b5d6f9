"""Writes of grants."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.features.accounts import queries, rules
from app.features.accounts.errors import (
    NOT_AHEAD,
    UNIT_NOT_SECURED,
    UNKNOWN_CLIENT,
    UNKNOWN_ISSUER,
    UNKNOWN_LEADER_THERE,
    DutiesNotSeparable,
    GrantExists,
    OwnAccess,
    WiderThanCaller,
)
from app.features.accounts.schemas import GrantIn, GrantOut, Subject
from app.kit import clock, ids
from app.kit.ids import is_root, is_within, path_ids
from app.kit.problems import FieldError, Forbidden, Invalid, NotFound
from app.models import Grant, Organization
from app.models.vocabulary import Role


async def give(
    session: AsyncSession, caller: Principal, body: GrantIn, issuers: set[str]
) -> tuple[GrantOut, bool]:
    """Give a client or person a role; say whether it is new. The same again changes nothing."""
    unit = await _checked(session, caller, body, issuers)
    if not rules.may_give(caller, body.role, unit.path):
        raise WiderThanCaller
    subject = body.subject
    holder = str(body.client_id) if subject is None else f"{subject.issuer}#{subject.sub}"
    await queries.lock_holder(session, holder)
    held = await queries.load_grants(
        session,
        client_id=body.client_id,
        issuer=subject.issuer if subject else None,
        subject=subject.sub if subject else None,
    )
    for other, path, authority in held:
        there = (other.role, other.org_id, other.leader_id)
        if there == (body.role, body.unit_id, body.leader_id):
            if other.expires_at != body.expires_at:
                raise GrantExists(id=other.id)
            return answer(other, path, authority), False
    if not rules.separable(body.role, {Role.of(other.role) for other, *_ in held}):
        raise DutiesNotSeparable
    return await _add(session, caller, body, unit), True


async def withdraw(
    session: AsyncSession, caller: Principal, grant: Grant, path: str, authority: str | None
) -> None:
    """Take a grant back: it counts no more from the next request on."""
    if _is_own(caller, grant):
        raise OwnAccess
    before = answer(grant, path, authority)
    await session.delete(grant)
    await session.flush()
    change = events.Change(
        "grant.deleted", grant.id, grant.org_id, grant.revision, before=before.model_dump_json()
    )
    await events.record(session, change)


def answer(grant: Grant, path: str, authority: str | None) -> GrantOut:
    """Return the grant as answered; `path` and `authority`: where its unit and its giver's are."""
    ended = grant.expires_at is not None and grant.expires_at <= clock.now()
    fits = authority is None or is_within(path, authority)
    subject = None
    if grant.issuer is not None and grant.subject is not None:
        subject = Subject.model_construct(issuer=grant.issuer, sub=grant.subject)
    return GrantOut(
        id=grant.id,
        client_id=grant.client_id,
        subject=subject,
        role=Role.of(grant.role),
        unit_id=grant.org_id,
        leader_id=grant.leader_id,
        expires_at=grant.expires_at,
        in_force=fits and not ended,
        revision=grant.revision,
        created_at=grant.created_at,
        updated_at=grant.updated_at,
    )


async def _checked(
    session: AsyncSession, caller: Principal, body: GrantIn, issuers: set[str]
) -> Organization:
    errors: list[FieldError] = []
    unit = await _secured(session, caller, body.unit_id)
    if unit is None:
        errors.append(UNIT_NOT_SECURED.at("/unit_id"))
    if body.client_id is not None:
        try:
            await queries.get_client(session, caller, body.client_id)
        except NotFound:
            errors.append(UNKNOWN_CLIENT.at("/client_id"))
    if body.subject is not None and body.subject.issuer not in issuers:
        errors.append(UNKNOWN_ISSUER.at("/subject/issuer"))
    if unit is not None and body.leader_id is not None:
        place = await queries.find_place_of_leader(session, body.leader_id)
        if place is None or not is_within(place, unit.path):
            errors.append(UNKNOWN_LEADER_THERE.at("/leader_id"))
    if body.expires_at is not None and body.expires_at <= clock.now():
        errors.append(NOT_AHEAD.at("/expires_at"))
    if unit is None or errors:
        raise Invalid(errors)
    return unit


async def _secured(session: AsyncSession, caller: Principal, unit_id: UUID) -> Organization | None:
    try:
        return await get_organization(session, caller, unit_id, Power.SECURE)
    except (NotFound, Forbidden):
        return None


async def _add(
    session: AsyncSession, caller: Principal, body: GrantIn, unit: Organization
) -> GrantOut:
    authority = _authority(caller, unit.path)
    made = Grant(
        id=ids.new_id(),
        client_id=body.client_id,
        issuer=body.subject.issuer if body.subject else None,
        subject=body.subject.sub if body.subject else None,
        role=body.role,
        org_id=unit.id,
        authority_id=None if is_root(authority) else path_ids(authority)[-1],
        expires_at=body.expires_at,
        leader_id=body.leader_id,
    )
    session.add(made)
    await session.flush()
    out = answer(made, unit.path, authority)
    change = events.Change(
        "grant.created", made.id, unit.id, made.revision, after=out.model_dump_json(), row=made
    )
    await events.record(session, change)
    return out


def _authority(caller: Principal, path: str) -> str:
    """Return the outermost unit around `path` that the caller secures, in whose name it gives."""
    return next(top for top in caller.paths(Power.SECURE) if is_within(path, top))


def _is_own(caller: Principal, grant: Grant) -> bool:
    if grant.client_id is not None:
        return grant.client_id == caller.client_id
    return (grant.issuer, grant.subject) == (caller.issuer, caller.subject)
