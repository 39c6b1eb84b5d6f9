"""HTTP of supplements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.codes import take_codes
from app.access.principal import Power
from app.db.conditions import matching
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import supplements
from app.features.campaigns.schemas.parameters import SupplementPlace
from app.features.campaigns.schemas.requirements import RequirementDecisionIn
from app.features.campaigns.schemas.supplements import (
    SupplementEndIn,
    SupplementFilter,
    SupplementMade,
    SupplementOut,
    SupplementPatch,
    SupplementWritten,
)
from app.features.campaigns.service import amending
from app.features.campaigns.service import supplements as service
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.models import Supplement

router = APIRouter(
    prefix="/v1/campaigns/{campaign_id}/supplements", tags=["campaigns"], route_class=ApiRoute
)

_SORTS = Sorts(
    {"id": Supplement.id, "updated_at": Supplement.updated_at}, id=Supplement.id, default="id"
)


async def _place(campaign_id: UUID, supplement_id: UUID) -> SupplementPlace:
    return SupplementPlace(campaign_id, supplement_id)


@router.get(
    "",
    operation_id="listSupplements",
    summary="补充通知列表 List supplements",
    dependencies=[allow(Power.VIEW)],
)
async def list_supplements(
    campaign_id: UUID,
    wanted: Annotated[SupplementFilter, Query()],
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
) -> Page[SupplementOut]:
    """List what units add to the campaign by notices of their own, as far as one may see it."""
    wanted = await take_codes(session, caller, wanted)
    await queries.get_campaign(session, caller, campaign_id)
    conditions = [Supplement.campaign_id == campaign_id]
    conditions += matching(wanted, unit_id=Supplement.org_id, status=Supplement.status)
    statement = supplements.select_visible(caller, *conditions)
    found = await listing.find(session, statement, _SORTS)
    ids = [record.id for record in found.rows]
    items = await supplements.list_requirements(session, ids)
    dates = (await queries.load_extended_dates(session, [campaign_id])).get(campaign_id, {})
    return found.page(SupplementOut.whole(record, items, dates) for record in found.rows)


@router.post(
    "",
    operation_id="createSupplement",
    summary="下发补充通知 Add what a unit's notice adds",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.ORGANIZE)],
)
async def create(
    campaign_id: UUID,
    body: SupplementMade,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> SupplementWritten:
    """Pass the campaign on with a notice that adds to it, for the subtree of the unit.

    What it asks for is judged as any local requirement, and waits for the superior's approval where
    the campaign wants it so. Its topics, checks, talk modes and methods are used by the unit and
    all below it at once, and by nobody else. The same again answers 200 with what is there.
    """
    written = await service.create(session, caller, campaign_id, body)
    if not written.new:
        response.status_code = status.HTTP_200_OK
    path = f"/v1/campaigns/{campaign_id}/supplements/{written.supplement.id}"
    response.headers["Location"] = path
    return await _answer(response, session, written)


@router.get(
    "/{supplement_id}",
    operation_id="getSupplement",
    summary="读取补充通知 Read a supplement",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    place: Annotated[SupplementPlace, Depends(_place)],
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> SupplementOut:
    """Read one supplement with what it asks for."""
    await queries.get_campaign(session, caller, place.campaign_id)
    record = await supplements.get(session, caller, place.campaign_id, place.supplement_id)
    written = await _answer(response, session, service.Written(record))
    return SupplementOut.model_validate(written.model_dump(exclude={"job_ids"}))


@router.patch(
    "/{supplement_id}",
    operation_id="updateSupplement",
    summary="修改补充通知 Change a supplement",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    place: Annotated[SupplementPlace, Depends(_place)],
    body: SupplementPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> SupplementOut:
    """Change its notice, and what it adds: once the campaign was opened, no code goes.

    Codes are added and renamed at any time. A notice that was received, or has a text or files,
    keeps its number. What it asks for is changed at the addresses of its requirements.
    """
    held = await service.get_for_update(session, caller, place)
    precondition.require(held.supplement.revision)
    written = await _answer(response, session, await amending.update(session, held, body))
    return SupplementOut.model_validate(written.model_dump(exclude={"job_ids"}))


@router.post(
    "/{supplement_id}/decision",
    operation_id="decideSupplement",
    summary="批准补充通知的工作要求 Approve or refuse what a supplement asks for",
    dependencies=[allow(Power.ORGANIZE)],
)
async def decide(
    place: Annotated[SupplementPlace, Depends(_place)],
    body: RequirementDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> SupplementWritten:
    """Decide at once on all of its requirements that wait for approval.

    One by one they are decided at their own addresses.
    """
    held = await service.get_for_update(session, caller, place)
    precondition.check(held.supplement.revision)
    return await _answer(response, session, await service.decide(session, caller, held, body))


@router.post(
    "/{supplement_id}/end",
    operation_id="endSupplement",
    summary="停止执行补充通知 End a supplement",
    dependencies=[allow(Power.ORGANIZE)],
)
async def end(
    place: Annotated[SupplementPlace, Depends(_place)],
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    body: SupplementEndIn | None = None,
) -> SupplementWritten:
    """Let nobody owe any more what it asks for, nor use what it adds; what was done stays."""
    held = await service.get_for_update(session, caller, place)
    precondition.require(held.supplement.revision)
    ended = await service.end(session, caller, held, body or SupplementEndIn())
    return await _answer(response, session, ended)


async def _answer(
    response: Response, session: AsyncSession, written: service.Written
) -> SupplementWritten:
    record = written.supplement
    items = await supplements.list_requirements(session, [record.id])
    found = await queries.load_extended_dates(session, [record.campaign_id])
    whole = SupplementWritten.whole(record, items, found.get(record.campaign_id, {}))
    return tag(response, whole.model_copy(update={"job_ids": list(written.job_ids)}))
