"""What a roll-up is made of, gathered from the ledger and the counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db import plan_by_values
from app.features.counts.queries import reading as counting
from app.features.progress import service
from app.features.progress.errors import RECORDED_SINCE
from app.features.progress.queries import known, reading
from app.features.progress.queries.past import sum_owed
from app.features.progress.rules import Tallies
from app.features.progress.schemas import GroupBy
from app.features.submissions.errors import IN_FUTURE
from app.features.tree.queries import past as past_trees
from app.features.tree.queries.past import PastTree
from app.kit import clock
from app.kit.problems import Invalid
from app.models import Campaign, Organization


@dataclass(frozen=True, slots=True)
class Question:
    """Of which campaign and unit progress is asked, by which groups, and of which day."""

    campaign: Campaign
    unit: Organization
    group_by: GroupBy
    day: date


async def answer(session: AsyncSession, caller: Principal, asked: Question) -> bytes:
    """Return progress as JSON."""
    await plan_by_values(session)
    then = await past_trees.find_past_tree(session, asked.unit, asked.day)
    wanted, tallies = await _ledger(session, asked, then)
    counts = await _counts(session, asked, then)
    found = service.Found(
        caller=caller,
        campaign_id=asked.campaign.id,
        unit=asked.unit,
        path=asked.unit.path if then is None else then.path,
        day=asked.day,
        group_by=asked.group_by,
        wanted=wanted,
        tallies=tallies,
        counts=counts,
        below=await _below(session, asked, then),
    )
    # A thousand groups are ten megabytes, and half a second to add up and to write.
    return await asyncio.to_thread(service.write, found)


async def require_known(session: AsyncSession, unit: Organization, day: date) -> None:
    """Raise unless what is known now of a unit's subtree was known at the end of a day."""
    today = clock.today()
    if day > today:
        raise Invalid([IN_FUTURE.at("?known_on")])
    if day < today and await known.recorded_since(session, unit.path, day):
        raise Invalid([RECORDED_SINCE.at("?known_on")])


async def _ledger(
    session: AsyncSession, asked: Question, then: PastTree | None
) -> tuple[Sequence[Any], Tallies]:
    """Return the requirements that reach into the subtree, and what the ledger counts of them."""
    campaign, unit = asked.campaign, asked.unit
    by_sector = asked.group_by != "children"
    if then is not None:
        return await sum_owed(session, campaign, unit, then, by_sector=by_sector)
    wanted = await reading.load_requirements(session, campaign.id, unit.path)
    counted = reading.sum_by_sector if by_sector else reading.sum_by_child
    return wanted, await counted(session, campaign.id, unit, asked.day)


async def _counts(session: AsyncSession, asked: Question, then: PastTree | None) -> counting.Counts:
    """Return what was done, by the groups of `_ledger`."""
    campaign_id, unit = asked.campaign.id, asked.unit
    by_sector = asked.group_by == "sector"
    if then is not None:
        return await counting.sum_past(session, campaign_id, unit, then.before, by_sector=by_sector)
    counted = counting.sum_by_sector if by_sector else counting.sum_by_child
    return await counted(session, campaign_id, unit, asked.day)


async def _below(session: AsyncSession, asked: Question, then: PastTree | None) -> Sequence[Any]:
    """Return the organizations that are groups of the answer."""
    if asked.group_by != "children":
        return ()
    if then is None:
        return await reading.list_children(session, asked.unit.id)
    return await past_trees.list_children(session, asked.unit.id, then)
