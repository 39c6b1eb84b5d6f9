"""HTTP of opinions: what people asked for or criticised, and what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.codes import take_codes
from app.access.principal import Power, Principal
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.findings import placement, queries
from app.features.findings.opinions import service
from app.features.findings.schemas.filters import OpinionFilter
from app.features.findings.schemas.records import (
    OpinionContent,
    OpinionPatch,
    OpinionRecord,
    OpinionRecordIn,
    OpinionRecordNew,
)
from app.features.findings.schemas.supervision import ExtensionDecisionIn, ExtensionIn, HandoverIn
from app.features.findings.service import passing
from app.features.submissions import service as reviews
from app.features.submissions.naming import take_own
from app.features.submissions.schemas import HistoryOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep, tag
from app.http.routing import ApiRoute
from app.kit import clock
from app.kit.merge_patch import apply_patch
from app.kit.naming import sent_fields
from app.kit.sameness import says_the_same
from app.models import Opinion

router = APIRouter(tags=["opinions"], route_class=ApiRoute)

_SORTS = Sorts(
    {"id": Opinion.id, "updated_at": Opinion.updated_at, "created_at": Opinion.created_at},
    id=Opinion.id,
    default="id",
)


@router.get(
    "/v1/opinions",
    operation_id="listOpinions",
    summary="群众意见台账 List opinions",
    dependencies=[allow(Power.VIEW)],
)
async def list_opinions(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[OpinionFilter, Query()],
) -> Page[OpinionRecord]:
    """List opinions by field, by source group, by what became of them; never by name."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    conditions = [
        *matching(
            filters,
            campaign_id=Opinion.campaign_id,
            org_id=Opinion.org_id,
        ),
        *queries.found_at(Opinion, filters.activity_id),
        *between(Opinion.due_on, filters.due_from, filters.due_to),
        *holds(filters.overdue, Opinion.overdue(clock.today())),
        *matching(
            filters,
            field=Opinion.field,
            source_group=Opinion.source_group,
            handling=Opinion.handling,
        ),
    ]
    if filters.handler_org_id is None:
        statement = queries.list_visible(caller, Opinion, *conditions, under=place)
    else:
        to, handler = Opinion.handler_org_id, filters.handler_org_id
        statement = queries.select_passed_on(caller, to, handler, *conditions, under=place)
    found = await listing.find_joined(session, statement, _SORTS, placement.OPINIONS)
    shown = await service.answer_records(session, caller, found.rows)
    return found.page(shown[row.opinion.id] for row in found.rows)


@router.get(
    "/v1/opinions/{opinion_id}",
    operation_id="getOpinion",
    summary="读取意见 Read an opinion",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    opinion_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> OpinionRecord:
    """Read one opinion with its handling."""
    return tag(response, await _record(session, caller, opinion_id))


@router.post(
    "/v1/opinions",
    operation_id="createOpinion",
    summary="登记意见 Enter an opinion",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    body: OpinionRecordNew, response: Response, session: SessionDep, caller: CallerDep
) -> OpinionRecord:
    """Enter an opinion on its own, or one more of an activity."""
    opinion_id, new = await service.create(session, caller, body, body.id)
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/opinions/{opinion_id}"
    return await read(opinion_id, response, session, caller)


@router.put(
    "/v1/opinions/{opinion_id}",
    operation_id="putOpinion",
    summary="按自带编号登记或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT)],
)
async def put(
    opinion_id: UUID,
    body: OpinionRecordIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> OpinionRecord:
    """Create the opinion under the caller's own id, or replace its content."""
    body = await take_own(session, caller, body)
    if await queries.exists(session, Opinion, opinion_id):
        opinion = await queries.get_for_update(session, caller, Opinion, opinion_id)
        kept = {name: getattr(opinion, name) for name in sent_fields(OpinionRecordIn)}
        same = says_the_same(body, kept, made_here=("gathered_on",))
        if condition.to_replace(opinion.revision, same=same):
            await service.replace(session, caller, opinion, body)
    else:
        condition.to_create()
        await service.create(session, caller, body, opinion_id)
        response.status_code = status.HTTP_201_CREATED
    return await read(opinion_id, response, session, caller)


@router.patch(
    "/v1/opinions/{opinion_id}",
    operation_id="updateOpinion",
    summary="办理意见 Handle an opinion",
    dependencies=[allow(Power.REPORT)],
)
async def update(
    opinion_id: UUID,
    body: OpinionPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OpinionRecord:
    """Assign it, answer it, resolve it (JSON merge patch)."""
    opinion = await queries.get_for_update(session, caller, Opinion, opinion_id)
    precondition.require(opinion.revision)
    current = {name: getattr(opinion, name) for name in OpinionContent.model_fields}
    await service.change(session, caller, opinion, apply_patch(OpinionContent, current, body))
    return await read(opinion_id, response, session, caller)


@router.get(
    "/v1/opinions/{opinion_id}/history",
    operation_id="getOpinionHistory",
    summary="办理过程 History of an opinion",
    dependencies=[allow(Power.VIEW)],
)
async def history(opinion_id: UUID, session: SessionDep, caller: CallerDep) -> HistoryOut:
    """List every step of its handling, with what it changed."""
    record = await _record(session, caller, opinion_id)
    return await reviews.load_history(session, "opinion", record)


@router.post(
    "/v1/opinions/{opinion_id}/extensions",
    operation_id="askOpinionExtension",
    summary="申请延期 Ask for a later day",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def ask(
    opinion_id: UUID,
    body: ExtensionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OpinionRecord:
    """Ask the superior for a later day to answer an opinion by."""
    opinion = await queries.get_for_update(session, caller, Opinion, opinion_id)
    precondition.check(opinion.revision)
    await service.ask(session, caller, opinion, body)
    return await read(opinion_id, response, session, caller)


@router.post(
    "/v1/opinions/{opinion_id}/extensions/{asked_id}/decision",
    operation_id="decideOpinionExtension",
    summary="答复延期申请 Grant or refuse a later day",
    dependencies=[allow(Power.REVIEW)],
)
async def decide(  # noqa: PLR0913 - two ids stand in the path
    opinion_id: UUID,
    asked_id: UUID,
    body: ExtensionDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OpinionRecord:
    """Grant the later day, which is then the opinion's, or refuse it with a reason."""
    opinion = await queries.get_for_update(session, caller, Opinion, opinion_id)
    precondition.check(opinion.revision)
    await service.decide(session, caller, opinion, asked_id, body)
    return await read(opinion_id, response, session, caller)


@router.post(
    "/v1/opinions/{opinion_id}/handover",
    operation_id="passOnOpinion",
    summary="转办意见 Pass an opinion on",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def pass_on(
    opinion_id: UUID,
    body: HandoverIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OpinionRecord:
    """Let another organization answer it: one below, or any below the same superior."""
    opinion = await queries.get_for_update(session, caller, Opinion, opinion_id)
    precondition.check(opinion.revision)
    await passing.pass_on_opinion(session, caller, opinion, body)
    return await read(opinion_id, response, session, caller)


async def _record(session: AsyncSession, caller: Principal, opinion_id: UUID) -> OpinionRecord:
    row = await placement.get_opinion(session, caller, opinion_id)
    return (await service.answer_records(session, caller, [row]))[opinion_id]
