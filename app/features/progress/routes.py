"""HTTP of progress: who has done what, over any subtree."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.access import published
from app.access.codes import take_codes
from app.db import plan_by_values
from app.features.progress import gathering, service
from app.features.progress.errors import CHILDREN_ONLY
from app.features.progress.gathering import Question
from app.features.progress.queries import days
from app.features.progress.schemas import (
    ProgressOut,
    ProgressQuery,
    TimelineDay,
    TimelineOut,
    WholeQuery,
)
from app.http.authorization import allow_published
from app.http.dependencies import ReaderDep, SessionDep
from app.http.routing import RollUpRoute
from app.kit import clock
from app.kit.problems import Invalid

router = APIRouter(tags=["progress"], route_class=RollUpRoute)


@router.get(
    "/v1/progress",
    operation_id="getProgress",
    summary="进度汇总 Progress",
    response_model=ProgressOut,
    dependencies=[allow_published(None, published.PROGRESS_FILTERS)],
)
async def progress(
    wanted: Annotated[ProgressQuery, Query()], session: SessionDep, caller: ReaderDep
) -> Response:
    """Obligations and counts of a unit's subtree, and of each group: own + children = whole.

    Exact after every write. Without `unit_id`: the one unit that the credential covers. On a past
    day (`as_of`) by the tree of that day; what has left the caller's sight since is one group.
    With `fields` only the parts that are named, with `depth=2` the children's children, too.
    `as_of` is the day of the work: what was entered or asked for since counts by its own day.
    """
    wanted = await take_codes(session, caller, wanted)
    campaign = await gathering.find_campaign(session, caller, wanted.campaign_id)
    unit = await gathering.find_unit(session, caller, wanted.unit_id)
    if wanted.known_on is not None:
        await gathering.require_known(session, unit, wanted.known_on)
    day = wanted.as_of or clock.today()
    if wanted.depth > 1 and wanted.group_by != "children":
        raise Invalid([CHILDREN_ONLY.at("?depth")])
    question = Question(
        campaign,
        unit,
        wanted.group_by,
        day,
        wanted.requirement_code,
        wanted.depth,
        service.read_parts(wanted.fields),
    )
    content = await gathering.answer(session, caller, question)
    return Response(content, media_type="application/json")


@router.get(
    "/v1/progress/timeline",
    operation_id="getProgressTimeline",
    summary="按日进度 Progress by day",
    dependencies=[allow_published(None, published.PROGRESS_FILTERS)],
)
async def timeline(
    wanted: Annotated[WholeQuery, Query()], session: SessionDep, caller: ReaderDep
) -> TimelineOut:
    """Return what was done by day over a unit's subtree, by the day the work was done."""
    wanted = await take_codes(session, caller, wanted)
    campaign = await gathering.find_campaign(session, caller, wanted.campaign_id)
    await plan_by_values(session)
    unit = await gathering.find_unit(session, caller, wanted.unit_id)
    data, so_far = [], 0
    for day, activities, done in await days.sum_days(session, campaign.id, unit):
        so_far += done
        data.append(TimelineDay(day=day, activities=activities, done=done, done_so_far=so_far))
    return TimelineOut(campaign_id=campaign.id, unit=service.key_of(unit), data=data)
