"""HTTP of what becomes of activities: reviews and history."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.features.activities.queries import reading
from app.features.activities.schemas.activity import ActivityOut
from app.features.activities.service import answers, changing
from app.features.submissions import service as reviews
from app.features.submissions.schemas import HistoryOut, ReviewIn, ReviewsOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.models import Review

router = APIRouter(tags=["activities"], route_class=ApiRoute)


@router.post(
    "/v1/activities/{activity_id}/reviews",
    operation_id="reviewActivity",
    summary="审核活动 Review an activity",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def review(
    activity_id: UUID,
    body: ReviewIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityOut:
    """Accept or return an activity; the leader records derived from it follow."""
    whole = await reading.get_for_update(session, caller, activity_id, Power.VIEW)
    precondition.check(whole.activity.revision)
    whole = await changing.review(session, caller, whole, Review(**body.model_dump()))
    return tag(response, await answers.answer(session, caller, whole))


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
