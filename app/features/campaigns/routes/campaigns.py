"""HTTP of campaigns."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access import published
from app.access.principal import Power
from app.access.visibility import get_organization, visible
from app.db.conditions import equals
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.routes.answers import AskedDep, answer_campaign, list_answers
from app.features.campaigns.schemas.campaigns import (
    CampaignIn,
    CampaignMade,
    CampaignOut,
    CampaignPatch,
)
from app.features.campaigns.schemas.parameters import CampaignFilter
from app.features.campaigns.service import campaigns as service
from app.http.authorization import allow, allow_published
from app.http.dependencies import CallerDep, ReaderDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep
from app.http.routing import ApiRoute
from app.models import Campaign

router = APIRouter(tags=["campaigns"], route_class=ApiRoute)

_SORTS = Sorts(
    {
        "starts_on": Campaign.starts_on,
        "code": Campaign.code,
        "created_at": Campaign.created_at,
        "updated_at": Campaign.updated_at,
    },
    id=Campaign.id,
    default="-starts_on",
)


@router.get(
    "/v1/campaigns",
    operation_id="listCampaigns",
    summary="主题活动列表 List campaigns",
    dependencies=[allow_published(published.CAMPAIGN, published.CAMPAIGN_FILTERS)],
)
async def list_campaigns(
    wanted: Annotated[CampaignFilter, Query()],
    listing: ListingDep,
    session: SessionDep,
    caller: ReaderDep,
) -> Page[CampaignOut]:
    """List campaigns that the caller's organizations run or take part in, the latest first."""
    asked = {Campaign.status: wanted.status, Campaign.code: wanted.code}
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    if wanted.under is not None:
        place = await get_organization(session, caller, wanted.under)
        conditions.append(visible(caller, Campaign.org_id, under=place.path))
    statement = queries.select_visible(caller, *conditions)
    found = await listing.find(session, statement, _SORTS)
    shown = await list_answers(session, caller, found.rows)
    return found.page(shown[campaign.id] for campaign in found.rows)


@router.post(
    "/v1/campaigns",
    operation_id="createCampaign",
    summary="建立主题活动 Make a campaign",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.ORGANIZE)],
)
async def create(
    body: CampaignMade, response: Response, session: SessionDep, caller: CallerDep
) -> CampaignOut:
    """Make a campaign, whole or from a template. The same again answers 200 with what is there."""
    made = await service.create(session, caller, body)
    if not made.new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/campaigns/{made.campaign.id}"
    return await answer_campaign(response, session, caller, made.campaign)


@router.get(
    "/v1/campaigns/{campaign_id}",
    operation_id="getCampaign",
    summary="读取主题活动 Read a campaign",
    dependencies=[allow_published(published.CAMPAIGN)],
)
async def read(
    campaign_id: UUID, response: Response, session: SessionDep, caller: ReaderDep
) -> CampaignOut:
    """Read one campaign with the requirements that the caller may see."""
    return await answer_campaign(
        response, session, caller, await queries.get_campaign(session, caller, campaign_id)
    )


@router.patch(
    "/v1/campaigns/{campaign_id}",
    operation_id="updateCampaign",
    summary="修改主题活动 Change a campaign",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    campaign_id: UUID,
    body: CampaignPatch,
    asked: AskedDep,
    precondition: PreconditionDep,
    *,
    preview: Annotated[
        bool, Query(description="Change nothing, and answer what it would be. 仅预览，不修改。")
    ] = False,
) -> CampaignOut:
    """Change some fields. Once opened, code and counting stay, and no topic or check goes.

    When days move, `warnings` tell how many records are of days outside of them now: these stay and
    count, and may be corrected but for their day. `preview=true` tells it beforehand.
    """
    record = await service.get_for_update(asked.session, asked.caller, campaign_id)
    precondition.require(record.revision)
    if preview:
        return await asked.effect(record, await service.preview_effect(asked.session, record, body))
    return await asked.changed(record, await service.update(asked.session, record, body))


@router.put(
    "/v1/campaigns/{campaign_id}",
    operation_id="replaceCampaign",
    summary="按自带编号建立或替换主题活动 Make or replace a campaign under your own id",
    dependencies=[allow(Power.ORGANIZE)],
    responses={status.HTTP_201_CREATED: {"model": CampaignOut, "description": "Made."}},
)
async def replace(
    campaign_id: UUID, body: CampaignIn, asked: AskedDep, condition: PutConditionDep
) -> CampaignOut:
    """Make the campaign under this id, or give the one that is there new content."""
    session, caller, response = asked.session, asked.caller, asked.response
    if await queries.find_by_id(session, campaign_id) is None:
        condition.to_create()
        made = await service.create(session, caller, body, campaign_id=campaign_id)
        response.status_code = status.HTTP_201_CREATED
        response.headers["Location"] = f"/v1/campaigns/{campaign_id}"
        return await answer_campaign(response, session, caller, made.campaign)
    record = await service.get_for_update(session, caller, campaign_id)
    same = await service.is_the_same(session, record, body)
    if not condition.to_replace(record.revision, same=same):
        return await answer_campaign(response, session, caller, record)
    return await asked.changed(record, await service.replace(session, caller, record, body))


@router.delete(
    "/v1/campaigns/{campaign_id}",
    operation_id="deleteCampaign",
    summary="删除未启动的主题活动 Delete a campaign that was never opened",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.ORGANIZE)],
)
async def delete(
    campaign_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a draft with its requirements."""
    record = await service.get_for_update(session, caller, campaign_id)
    precondition.require(record.revision)
    await service.delete(session, record)
