"""HTTP of the page of the rectification ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator

from app.access.principal import Power
from app.features.campaigns import codes
from app.features.findings import routes as finding_routes
from app.features.findings.schemas.filters import FindingFilter
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.models.vocabulary import FindingStatus
from app.pages.parameters import DayQuery, RowsDep, UnitQuery
from app.pages.places import find_site
from app.pages.rendering import ViewDep
from app.pages.routing import PageRoute

router = APIRouter(route_class=PageRoute)

_State = Annotated[FindingStatus | None, BeforeValidator(lambda given: given or None), Query()]


@router.get("/pages/campaigns/{campaign_id}/findings", dependencies=[allow(Power.VIEW)])
async def show_ledger(  # noqa: PLR0913 - what a page asks of its address
    campaign_id: UUID,
    view: ViewDep,
    rows: RowsDep,
    session: SessionDep,
    caller: CallerDep,
    unit: UnitQuery = None,
    state: _State = None,
    due_from: DayQuery = None,
    due_to: DayQuery = None,
    *,
    overdue: bool = False,
) -> Response:
    """Show the problems found at a unit and below, by state and by the day of each."""
    site = await find_site(session, caller, campaign_id, unit)
    if site.unit is None:
        return view.answer("choose_unit.html", {"site": site})
    filters = FindingFilter(
        campaign_id=[campaign_id],
        under=site.unit.id,
        status=[state] if state else None,
        due_from=due_from,
        due_to=due_to,
        overdue=True if overdue else None,
    )
    found = await finding_routes.list_findings(rows, session, caller, filters, frozenset())
    values = {
        "site": site,
        "findings": found.data,
        "more": found.next_cursor,
        "states": list(FindingStatus),
        "state": state or "",
        "due_from": due_from,
        "due_to": due_to,
        "overdue": overdue,
        "checks": codes.label([*site.campaign.supplements, site.campaign], "checks"),
    }
    return view.answer("findings.html", values)
