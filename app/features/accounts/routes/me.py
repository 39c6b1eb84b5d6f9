"""HTTP of the caller itself."""

from datetime import UTC, datetime

from fastapi import APIRouter

from app.access.principal import Power
from app.features.accounts.schemas import MeOut, OwnGrant, Subject
from app.http.authorization import allow_every_caller
from app.http.dependencies import CallerDep
from app.http.routing import ApiRoute

router = APIRouter(tags=["clients"], route_class=ApiRoute)


@router.get(
    "/v1/me",
    operation_id="getMe",
    summary="当前调用者 Read about yourself",
    dependencies=[allow_every_caller()],
)
async def me(caller: CallerDep) -> MeOut:
    """Return who calls, and what the credential lets it do and where, at this moment."""
    subject = None
    if caller.issuer is not None and caller.subject is not None:
        subject = Subject.model_construct(issuer=caller.issuer, sub=caller.subject)
    ends = caller.expires_at
    return MeOut(
        client_id=caller.client_id,
        subject=subject,
        grants=[
            OwnGrant(role=s.role, unit_id=s.org_id, powers=[p for p in Power if s.allows(p)])
            for s in caller.scopes
        ],
        scopes=[power for power in Power if caller.may_anywhere(power)],
        expires_at=None if ends is None else datetime.fromtimestamp(ends, UTC),
    )
