"""HTTP of the leaders who belong to a branch, as far as it needs to know them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.principal import Power
from app.features.organizations.leaders.queries import leaders as queries
from app.features.organizations.leaders.schemas.leaders import BranchLeaderOut
from app.features.organizations.queries import organizations
from app.features.organizations.schemas.filters import BranchLeaderFilter
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.routing import ApiRoute

router = APIRouter(tags=["leaders"], route_class=ApiRoute)


@router.get(
    "/v1/branches/{branch_id}/leaders",
    operation_id="listBranchLeaders",
    summary="党支部所属领导干部 List leaders who belong to a branch",
    dependencies=[allow(Power.VIEW)],
)
async def list_leaders(
    branch_id: UUID,
    listing: ListingDep,
    wanted: Annotated[BranchLeaderFilter, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> Page[BranchLeaderOut]:
    """List the leaders whose branch it is, whatever unit they lead: who may be entered here.

    Those whom a branch names as participants or authors; of leaders of units out of the caller's
    scope nothing else can be read.
    """
    branch = await organizations.get(session, caller, "branch", branch_id)
    statement = queries.select_of_branch(branch.id, wanted.q)
    found = await listing.find(session, statement, queries.BRANCH_SORTS)
    return found.page(map(BranchLeaderOut.model_validate, found.rows))
