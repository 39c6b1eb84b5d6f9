"""HTTP of progress: who has done what, over any subtree."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.db import plan_by_values
from app.features.campaigns import queries as campaigns
from app.features.progress import gathering, service
from app.features.progress.errors import UNIT_NEEDED
from app.features.progress.gathering import Question
from app.features.progress.queries import reading
from app.features.progress.schemas import (
    ProgressOut,
    ProgressQuery,
    TimelineDay,
    TimelineOut,
)
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.routing import RollUpRoute
from app.kit import clock
from app.kit.ids import path_ids
from app.kit.problems import Invalid
from app.models import Organization

router = APIRouter(tags=["progress"], route_class=RollUpRoute)


@router.get(
    "/v1/progress",
    operation_id="getProgress",
    summary="进度汇总 Progress",
    response_model=ProgressOut,
    dependencies=[allow(Power.VIEW)],
)
async def progress(
    wanted: Annotated[ProgressQuery, Query()], session: SessionDep, caller: CallerDep
) -> Response:
    """Obligations and counts of a unit's subtree, and of each group: own + children = whole.

    Exact after every write. Without `unit_id`: the one unit that the credential covers. On a past
    day (`as_of`) by the tree of that day; what has left the caller's sight since is one group.
    `as_of` is the day of the work: what was entered or asked for since counts by its own day.
    """
    campaign = await campaigns.get_campaign(session, caller, wanted.campaign_id)
    unit = await _unit(session, caller, wanted.unit_id)
    if wanted.known_on is not None:
        await gathering.require_known(session, unit, wanted.known_on)
    question = Question(campaign, unit, wanted.group_by, wanted.as_of or clock.today())
    content = await gathering.answer(session, caller, question)
    return Response(content, media_type="application/json")


@router.get(
    "/v1/progress/timeline",
    operation_id="getProgressTimeline",
    summary="按日进度 Progress by day",
    dependencies=[allow(Power.VIEW)],
)
async def timeline(
    campaign_id: UUID, session: SessionDep, caller: CallerDep, unit_id: UUID | None = None
) -> TimelineOut:
    """Return what was done by day over a unit's subtree, by the day the work was done."""
    await campaigns.get_campaign(session, caller, campaign_id)
    await plan_by_values(session)
    unit = await _unit(session, caller, unit_id)
    data, so_far = [], 0
    for day, activities, done in await reading.sum_days(session, campaign_id, unit):
        so_far += done
        data.append(TimelineDay(day=day, activities=activities, done=done, done_so_far=so_far))
    return TimelineOut(campaign_id=campaign_id, unit=service.key_of(unit), data=data)


async def _unit(session: AsyncSession, caller: Principal, unit_id: UUID | None) -> Organization:
    if unit_id is None:
        if caller.home is None:
            raise Invalid([UNIT_NEEDED.at("?unit_id")])
        unit_id = path_ids(caller.home)[-1]
    return await get_organization(session, caller, unit_id)
