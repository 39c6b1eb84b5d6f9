"""HTTP of the page of one leading cadre's three ones."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.access.principal import Power
from app.access.visibility import get_organization
from app.features.leader_records.three_ones import routes as three_ones_routes
from app.features.leader_records.three_ones.schemas import ThreeOnesFilter
from app.features.organizations.leaders.routes import leaders as leader_routes
from app.features.organizations.schemas.filters import LeaderFilter
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.pages.parameters import RowsDep, UnitQuery
from app.pages.places import find_above, find_site
from app.pages.rendering import ViewDep
from app.pages.routing import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/pages/campaigns/{campaign_id}/leaders", dependencies=[allow(Power.VIEW)])
async def list_leaders(
    campaign_id: UUID,
    view: ViewDep,
    rows: RowsDep,
    session: SessionDep,
    caller: CallerDep,
    unit: UnitQuery = None,
) -> Response:
    """Show the leading cadres of a unit and of what is below it, in the authority's own order."""
    site = await find_site(session, caller, campaign_id, unit)
    if site.unit is None:
        return view.answer("choose_unit.html", {"site": site})
    wanted = LeaderFilter(under=site.unit.id, active=True)
    found = await leader_routes.list_leaders(rows, wanted, session, caller)
    values = {"site": site, "leaders": found.data, "more": found.next_cursor}
    return view.answer("leaders.html", values)


@router.get("/pages/leaders/{leader_id}/three-ones", dependencies=[allow(Power.VIEW, Power.OWN)])
async def show_three_ones(
    leader_id: UUID, view: ViewDep, session: SessionDep, caller: CallerDep
) -> Response:
    """Show what is asked of one leading cadre, what of it is done, and by what.

    Who sees nothing but their own three ones is told nothing of the unit.
    """
    leader = await three_ones_routes.get_three_ones(leader_id, ThreeOnesFilter(), session, caller)
    values: dict[str, object] = {"leader": leader, "unit": None, "above": ()}
    if caller.may_anywhere(Power.VIEW):
        unit = await get_organization(session, caller, leader.org_id)
        values |= {"unit": unit, "above": await find_above(session, caller, unit)}
    return view.answer("three_ones.html", values)
