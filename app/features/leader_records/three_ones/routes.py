"""HTTP of one leading cadre's three ones."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.codes import take_codes
from app.access.principal import Power
from app.features.leader_records.three_ones import queries, service
from app.features.leader_records.three_ones.schemas import ThreeOnesFilter, ThreeOnesOut
from app.features.organizations.leaders.queries import leaders
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.routing import ApiRoute
from app.kit import clock

router = APIRouter(tags=["leader-records"], route_class=ApiRoute)


@router.get(
    "/v1/leaders/{leader_id}/three-ones",
    operation_id="getThreeOnes",
    summary="领导干部“三个一”完成情况 Read a leader's three ones",
    dependencies=[allow(Power.VIEW, Power.OWN)],
)
async def get_three_ones(
    leader_id: UUID,
    filters: Annotated[ThreeOnesFilter, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> ThreeOnesOut:
    """Return what is asked of one leading cadre, what of it is met, and by which records."""
    filters = await take_codes(session, caller, filters)
    leader = await leaders.get(session, caller, leader_id)
    asked = (session, caller, leader.id, filters.campaign_id)
    owed = await queries.list_owed(*asked)
    done = await queries.list_records(*asked)
    ids = {row.campaign_id for row in owed} | {row.campaign_id for row in done}
    today = clock.today()
    return ThreeOnesOut(
        leader_id=leader.id,
        name=leader.name,
        post=leader.post,
        org_id=leader.org_id,
        campaigns=[
            service.answer(campaign, owed, done, today)
            for campaign in await queries.list_campaigns(session, sorted(ids))
        ],
    )
