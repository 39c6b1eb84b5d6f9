"""HTTP of a campaign's code lists: what may be filled in in it."""

from typing import get_args
from uuid import UUID

from fastapi import APIRouter, Response

from app.access.principal import Power
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.routes.answers import AskedDep
from app.features.campaigns.schemas.campaigns import CampaignPatch
from app.features.campaigns.schemas.code_lists import CampaignCodeListOut, CodeListIn, Name
from app.features.campaigns.service import campaigns as service
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import Page
from app.http.preconditions import PutConditionDep, tag
from app.http.routing import ApiRoute
from app.kit.problems import FieldError, Invalid

router = APIRouter(tags=["campaigns"], route_class=ApiRoute)


@router.get(
    "/v1/campaigns/{campaign_id}/code-lists",
    operation_id="listCampaignCodeLists",
    summary="主题活动代码表 List the code lists of a campaign",
    dependencies=[allow(Power.VIEW)],
)
async def list_code_lists(
    campaign_id: UUID, session: SessionDep, caller: CallerDep
) -> Page[CampaignCodeListOut]:
    """List what may be filled in in a campaign: every list whole, on one page."""
    record = await queries.get_campaign(session, caller, campaign_id)
    found = [CampaignCodeListOut.of(record, name) for name in get_args(Name)]
    return Page(data=found, has_more=False, total=len(found))


@router.get(
    "/v1/campaigns/{campaign_id}/code-lists/{list_name}",
    operation_id="getCampaignCodeList",
    summary="读取主题活动代码表 Read a code list of a campaign",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    campaign_id: UUID, list_name: Name, response: Response, session: SessionDep, caller: CallerDep
) -> CampaignCodeListOut:
    """Read one list: the campaign's own codes, and the service's that hold beside them."""
    record = await queries.get_campaign(session, caller, campaign_id)
    return tag(response, CampaignCodeListOut.of(record, list_name))


@router.put(
    "/v1/campaigns/{campaign_id}/code-lists/{list_name}",
    operation_id="replaceCampaignCodeList",
    summary="修改主题活动代码表 Replace a campaign's own codes",
    dependencies=[allow(Power.ORGANIZE)],
)
async def replace(
    campaign_id: UUID,
    list_name: Name,
    body: CodeListIn,
    asked: AskedDep,
    condition: PutConditionDep,
) -> CampaignCodeListOut:
    """Replace the codes that are the campaign's own.

    In preparation any, but for those that requirements ask for; once it was opened, codes are
    added and renamed, and none goes. `If-Match` is the campaign's.
    """
    record = await service.get_for_update(asked.session, asked.caller, campaign_id)
    same = body.says(getattr(record, list_name))
    if not condition.to_replace(record.revision, same=same):
        return tag(asked.response, CampaignCodeListOut.of(record, list_name))
    given = [code.model_dump(exclude_unset=True) for code in body.codes]
    try:
        await service.update(
            asked.session, record, CampaignPatch.model_validate({list_name: given})
        )
    except Invalid as problem:
        raise Invalid([_in_list(error, list_name) for error in problem.errors]) from None
    return tag(asked.response, CampaignCodeListOut.of(record, list_name))


def _in_list(error: FieldError, name: str) -> FieldError:
    """Return an error of a campaign at its place in the list that was sent."""
    pointer = error.pointer.replace(f"/{name}", "/codes", 1)
    return FieldError(pointer, error.code, error.text, error.parameters)
