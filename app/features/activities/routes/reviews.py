"""HTTP of what becomes of activities: reviews and history."""

from uuid import UUID

from fastapi import APIRouter, Request, status

from app.access.principal import Power
from app.features.activities.queries import reading
from app.features.activities.routes.answering import answer_written
from app.features.activities.schemas.answers import ActivityWritten
from app.features.activities.service import answers, changing, effects
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

router = APIRouter(tags=["activities"], route_class=ApiRoute)


@router.post(
    "/v1/activities/batch-reviews",
    operation_id="reviewActivities",
    summary="批量审核活动记录 Review activities",
    dependencies=[allow(Power.REVIEW)],
)
async def review_batch(
    body: batches.Batch[ReviewItem], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Decide on up to 1,000 activities in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    done, refused = await changing.review_all(session, caller, good)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    return batches.results(body, done, problems, item_renderer(request))


@router.post(
    "/v1/activities/{activity_id}/reviews",
    operation_id="reviewActivity",
    summary="审核活动记录 Review an activity",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def review(
    activity_id: UUID,
    body: ReviewIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityWritten:
    """Accept or return an activity; the leader records derived from it follow."""
    whole = await reading.get_for_update(session, caller, activity_id, Power.VIEW)
    precondition.check(whole.activity.revision)
    whole = await changing.review(session, caller, whole, Review(**body.model_dump()))
    return await answer_written(reply, session, caller, whole)


@router.get(
    "/v1/activities/{activity_id}/effects",
    operation_id="getActivityEffects",
    summary="计入哪些任务、还缺什么 What an activity counts for, and what it lacks",
    dependencies=[allow(Power.VIEW)],
)
async def read_effects(
    activity_id: UUID, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> EffectsOut:
    """Tell what it counts for, and what it nearly does; of a draft what it would count for."""
    whole = await reading.get(session, caller, activity_id)
    counted = await effects.find(session, whole)
    return EffectsOut(counted=counted, **await effects.tell(session, caller, whole, language))


@router.get(
    "/v1/activities/{activity_id}/reviews",
    operation_id="listActivityReviews",
    summary="审核意见 Reviews of an activity",
    dependencies=[allow(Power.VIEW)],
)
async def list_reviews(activity_id: UUID, session: SessionDep, caller: CallerDep) -> ReviewsOut:
    """List all decisions on the activity, the first one first."""
    whole = await reading.get(session, caller, activity_id)
    found = await reviews.load_reviews(session, [whole.activity.id])
    return ReviewsOut(data=found.get(whole.activity.id, []))


@router.get(
    "/v1/activities/{activity_id}/history",
    operation_id="getActivityHistory",
    summary="修改历史 History of an activity",
    dependencies=[allow(Power.VIEW)],
)
async def history(activity_id: UUID, session: SessionDep, caller: CallerDep) -> HistoryOut:
    """List every revision, with what it changed and why."""
    whole = await reading.get(session, caller, activity_id)
    return await reviews.load_history(session, "activity", answers.build_answer(whole))
