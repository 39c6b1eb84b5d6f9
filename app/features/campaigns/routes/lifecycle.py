"""HTTP of what becomes of a campaign: opened, closed, reopened."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.features.campaigns.routes.answers import answer_campaign
from app.features.campaigns.schemas.campaigns import CampaignOut
from app.features.campaigns.schemas.lifecycle import (
    CampaignClosed,
    ClosingIn,
    JobAccepted,
    ReopeningIn,
)
from app.features.campaigns.service import lifecycle, requirements
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep
from app.http.routing import ApiRoute

router = APIRouter(tags=["campaigns"], route_class=ApiRoute)


@router.post(
    "/v1/campaigns/{campaign_id}/open",
    operation_id="openCampaign",
    summary="启动主题活动 Open a campaign",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[allow(Power.ORGANIZE)],
)
async def open_campaign(
    campaign_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> JobAccepted:
    """Make the ledger of who owes what, as a job; the campaign is open when it is done.

    Asked again meanwhile, the answer is the same job.
    """
    record = await lifecycle.get_for_update(session, caller, campaign_id)
    job_id = await lifecycle.find_opening_job(session, record)
    if job_id is None:
        precondition.require(record.revision)
        job_id = await lifecycle.open_campaign(session, caller, record)
    response.headers["Location"] = f"/v1/jobs/{job_id}"
    response.headers["Retry-After"] = "1"
    return JobAccepted(job_id=job_id)


@router.post(
    "/v1/campaigns/{campaign_id}/close",
    operation_id="closeCampaign",
    summary="结束主题活动 Close a campaign",
    dependencies=[allow(Power.ORGANIZE)],
)
async def close(
    campaign_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    body: ClosingIn | None = None,
) -> CampaignClosed:
    """Close an open campaign: its ledger is frozen, its requirements do not change.

    Until `settle_until` what was handed in before is still reviewed, what was returned comes back,
    and summaries come in. `preview` only tells what still waits.
    """
    record = await lifecycle.get_for_update(session, caller, campaign_id)
    precondition.require(record.revision)
    told = body or ClosingIn()
    lifecycle.require_closable(record, told.settle_until)
    still = await lifecycle.count_waiting(session, record)
    if not told.preview:
        await lifecycle.close(session, record, told.settle_until)
    answered = await answer_campaign(response, session, caller, record)
    return CampaignClosed(**dict(answered), waiting=still)


@router.post(
    "/v1/campaigns/{campaign_id}/reopen",
    operation_id="reopenCampaign",
    summary="恢复主题活动 Reopen a campaign",
    dependencies=[allow(Power.ORGANIZE)],
)
async def reopen(
    campaign_id: UUID,
    body: ReopeningIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> CampaignOut:
    """Let a campaign that was closed go on, for a reason, as long as it settles.

    Its ledger follows the tree again.
    """
    record = await lifecycle.get_for_update(session, caller, campaign_id)
    precondition.require(record.revision)
    wanted = await lifecycle.reopen(session, record, body.reason)
    await requirements.reconcile_all(session, caller, record, wanted)
    return await answer_campaign(response, session, caller, record)
