"""HTTP of what levels do with reports: reviews, selection, history, the hint at near-copies."""

from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from app.access.principal import Power
from app.features.obligations.schemas import EffectsOut
from app.features.reports import queries
from app.features.reports.routes.answering import answer_written
from app.features.reports.schemas import (
    ReportOut,
    ReportReviewIn,
    ReportReviewItem,
    ReportState,
    ReportWritten,
    SimilarList,
)
from app.features.reports.service import answers, changing, effects
from app.features.submissions import service as reviews
from app.features.submissions.schemas import HistoryOut, ReviewsOut
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, ReplyDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.models import Review

router = APIRouter(tags=["reports"], route_class=ApiRoute)


@router.post(
    "/v1/reports/batch-reviews",
    operation_id="reviewReports",
    summary="批量审核材料 Review reports",
    dependencies=[allow(Power.REVIEW)],
)
async def review_batch(
    body: batches.Batch[ReportReviewItem], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Decide on up to 1,000 reports in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    done, refused = await changing.review_all(session, caller, good)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    return batches.results(body, done, problems, item_renderer(request))


@router.post(
    "/v1/reports/{report_id}/reviews",
    operation_id="reviewReport",
    summary="审核报送材料 Review a report",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def review(
    report_id: UUID,
    body: ReportReviewIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportWritten:
    """Accept it, return it to its author, or forward it to the next level, edited or not."""
    report = await queries.get_for_update(session, caller, report_id, Power.VIEW)
    precondition.check(report.revision)
    await changing.review(session, caller, report, Review(**body.model_dump()))
    return await answer_written(reply, session, caller, report)


@router.get(
    "/v1/reports/{report_id}/effects",
    operation_id="getReportEffects",
    summary="计入哪些任务、还缺什么 What a report counts for, and what it lacks",
    dependencies=[allow(Power.VIEW)],
)
async def read_effects(
    report_id: UUID, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> EffectsOut:
    """Tell what it counts for, and what it nearly does; of a draft what it would count for."""
    report = await queries.get(session, caller, report_id)
    counted = await effects.find(session, report)
    return EffectsOut(counted=counted, **await effects.tell(session, caller, report, language))


@router.get(
    "/v1/reports/{report_id}/reviews",
    operation_id="listReportReviews",
    summary="审核意见 Reviews of a report",
    dependencies=[allow(Power.VIEW)],
)
async def list_reviews(report_id: UUID, session: SessionDep, caller: CallerDep) -> ReviewsOut:
    """List all decisions on the report, the first one first."""
    report = await queries.get(session, caller, report_id)
    found = await reviews.load_reviews(session, [report.id])
    return ReviewsOut(data=found.get(report.id, []))


@router.get(
    "/v1/reports/{report_id}/history",
    operation_id="getReportHistory",
    summary="修改历史 History of a report",
    dependencies=[allow(Power.VIEW)],
)
async def history(report_id: UUID, session: SessionDep, caller: CallerDep) -> HistoryOut:
    """List every revision, with what it changed and why."""
    report = await queries.get(session, caller, report_id)
    return await reviews.load_history(session, "report", ReportState.model_validate(report))


@router.get(
    "/v1/reports/{report_id}/similar",
    operation_id="listSimilarReports",
    summary="雷同提示 Near-copies of a report",
    dependencies=[allow(Power.VIEW)],
)
async def similar(report_id: UUID, session: SessionDep, caller: CallerDep) -> SimilarList:
    """List near-copies, as a hint to author and reviewer; it is no score, and nothing counts it."""
    report = await queries.get(session, caller, report_id)
    return await answers.find_similar(session, caller, report)


@router.post(
    "/v1/reports/{report_id}/selection",
    operation_id="selectReport",
    summary="列为优秀体会文章 Select as excellent",
    dependencies=[allow(Power.REVIEW)],
)
async def select(
    report_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportOut:
    """Select a report as excellent, to be passed on."""
    report = await queries.get_for_update(session, caller, report_id, Power.VIEW)
    precondition.require(report.revision)
    await changing.select(session, caller, report, selected=True)
    return tag(response, await answers.answer(session, caller, report))


@router.delete(
    "/v1/reports/{report_id}/selection",
    operation_id="deselectReport",
    summary="不再列为优秀体会文章 Take a selection back",
    dependencies=[allow(Power.REVIEW)],
)
async def deselect(
    report_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportOut:
    """Take the selection back."""
    report = await queries.get_for_update(session, caller, report_id, Power.VIEW)
    precondition.require(report.revision)
    await changing.select(session, caller, report, selected=False)
    return tag(response, await answers.answer(session, caller, report))
