"""HTTP of what becomes of leader records: reviews and history."""

from uuid import UUID

from fastapi import APIRouter, Request, status

from app.access.principal import Power
from app.features.leader_records import queries
from app.features.leader_records.routes.answering import answer_written
from app.features.leader_records.schemas import LeaderRecordOut, LeaderRecordWritten
from app.features.leader_records.service import direct, effects, reviewing
from app.features.obligations.schemas import EffectsOut
from app.features.submissions import service as reviews
from app.features.submissions.schemas import HistoryOut, ReviewIn, ReviewItem, ReviewsOut
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, ReplyDep, SessionDep
from app.http.preconditions import PreconditionDep
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.models import Review

router = APIRouter(tags=["leader-records"], route_class=ApiRoute)


@router.post(
    "/v1/leader-records/batch-reviews",
    operation_id="reviewLeaderRecords",
    summary="批量审核“三个一”记录 Review leader records",
    dependencies=[allow(Power.REVIEW)],
)
async def review_batch(
    body: batches.Batch[ReviewItem], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Decide on up to 1,000 records in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    done, refused = await reviewing.review_all(session, caller, good)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    return batches.results(body, done, problems, item_renderer(request))


@router.post(
    "/v1/leader-records/{record_id}/reviews",
    operation_id="reviewLeaderRecord",
    summary="审核“三个一”记录 Review a leader record",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def review(
    record_id: UUID,
    body: ReviewIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordWritten:
    """Accept or return a record that was submitted directly."""
    record = await queries.get_for_update(session, caller, record_id, Power.VIEW)
    precondition.check(record.revision)
    await direct.review(session, caller, record, Review(**body.model_dump()))
    return await answer_written(reply, session, caller, record)


@router.get(
    "/v1/leader-records/{record_id}/effects",
    operation_id="getLeaderRecordEffects",
    summary="计入哪些任务、还缺什么 What a leader record counts for, and what it lacks",
    dependencies=[allow(Power.VIEW)],
)
async def read_effects(
    record_id: UUID, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> EffectsOut:
    """Tell what it counts for, and what it nearly does; of a draft what it would count for."""
    record = await queries.get(session, caller, record_id)
    counted = await effects.find(session, record)
    return EffectsOut(counted=counted, **await effects.tell(session, caller, record, language))


@router.get(
    "/v1/leader-records/{record_id}/reviews",
    operation_id="listLeaderRecordReviews",
    summary="审核意见 Reviews of a leader record",
    dependencies=[allow(Power.VIEW)],
)
async def list_reviews(record_id: UUID, session: SessionDep, caller: CallerDep) -> ReviewsOut:
    """List all decisions on the record, the first one first."""
    record = await queries.get(session, caller, record_id)
    found = await reviews.load_reviews(session, [record.id])
    return ReviewsOut(data=found.get(record.id, []))


@router.get(
    "/v1/leader-records/{record_id}/history",
    operation_id="getLeaderRecordHistory",
    summary="修改历史 History of a leader record",
    dependencies=[allow(Power.VIEW)],
)
async def history(record_id: UUID, session: SessionDep, caller: CallerDep) -> HistoryOut:
    """List every revision, with what it changed and why."""
    record = await queries.get(session, caller, record_id)
    return await reviews.load_history(
        session, "leader_record", LeaderRecordOut.model_validate(record)
    )
