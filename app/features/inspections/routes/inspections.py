"""HTTP of inspections."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.codes import take_codes
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
    InspectionWritten,
)
from app.features.inspections.service import answers, effects
from app.features.inspections.service import inspections as service
from app.features.obligations.schemas import EffectsOut
from app.features.submissions import service as reviews
from app.features.submissions.naming import take_own
from app.features.submissions.schemas import HistoryOut, Reason
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, Reply, ReplyDep, SessionDep
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
    summary="指导检查台账 List inspections",
    dependencies=[allow(Power.VIEW)],
)
async def list_inspections(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[InspectionFilter, Query()],
) -> Page[InspectionOut]:
    """List inspections by the unit that inspected (`unit_id`) or who was inspected (`org_id`)."""
    filters = await take_codes(session, caller, filters)
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
    found = await listing.find(session, statement, _SORTS)
    answered = await answers.answer_several(session, caller, found.rows)
    return found.page(answered[inspection.id] for inspection in found.rows)


@router.get(
    "/v1/inspections/{inspection_id}",
    operation_id="getInspection",
    summary="读取指导检查记录 Read an inspection",
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
    summary="登记指导检查 Enter an inspection",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def create(
    body: InspectionNew,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
) -> InspectionWritten:
    """Enter an inspection: reporters and reviewers of the unit that inspected."""
    inspection_id, new = await service.create(session, caller, body, body.id)
    if not new:
        reply.response.status_code = status.HTTP_200_OK
    reply.response.headers["Location"] = f"/v1/inspections/{inspection_id}"
    inspection = await queries.get(session, caller, inspection_id)
    return await _answer_written(reply, session, caller, inspection)


@router.put(
    "/v1/inspections/{inspection_id}",
    operation_id="putInspection",
    summary="按自带编号登记或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def put(
    inspection_id: UUID,
    body: InspectionIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> InspectionWritten:
    """Create the inspection under the caller's own id, or replace it."""
    body = await take_own(session, caller, body)
    if await queries.known(session, inspection_id):
        inspection = await queries.get_for_update(session, caller, inspection_id)
        same = says_the_same(body, await service.build_content(session, inspection))
        if condition.to_replace(inspection.revision, same=same):
            await service.replace(session, caller, inspection, body)
        return await _answer_written(reply, session, caller, inspection)
    condition.to_create()
    made, new = await service.create(session, caller, body, inspection_id)
    if new:
        reply.response.status_code = status.HTTP_201_CREATED
    inspection = await queries.get(session, caller, made)
    return await _answer_written(reply, session, caller, inspection)


@router.patch(
    "/v1/inspections/{inspection_id}",
    operation_id="updateInspection",
    summary="修改指导检查记录 Change an inspection",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def update(
    inspection_id: UUID,
    body: InspectionPatch,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionWritten:
    """Correct an inspection (JSON merge patch); what was answered stays as it is."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.require(inspection.revision)
    item = apply_patch(InspectionIn, await service.build_content(session, inspection), body)
    await service.replace(session, caller, inspection, item)
    return await _answer_written(reply, session, caller, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/withdrawal",
    operation_id="withdrawInspection",
    summary="撤回指导检查记录 Withdraw an inspection",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def withdraw(
    inspection_id: UUID,
    body: Reason,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionWritten:
    """Take back an inspection that was entered by mistake."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.require(inspection.revision)
    await service.withdraw(session, caller, inspection, body.reason)
    return await _answer_written(reply, session, caller, inspection)


@router.get(
    "/v1/inspections/{inspection_id}/effects",
    operation_id="getInspectionEffects",
    summary="计入哪些任务、还缺什么 What an inspection counts for, and what it lacks",
    dependencies=[allow(Power.VIEW)],
)
async def read_effects(
    inspection_id: UUID, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> EffectsOut:
    """Tell what it counts for, and what it nearly does."""
    inspection = await queries.get(session, caller, inspection_id)
    counted = await effects.find(session, inspection)
    told = await effects.tell(session, caller, inspection, language)
    return EffectsOut(counted=counted, **told)


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


async def _answer_written(
    reply: Reply,
    session: AsyncSession,
    caller: Principal,
    inspection: Inspection,
) -> InspectionWritten:
    """Return the same of one just written, with what it counts for."""
    found = await answers.answer_several(session, caller, [inspection])
    told = await effects.tell(session, caller, inspection, reply.language)
    return tag(reply.response, InspectionWritten(**dict(found[inspection.id]), **told))
