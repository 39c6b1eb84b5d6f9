"""HTTP of the pages of what is overdue: by unit, and the slip for one of them."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.access.principal import Power
from app.access.visibility import get_organization
from app.features.findings import routes as finding_routes
from app.features.findings.schemas.filters import FindingFilter
from app.features.obligations.routes import obligations as obligation_routes
from app.features.obligations.schemas import ObligationFilter, ObligationOut
from app.features.urging import routes as urging_routes
from app.features.urging.schemas import UrgingFilter
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.kit import clock
from app.pages.parameters import RowsDep, UnitQuery, whole_list
from app.pages.places import find_site
from app.pages.rendering import ViewDep
from app.pages.routing import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/pages/campaigns/{campaign_id}/urging", dependencies=[allow(Power.VIEW)])
async def show_urging(
    campaign_id: UUID,
    view: ViewDep,
    rows: RowsDep,
    session: SessionDep,
    caller: CallerDep,
    unit: UnitQuery = None,
) -> Response:
    """Show what is overdue at each unit directly below, in the units' own order."""
    site = await find_site(session, caller, campaign_id, unit)
    if site.unit is None:
        return view.answer("choose_unit.html", {"site": site})
    filters = UrgingFilter(unit_id=site.unit.id, overdue=True)
    found = await urging_routes.urging(campaign_id, rows, session, caller, filters)
    values = {"site": site, "rows": found.data, "more": found.next_cursor, "today": clock.today()}
    return view.answer("urging.html", values)


@router.get("/pages/campaigns/{campaign_id}/urging/{unit_id}", dependencies=[allow(Power.VIEW)])
async def show_slip(
    campaign_id: UUID,
    unit_id: UUID,
    request: Request,
    view: ViewDep,
    session: SessionDep,
    caller: CallerDep,
) -> Response:
    """Show the slip by which one unit is urged: each thing that is overdue in its subtree."""
    site = await find_site(session, caller, campaign_id, unit_id)
    owed = await obligation_routes.list_obligations(
        whole_list(request, most=_MOST, sort="sort_order"),
        session,
        caller,
        ObligationFilter(campaign_id=[campaign_id], under=unit_id, overdue=True),
        frozenset(),
    )
    found = await finding_routes.list_findings(
        whole_list(request, most=_MOST),
        session,
        caller,
        FindingFilter(campaign_id=[campaign_id], under=unit_id, overdue=True),
        frozenset(),
    )
    above = site.above[-1] if site.above else None
    issuer = await get_organization(session, caller, above.id) if above else None
    values = {
        "site": site,
        "issuer": issuer,
        "owed": [ObligationOut.model_validate(row) for row in owed.data],
        "findings": found.data,
        "more": owed.has_more or found.has_more,
        "today": clock.today(),
    }
    return view.answer("slip.html", values)


_MOST = 100
