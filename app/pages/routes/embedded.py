"""HTTP of what other websites show: progress with a credential, adopted writings where public."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.access.principal import Power
from app.http.authorization import allow
from app.http.dependencies import ReaderDep, SessionDep
from app.kit import clock
from app.pages.parameters import UnitQuery
from app.pages.places import find_site
from app.pages.rendering import ViewDep
from app.pages.routes.adopted import cache_of, load_entries, load_feed
from app.pages.routes.campaigns import load_progress
from app.pages.routing import EmbeddedRoute, SharedEmbeddedRoute
from app.pages.tables import build_tables

router = APIRouter(route_class=EmbeddedRoute)
_shared = APIRouter(route_class=SharedEmbeddedRoute)


@router.get("/embed/progress", dependencies=[allow(Power.VIEW, Power.PUBLIC)])
async def embed_progress(
    campaign: Annotated[UUID, Query(description="The campaign. 主题活动。")],
    view: ViewDep,
    session: SessionDep,
    caller: ReaderDep,
    unit: UnitQuery = None,
) -> Response:
    """Show the progress of a unit and of those directly below, for who shows a credential."""
    site = await find_site(session, caller, campaign, unit)
    if site.unit is None:
        return view.answer("embed_choose.html", {"site": site})
    today = clock.today()
    progress = await load_progress(session, caller, site, today)
    values = {"site": site, "progress": progress, "tables": build_tables(progress, 1)}
    headers = {"Cache-Control": "private, max-age=60"}
    return view.answer("embed_progress.html", values, headers=headers)


@_shared.get("/embed/adopted")
async def embed_adopted(
    campaign: Annotated[str, Query(max_length=64, description="Its id or code. 主题活动。")],
    request: Request,
    view: ViewDep,
    session: SessionDep,
) -> Response:
    """Show the writings adopted last, with nothing but titles, of a public campaign to anybody."""
    feed = await load_feed(session, request, campaign)
    values = await load_entries(session, feed)
    return view.answer("embed_adopted.html", values, headers=cache_of(feed, request))


router.routes.extend(_shared.routes)
