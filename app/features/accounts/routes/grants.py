"""HTTP of grants."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.principal import Power
from app.access.visibility import get_organization
from app.db.conditions import equals
from app.features.accounts import queries
from app.features.accounts.schemas import GrantIn, GrantOut
from app.features.accounts.service import grants as service
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep, SettingsDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.kit.fields import LongLine
from app.models import Grant
from app.models.vocabulary import Role

router = APIRouter(tags=["grants"], route_class=ApiRoute)

_SORTS = Sorts(
    {"created_at": Grant.created_at, "role": Grant.role}, id=Grant.id, default="created_at"
)


@router.get(
    "/v1/grants",
    operation_id="listGrants",
    summary="授权列表 List grants",
    dependencies=[allow(Power.SECURE)],
)
async def list_grants(  # noqa: PLR0913 - one parameter for each filter
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    client_id: Annotated[list[UUID] | None, Query()] = None,
    issuer: LongLine | None = None,
    sub: LongLine | None = None,
    role: Annotated[list[Role] | None, Query()] = None,
    unit_id: Annotated[list[UUID] | None, Query()] = None,
    under: UUID | None = None,
) -> Page[GrantOut]:
    """List who holds which role where, among the units whose security is the caller's to keep."""
    place = None
    if under is not None:
        place = (await get_organization(session, caller, under, Power.SECURE)).path
    asked = {
        Grant.client_id: client_id,
        Grant.issuer: issuer,
        Grant.subject: sub,
        Grant.role: role,
        Grant.org_id: unit_id,
    }
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    statement = queries.list_grants(caller, *conditions, under=place)
    found = await listing.find_rows(session, statement, _SORTS, queries.GrantRow)
    return found.page(service.answer(*row) for row in found.rows)


@router.post(
    "/v1/grants",
    operation_id="createGrant",
    summary="授权 Give a grant",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.SECURE)],
)
async def create(
    body: GrantIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
) -> GrantOut:
    """Give a client or a person a role over a unit's subtree; never more than the giver holds."""
    issuers = {one.issuer for one in settings.oidc_issuers}
    made, new = await service.give(session, caller, body, issuers)
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/grants/{made.id}"
    return tag(response, made)


@router.get(
    "/v1/grants/{grant_id}",
    operation_id="getGrant",
    summary="读取授权 Read a grant",
    dependencies=[allow(Power.SECURE)],
)
async def read(
    grant_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> GrantOut:
    """Read one role of one holder at one unit."""
    row = await queries.get_grant(session, caller, grant_id)
    return tag(response, service.answer(row[0], row.path, row.authority))


@router.delete(
    "/v1/grants/{grant_id}",
    operation_id="deleteGrant",
    summary="撤销授权 Withdraw a grant",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.SECURE)],
)
async def delete(
    grant_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Take a grant back: it counts no more from the next request on."""
    row = await queries.get_grant(session, caller, grant_id, lock=True)
    precondition.require(row[0].revision)
    await service.withdraw(session, caller, row[0], row.path, row.authority)
