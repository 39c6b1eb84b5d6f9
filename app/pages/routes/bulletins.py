"""HTTP of the pages of bulletins: figures as they were issued."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.access.principal import Power
from app.access.visibility import get_organization
from app.features.progress.snapshots import routes as snapshot_routes
from app.features.progress.snapshots.schemas import SnapshotFilter
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.pages.parameters import PageQuery, RowsDep
from app.pages.places import find_site
from app.pages.rendering import ViewDep
from app.pages.routing import PageRoute
from app.pages.tables import Progress, build_tables

router = APIRouter(route_class=PageRoute)


@router.get("/pages/campaigns/{campaign_id}/bulletins", dependencies=[allow(Power.VIEW)])
async def list_bulletins(
    campaign_id: UUID, view: ViewDep, rows: RowsDep, session: SessionDep, caller: CallerDep
) -> Response:
    """Show what was issued of a campaign, the latest first."""
    site = await find_site(session, caller, campaign_id, None)
    found = await snapshot_routes.list_snapshots(
        campaign_id, rows, SnapshotFilter(), session, caller
    )
    values = {"site": site, "bulletins": found.data, "more": found.next_cursor}
    return view.answer("bulletins.html", values)


@router.get(
    "/pages/campaigns/{campaign_id}/bulletins/{snapshot_id}", dependencies=[allow(Power.VIEW)]
)
async def show_bulletin(
    campaign_id: UUID,
    snapshot_id: UUID,
    view: ViewDep,
    session: SessionDep,
    caller: CallerDep,
    page: PageQuery = 1,
) -> Response:
    """Show figures as they were issued, whatever was corrected since."""
    issued = await snapshot_routes.read(campaign_id, snapshot_id, Response(), session, caller)
    site = await find_site(session, caller, campaign_id, issued.unit_id)
    progress = Progress.model_validate(issued.progress)
    values = {
        "site": site,
        "issued": issued,
        "progress": progress,
        "tables": build_tables(progress, page),
        "unit": await get_organization(session, caller, issued.unit_id),
    }
    return view.answer("bulletin.html", values)
