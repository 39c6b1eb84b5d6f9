"""What a roll-up is made of, gathered from the ledger and the counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import get_organization
from app.db import plan_by_values
from app.features.campaigns.queries import campaigns
from app.features.counts.queries import reading as counting
from app.features.progress import service
from app.features.progress.errors import RECORDED_SINCE, UNIT_NEEDED
from app.features.progress.queries import known, reading
from app.features.progress.queries.past import sum_owed
from app.features.progress.queries.reading import RequirementRow
from app.features.progress.rules import Tallies, placed_above
from app.features.progress.schemas import GroupBy
from app.features.submissions.errors import IN_FUTURE
from app.features.tree.queries import past as past_trees
from app.features.tree.queries.past import PastTree
from app.kit import clock
from app.kit.choices import choices
from app.kit.ids import path_ids, path_segment
from app.kit.problems import Invalid
from app.kit.validation import NOT_ALLOWED_VALUE, REQUIRED
from app.models import Campaign, Organization


@dataclass(frozen=True, slots=True)
class Question:
    """Of which campaign and unit progress is asked, by which groups, and of which day."""

    campaign: Campaign
    unit: Organization
    group_by: GroupBy
    day: date
    requirement_codes: Sequence[str] | None = None
    """Only these requirements; all where none are given."""


async def answer(session: AsyncSession, caller: Principal, asked: Question) -> bytes:
    """Return progress as JSON."""
    await plan_by_values(session)
    then = await past_trees.find_past_tree(session, asked.unit, asked.day)
    wanted, tallies = await _ledger(session, asked, then)
    wanted = _narrow(wanted, asked.requirement_codes)
    below = await _below(session, asked, then)
    counts = await gather_counts(session, asked, then, below)
    found = service.Found(
        caller=caller,
        campaign_id=asked.campaign.id,
        unit=asked.unit,
        path=_path(asked, then),
        day=asked.day,
        group_by=asked.group_by,
        wanted=wanted,
        slots=await reading.load_slots(session, wanted, asked.day),
        tallies=tallies,
        counts=counts,
        below=below,
    )
    # A thousand groups are ten megabytes, and half a second to add up and to write.
    return await asyncio.to_thread(service.write, found)


async def find_campaign(
    session: AsyncSession, caller: Principal, campaign_id: UUID | None
) -> Campaign:
    """Return the campaign that is asked about; raises `NotFound`, `Invalid` where none is named."""
    if campaign_id is None:
        raise Invalid([REQUIRED.at("?campaign_id")])
    return await campaigns.get_campaign(session, caller, campaign_id)


async def find_unit(session: AsyncSession, caller: Principal, unit_id: UUID | None) -> Organization:
    """Return the unit that is asked about: the one that the credential covers unless it is named.

    Raises `NotFound` if it is out of sight, `Invalid` where the credential covers several.
    """
    if unit_id is None:
        if caller.home is None:
            raise Invalid([UNIT_NEEDED.at("?unit_id")])
        unit_id = path_ids(caller.home)[-1]
    return await get_organization(session, caller, unit_id)


async def require_known(session: AsyncSession, unit: Organization, day: date) -> None:
    """Raise unless what is known now of a unit's subtree was known at the end of a day."""
    today = clock.today()
    if day > today:
        raise Invalid([IN_FUTURE.at("?known_on")])
    if day < today and await known.recorded_since(session, unit.path, day):
        raise Invalid([RECORDED_SINCE.at("?known_on")])


async def _ledger(
    session: AsyncSession, asked: Question, then: PastTree | None
) -> tuple[Sequence[RequirementRow], Tallies]:
    """Return the requirements that reach into the subtree, and what the ledger counts of them."""
    campaign, unit = asked.campaign, asked.unit
    by_sector = asked.group_by != "children"
    if then is not None:
        asked_then, tallies = await sum_owed(session, campaign, unit, then, by_sector=by_sector)
        return [reading.as_row(requirement) for requirement in asked_then], tallies
    wanted = await reading.load_requirements(session, campaign.id, unit.path)
    counted = reading.sum_by_sector if by_sector else reading.sum_by_child
    return wanted, await counted(session, campaign.id, unit, asked.day)


def _narrow(
    wanted: Sequence[RequirementRow], codes: Sequence[str] | None
) -> Sequence[RequirementRow]:
    """Return the requirements of these codes; raises `Invalid` where there is none of a code."""
    if not codes:
        return wanted
    known = [row.code for row in wanted]
    if not set(codes) <= set(known):
        raise Invalid([NOT_ALLOWED_VALUE.at("?requirement_code", expected=choices(known))])
    return [row for row in wanted if row.code in codes]


async def gather_counts(
    session: AsyncSession, asked: Question, then: PastTree | None, below: Sequence[Organization]
) -> counting.Counts:
    """Return what was done, by the groups of `_ledger`; `below` are those that are groups."""
    campaign_id, unit = asked.campaign.id, asked.unit
    by_sector = asked.group_by == "sector"
    if then is not None:
        counts = await counting.sum_past(
            session, campaign_id, unit, then.before, by_sector=by_sector
        )
    else:
        counted = counting.sum_by_sector if by_sector else counting.sum_by_child
        counts = await counted(session, campaign_id, unit, asked.day)
    # They are read already, thousands at most: nothing is looked up one by one.
    own = await reading.load_own(session, campaign_id, [unit, *below], asked.day)
    path = _path(asked, then)
    children = {path + path_segment(o.id): own[o.id] for o in below}
    group = unit.sector if by_sector else path
    return await asyncio.to_thread(placed_above, counts, group, own[unit.id], children)


def _path(asked: Question, then: PastTree | None) -> str:
    """Return the unit's path on the day that is asked of."""
    return asked.unit.path if then is None else then.path


async def _below(
    session: AsyncSession, asked: Question, then: PastTree | None
) -> Sequence[Organization]:
    """Return the organizations that are groups of the answer."""
    if asked.group_by != "children":
        return ()
    if then is None:
        return await reading.list_children(session, asked.unit.id)
    return await past_trees.list_children(session, asked.unit.id, then)
