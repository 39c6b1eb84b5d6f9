"""HTTP of the caller itself."""

from datetime import UTC, datetime

from fastapi import APIRouter

from app.access.principal import Power
from app.features.accounts import queries
from app.features.accounts.schemas import MeOut, OwnGrant, OwnSelf, Subject
from app.http.authorization import allow_every_caller
from app.http.dependencies import CallerDep, SessionDep
from app.http.routing import ApiRoute

router = APIRouter(tags=["clients"], route_class=ApiRoute)


@router.get(
    "/v1/me",
    operation_id="getMe",
    summary="当前调用者 Read about yourself",
    dependencies=[allow_every_caller()],
)
async def me(session: SessionDep, caller: CallerDep) -> MeOut:
    """Return who calls, and what the credential lets it do and where, at this moment."""
    subject = None
    if caller.issuer is not None and caller.subject is not None:
        subject = Subject.model_construct(issuer=caller.issuer, sub=caller.subject)
    ends = caller.expires_at
    leaders = await queries.load_leaders(session, {leader_id for leader_id, _ in caller.own})
    return MeOut(
        client_id=caller.client_id,
        subject=subject,
        leaders=[
            OwnSelf(leader_id=row.id, name=row.name, post=row.post, org_id=row.org_id)
            for row in leaders
        ],
        grants=[
            OwnGrant(
                role=s.role,
                unit_id=s.org_id,
                leader_id=s.leader_id,
                powers=[p for p in Power if s.allows(p)],
            )
            for s in caller.scopes
        ],
        scopes=[power for power in Power if caller.may_anywhere(power)],
        expires_at=None if ends is None else datetime.fromtimestamp(ends, UTC),
    )
