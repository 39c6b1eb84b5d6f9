"""HTTP of inspections."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.inspections import queries
from app.features.inspections.schemas import (
    InspectionFilter,
    InspectionIn,
    InspectionNew,
    InspectionOut,
    InspectionPatch,
)
from app.features.inspections.service import answers
from app.features.inspections.service import inspections as service
from app.features.submissions import service as reviews
from app.features.submissions.schemas import HistoryOut, Reason
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep, tag
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.sameness import says_the_same
from app.models import Inspection

router = APIRouter(tags=["inspections"], route_class=ApiRoute)

_SORTS = Sorts(
    {"id": Inspection.id, "held_on": Inspection.held_on, "updated_at": Inspection.updated_at},
    id=Inspection.id,
    default="id",
)


@router.get(
    "/v1/inspections",
    operation_id="listInspections",
    summary="指导检查 List inspections",
    dependencies=[allow(Power.VIEW)],
)
async def list_inspections(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[InspectionFilter, Query()],
) -> Page[InspectionOut]:
    """List inspections by the unit that inspected (`unit_id`) or who was inspected (`org_id`)."""
    place = await find_path(session, caller, filters.under)
    conditions = [
        *matching(
            filters,
            campaign_id=Inspection.campaign_id,
            unit_id=Inspection.unit_id,
            org_id=Inspection.org_id,
            status=Inspection.status,
        ),
        *between(Inspection.held_on, filters.held_from, filters.held_to),
        *holds(filters.unanswered, queries.is_unanswered()),
    ]
    if filters.answering_org_id is None:
        statement = queries.list_visible(caller, *conditions, under=place)
    else:
        answering = filters.answering_org_id
        statement = queries.taken_over(caller, answering, *conditions, under=place)
    found = await listing.slice(session, statement, _SORTS)
    answered = await answers.answer_several(session, caller, [row[0] for row in found.rows])
    return found.page(lambda row: answered[row[0].id])


@router.get(
    "/v1/inspections/{inspection_id}",
    operation_id="getInspection",
    summary="读取检查 Read an inspection",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    inspection_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> InspectionOut:
    """Read one inspection with what must follow from it."""
    inspection = await queries.get(session, caller, inspection_id)
    return await answer_one(response, session, caller, inspection)


@router.post(
    "/v1/inspections",
    operation_id="createInspection",
    summary="登记检查 Enter an inspection",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def create(
    body: InspectionNew, response: Response, session: SessionDep, caller: CallerDep
) -> InspectionOut:
    """Enter an inspection: reporters and reviewers of the unit that inspected."""
    inspection_id, new = await service.create(session, caller, body, body.id)
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/inspections/{inspection_id}"
    return await read(inspection_id, response, session, caller)


@router.put(
    "/v1/inspections/{inspection_id}",
    operation_id="putInspection",
    summary="按自带编号登记或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def put(
    inspection_id: UUID,
    body: InspectionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> InspectionOut:
    """Create the inspection under the caller's own id, or replace it."""
    if await queries.known(session, inspection_id):
        inspection = await queries.get_for_update(session, caller, inspection_id)
        same = says_the_same(body, await service.build_content(session, inspection))
        if condition.to_replace(inspection.revision, same=same):
            await service.replace(session, caller, inspection, body)
        return await answer_one(response, session, caller, inspection)
    condition.to_create()
    made, new = await service.create(session, caller, body, inspection_id)
    if new:
        response.status_code = status.HTTP_201_CREATED
    return await read(made, response, session, caller)


@router.patch(
    "/v1/inspections/{inspection_id}",
    operation_id="updateInspection",
    summary="修改检查 Change an inspection",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def update(
    inspection_id: UUID,
    body: InspectionPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Correct an inspection (JSON merge patch); what was answered stays as it is."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.require(inspection.revision)
    item = apply_patch(InspectionIn, await service.build_content(session, inspection), body)
    await service.replace(session, caller, inspection, item)
    return await answer_one(response, session, caller, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/withdrawal",
    operation_id="withdrawInspection",
    summary="撤回检查 Withdraw an inspection",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def withdraw(
    inspection_id: UUID,
    body: Reason,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Take back an inspection that was entered by mistake."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.require(inspection.revision)
    await service.withdraw(session, caller, inspection, body.reason)
    return await answer_one(response, session, caller, inspection)


@router.get(
    "/v1/inspections/{inspection_id}/history",
    operation_id="getInspectionHistory",
    summary="修改历史 History of an inspection",
    dependencies=[allow(Power.VIEW)],
)
async def history(inspection_id: UUID, session: SessionDep, caller: CallerDep) -> HistoryOut:
    """List every revision, with what it changed and why."""
    inspection = await queries.get(session, caller, inspection_id)
    return await reviews.load_history(
        session, "inspection", await answers.build_state(session, inspection)
    )


async def answer_one(
    response: Response, session: AsyncSession, caller: Principal, inspection: Inspection
) -> InspectionOut:
    """Return an inspection as this caller gets it, with its ETag."""
    found = await answers.answer_several(session, caller, [inspection])
    return tag(response, found[inspection.id])
