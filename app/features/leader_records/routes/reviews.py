"""HTTP of what becomes of leader records: reviews and history."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.features.leader_records import queries
from app.features.leader_records.schemas import LeaderRecordOut
from app.features.leader_records.service import direct
from app.features.submissions import service as reviews
from app.features.submissions.schemas import HistoryOut, ReviewIn, ReviewsOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.models import Review

router = APIRouter(tags=["leader-records"], route_class=ApiRoute)


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
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordOut:
    """Accept or return a record that was submitted directly."""
    record = await queries.get_for_update(session, caller, record_id, Power.VIEW)
    precondition.check(record.revision)
    await direct.review(session, caller, record, Review(**body.model_dump()))
    return tag(response, await direct.answer(session, caller, record))


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
