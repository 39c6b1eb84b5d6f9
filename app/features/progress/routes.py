"""HTTP of progress: who has done what, over any subtree."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import organization
from app.db import plan_by_values
from app.features.campaigns import queries as campaigns
from app.features.counts.queries import reading as counting
from app.features.progress import service
from app.features.progress.errors import UNIT_NEEDED
from app.features.progress.queries import reading
from app.features.progress.queries.past import owed
from app.features.progress.rules import Tallies
from app.features.progress.schemas import (
    GroupBy,
    ProgressOut,
    TimelineDay,
    TimelineOut,
)
from app.features.tree.queries import past as past_trees
from app.features.tree.queries.past import PastTree
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.routing import RollUpRoute
from app.kit import clock
from app.kit.fields import Day
from app.kit.ids import path_ids
from app.kit.problems import Invalid
from app.models import Campaign, Organization

router = APIRouter(tags=["progress"], route_class=RollUpRoute)


@router.get(
    "/v1/progress",
    operation_id="getProgress",
    summary="进度汇总 Progress",
    response_model=ProgressOut,
    dependencies=[allow(Power.VIEW)],
)
async def progress(
    campaign_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    unit_id: UUID | None = None,
    group_by: GroupBy = "children",
    as_of: Day | None = None,
) -> Response:
    """Obligations and counts of a unit's subtree, and of each group: own + children = whole.

    Exact after every write. Without `unit_id`: the one unit that the credential covers. On a past
    day (`as_of`) by the tree of that day; what has left the caller's sight since is one group.
    """
    campaign = await campaigns.campaign(session, caller, campaign_id)
    await plan_by_values(session)
    unit, day = await _unit(session, caller, unit_id), as_of or clock.today()
    then = await past_trees.then(session, unit, day)
    wanted, tallies = await _ledger(session, campaign, unit, group_by, day, then)
    counts = await _counts(session, campaign_id, unit, group_by, day, then)
    found = service.Found(
        caller=caller,
        campaign_id=campaign_id,
        unit=unit,
        path=unit.path if then is None else then.path,
        day=day,
        group_by=group_by,
        wanted=wanted,
        tallies=tallies,
        counts=counts,
        below=await _below(session, unit, group_by, then),
    )
    # A thousand groups are ten megabytes, and half a second to add up and to write.
    content = await asyncio.to_thread(service.write, found)
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
    await campaigns.campaign(session, caller, campaign_id)
    await plan_by_values(session)
    unit = await _unit(session, caller, unit_id)
    data, so_far = [], 0
    for day, activities, done in await reading.days(session, campaign_id, unit):
        so_far += done
        data.append(TimelineDay(day=day, activities=activities, done=done, done_so_far=so_far))
    return TimelineOut(campaign_id=campaign_id, unit=service.key_of(unit), data=data)


async def _ledger(
    session: AsyncSession,
    campaign: Campaign,
    unit: Organization,
    group_by: GroupBy,
    day: date,
    then: PastTree | None,
) -> tuple[Sequence[Any], Tallies]:
    """Return the requirements that reach into the subtree, and what the ledger counts of them."""
    by_sector = group_by != "children"
    if then is not None:
        return await owed(session, campaign, unit, then, by_sector=by_sector)
    wanted = await reading.requirements(session, campaign.id, unit.path)
    counted = reading.by_sector if by_sector else reading.by_child
    return wanted, await counted(session, campaign.id, unit, day)


async def _counts(
    session: AsyncSession,
    campaign_id: UUID,
    unit: Organization,
    group_by: GroupBy,
    day: date,
    then: PastTree | None,
) -> counting.Counts:
    """Return what was done, by the groups of `_ledger`."""
    by_sector = group_by == "sector"
    if then is not None:
        return await counting.then(session, campaign_id, unit, then.before, by_sector=by_sector)
    counted = counting.by_sector if by_sector else counting.by_child
    return await counted(session, campaign_id, unit, day)


async def _unit(session: AsyncSession, caller: Principal, unit_id: UUID | None) -> Organization:
    if unit_id is None:
        paths = caller.paths(Power.VIEW)
        if len(paths) != 1:
            raise Invalid([UNIT_NEEDED.at("?unit_id")])
        unit_id = path_ids(paths[0])[-1]
    return await organization(session, caller, unit_id)


async def _below(
    session: AsyncSession, unit: Organization, group_by: GroupBy, then: PastTree | None
) -> Sequence[Any]:
    """Return the organizations that are groups of the answer."""
    if group_by != "children":
        return ()
    if then is None:
        return await reading.children(session, unit.id)
    return await past_trees.children(session, unit.id, then)
