"""HTTP of disputes: a leader's unit says that a credit is wrong."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.features.leader_records import queries
from app.features.leader_records.schemas import DisputeDecisionIn, LeaderRecordOut
from app.features.leader_records.service import direct, disputing
from app.features.submissions.schemas import Reason
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute

router = APIRouter(tags=["leader-records"], route_class=ApiRoute)


@router.post(
    "/v1/leader-records/{record_id}/dispute",
    operation_id="disputeLeaderRecord",
    summary="对“三个一”记录提出异议 Dispute a leader record",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def dispute(
    record_id: UUID,
    body: Reason,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordOut:
    """Say, as the leader's unit, that what another organization entered is wrong.

    The superior of who entered it decides; until then it counts.
    """
    record = await queries.get_for_update(session, caller, record_id)
    precondition.require(record.revision)
    await disputing.dispute(session, caller, record, body.reason)
    return tag(response, await direct.answer(session, caller, record))


@router.post(
    "/v1/leader-records/{record_id}/dispute/decision",
    operation_id="decideDispute",
    summary="裁定异议 Uphold or reject a dispute",
    dependencies=[allow(Power.REVIEW)],
)
async def decide(
    record_id: UUID,
    body: DisputeDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordOut:
    """Uphold a dispute, so that the record counts no longer, or reject it: it stands.

    As the superior of the organization that entered it, who has not taken part in it.
    """
    record = await queries.get_for_update(session, caller, record_id, None)
    precondition.require(record.revision)
    await disputing.decide(session, caller, record, body)
    return tag(response, await direct.answer(session, caller, record))
