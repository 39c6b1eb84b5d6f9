"""HTTP of the pages of a duty: what it asks and who owes it, and one of those who do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.features.campaigns.routes import notices as notice_routes
from app.features.campaigns.schemas.campaigns import CampaignOut
from app.features.campaigns.schemas.notices import NoticeOut
from app.features.campaigns.schemas.parameters import NoticePlace
from app.features.campaigns.schemas.requirements import RequirementOut
from app.features.obligations.routes import obligations as obligation_routes
from app.features.obligations.schemas import ObligationFilter, ObligationOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import Listing
from app.kit.problems import NotFound
from app.pages import asking
from app.pages.parameters import RowsDep, UnitQuery, whole_list
from app.pages.places import find_site
from app.pages.rendering import ViewDep
from app.pages.routing import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get(
    "/pages/campaigns/{campaign_id}/duties/{requirement_id}", dependencies=[allow(Power.VIEW)]
)
async def show_duty(  # noqa: PLR0913 - what a page asks of its address
    campaign_id: UUID,
    requirement_id: UUID,
    view: ViewDep,
    rows: RowsDep,
    session: SessionDep,
    caller: CallerDep,
    unit: UnitQuery = None,
    status: Annotated[str | None, Query(pattern="^(open|overdue|)$")] = None,
) -> Response:
    """Show what a duty asks, where it comes from, and who owes it at a unit."""
    site = await find_site(session, caller, campaign_id, unit)
    if site.unit is None:
        return view.answer("choose_unit.html", {"site": site})
    duty = _find(site.campaign, requirement_id)
    filters = ObligationFilter(
        campaign_id=[campaign_id],
        requirement_code=[duty.code],
        under=site.unit.id,
        status=["open"] if status else None,
        overdue=True if status == "overdue" else None,
    )
    listing = Listing(rows.limit, rows.cursor, "sort_order", rows.request, rows.response)
    found = await obligation_routes.list_obligations(listing, session, caller, filters, frozenset())
    values = {
        "site": site,
        "duty": duty,
        "asked": asking.describe(duty, site.campaign),
        "status": status or "",
        "owed": [ObligationOut.model_validate(row) for row in found.data],
        "more": found.next_cursor,
        **await _find_notice(session, caller, site.campaign, duty),
    }
    return view.answer("duty.html", values)


@router.get("/pages/obligations/{obligation_id}", dependencies=[allow(Power.VIEW)])
async def show_obligation(
    obligation_id: UUID, request: Request, view: ViewDep, session: SessionDep, caller: CallerDep
) -> Response:
    """Show what one of them owes: what counts for it, and what nearly does."""
    owed = await obligation_routes.read(obligation_id, Response(), session, caller)
    site = await find_site(session, caller, owed.campaign_id, owed.org_id)
    near = await obligation_routes.list_near_misses(
        obligation_id, whole_list(request), session, caller, view.language
    )
    org = await get_organization(session, caller, owed.org_id)
    values = {"site": site, "owed": owed, "near": near.data, "org": org}
    return view.answer("obligation.html", values)


def _find(campaign: CampaignOut, requirement_id: UUID) -> RequirementOut:
    """Return a requirement out of those of its campaign that the caller sees."""
    for requirement in campaign.requirements:
        if requirement.id == requirement_id:
            return requirement
    raise NotFound


async def _find_notice(
    session: AsyncSession, caller: Principal, campaign: CampaignOut, duty: RequirementOut
) -> dict[str, NoticeOut | str | None]:
    """Return the notice that a duty comes from, and its sentence where the text is kept."""
    if duty.origin is None:
        return {"notice": None, "sentence": None}
    notices = {notice.document_number: notice for notice in campaign.notices}
    notices |= {each.notice.document_number: each.notice for each in campaign.supplements}
    notice = notices.get(duty.origin.document_number)
    if notice is None:
        return {"notice": None, "sentence": None}
    place = NoticePlace(campaign.id, notice.id)
    detail = await notice_routes.read(place, Response(), session, caller)
    return {
        "notice": notice,
        "sentence": asking.find_sentence(detail.text, duty.origin.item),
    }
