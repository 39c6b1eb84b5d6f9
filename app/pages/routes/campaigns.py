"""HTTP of the pages of campaigns: which there are, and one at a unit."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.responses import RedirectResponse

from app.access.principal import Power
from app.features.campaigns.routes import campaigns as campaign_routes
from app.features.campaigns.schemas.parameters import CampaignFilter
from app.features.progress import gathering
from app.features.progress import routes as progress_routes
from app.features.progress.gathering import Question
from app.features.progress.schemas import WholeQuery
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.kit import clock
from app.pages import charts
from app.pages.parameters import DayQuery, PageQuery, RowsDep, UnitQuery
from app.pages.places import Site, find_site
from app.pages.rendering import ViewDep
from app.pages.routing import PageRoute
from app.pages.tables import Progress, build_tables

router = APIRouter(route_class=PageRoute)


@router.get("/pages", dependencies=[allow(Power.VIEW, Power.OWN)])
async def list_campaigns(
    view: ViewDep, rows: RowsDep, session: SessionDep, caller: CallerDep
) -> Response:
    """Show the campaigns that one's organizations run or take part in.

    A leading cadre who sees nothing but what is their own is led to that.
    """
    if not caller.may_anywhere(Power.VIEW):
        own_id, _ = caller.own[0]
        return RedirectResponse(view.link(f"/pages/leaders/{own_id}/three-ones"), 303)
    page = await campaign_routes.list_campaigns(CampaignFilter(), rows, session, caller)
    return view.answer("campaigns.html", {"campaigns": page.data, "more": page.next_cursor})


@router.get("/pages/campaigns/{campaign_id}", dependencies=[allow(Power.VIEW)])
async def show_campaign(  # noqa: PLR0913 - what a page asks of its address
    campaign_id: UUID,
    view: ViewDep,
    session: SessionDep,
    caller: CallerDep,
    unit: UnitQuery = None,
    as_of: DayQuery = None,
    page: PageQuery = 1,
) -> Response:
    """Show who has done what at a unit: duties by the units directly below, as of a day."""
    site = await find_site(session, caller, campaign_id, unit)
    if site.unit is None:
        return view.answer("choose_unit.html", {"site": site})
    day = as_of or clock.today()
    progress = await load_progress(session, caller, site, day)
    query = WholeQuery(campaign_id=campaign_id, unit_id=site.unit.id)
    days = (await progress_routes.timeline(query, session, caller)).data
    drawn = [charts.Day(d.day, d.done, d.done_so_far) for d in days if d.day <= day]
    values = {
        "site": site,
        "progress": progress,
        "tables": build_tables(progress, page),
        "timeline": charts.draw_timeline(drawn),
        "as_of": as_of,
    }
    return view.answer("campaign.html", values)


async def load_progress(session: SessionDep, caller: CallerDep, site: Site, day: date) -> Progress:
    """Return progress as `GET /v1/progress` answers it."""
    campaign = await gathering.find_campaign(session, caller, site.campaign.id)
    question = Question(campaign, site.named, "children", day)
    return Progress.model_validate_json(await gathering.answer(session, caller, question))
