"""HTTP of urging."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.codes import take_codes
from app.access.principal import Power
from app.db import plan_by_values
from app.db.conditions import matching
from app.features.campaigns.queries import campaigns
from app.features.progress import gathering
from app.features.urging import queries, service
from app.features.urging.schemas import UrgingFilter, UrgingOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.routing import RollUpRoute
from app.kit import clock
from app.models import Organization

router = APIRouter(tags=["progress"], route_class=RollUpRoute)


@router.get(
    "/v1/campaigns/{campaign_id}/urging",
    operation_id="listUrging",
    summary="催办一览 Urging",
    dependencies=[allow(Power.VIEW)],
)
async def urging(
    campaign_id: UUID,
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[UrgingFilter, Query()],
) -> Page[UrgingOut]:
    """List each organization directly below a unit with all that is overdue in its subtree.

    With since when, and the telephone of its office. What is asked for “promptly” has no day and
    is told apart. Exact, as of now; in the authority's own order, never by who is furthest behind.
    """
    filters = await take_codes(session, caller, filters)
    campaign = await campaigns.get_campaign(session, caller, campaign_id)
    unit = await gathering.find_unit(session, caller, filters.unit_id)
    await plan_by_values(session)
    today = clock.today()
    urged = await service.gather(session, campaign.id, unit, today)
    wanted = [
        org_id
        for org_id, each in urged.items()
        if filters.overdue is None or filters.overdue == bool(each.total)
    ]
    narrowed = matching(filters, type=Organization.type, sector=Organization.sector)
    statement = queries.select_children(session, unit.id, wanted, *narrowed)
    found = await listing.find(session, statement, queries.SORTS)
    return found.page(service.answer(row, urged, today) for row in found.rows)
