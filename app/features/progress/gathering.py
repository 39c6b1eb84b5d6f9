"""What a roll-up is made of, gathered from the ledger and the counts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.db import plan_by_values
from app.features.campaigns.queries import campaigns
from app.features.counts.queries import reading as counting
from app.features.progress import service
from app.features.progress.errors import RECORDED_SINCE, TOO_MANY_GROUPS, UNIT_NEEDED
from app.features.progress.queries import known, reading
from app.features.progress.queries.past import sum_owed
from app.features.progress.queries.reading import RequirementRow
from app.features.progress.rules import Own, Tallies, placed_above
from app.features.progress.schemas import GroupBy, Part
from app.features.submissions.errors import IN_FUTURE
from app.features.tree.queries import past as past_trees
from app.features.tree.queries.past import PastTree
from app.kit import clock
from app.kit.choices import choices
from app.kit.ids import path_ids, path_segment
from app.kit.problems import Invalid
from app.kit.validation import NOT_ALLOWED_VALUE, REQUIRED
from app.models import Campaign, Organization

MOST_GROUPS: Final = 2000
"""Children of children in one answer: 20 MB with everything, half of one with totals alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """Of which campaign and unit progress is asked, by which groups, and of which day."""

    campaign: Campaign
    unit: Organization
    group_by: GroupBy
    day: date
    requirement_codes: Sequence[str] | None = None
    """Only these requirements; all where none are given."""
    depth: int = 1
    """With 2, each child unit has its own children as groups."""
    parts: frozenset[Part] | None = None
    """Only these parts of the answer; all where none are given."""


@dataclass(slots=True)
class _Gathered:
    """What the ledger and the counts have for an answer, keyed by the paths of its groups."""

    path: str
    """Of the unit, on the day."""
    wanted: Sequence[RequirementRow]
    tallies: Tallies
    counts: counting.Counts
    below: Sequence[Organization]
    deeper: dict[UUID, Sequence[Organization]]
    """By child unit, what is below it; empty unless that is asked for."""


async def answer(session: AsyncSession, caller: Principal, asked: Question) -> bytes:
    """Return progress as JSON."""
    await plan_by_values(session)
    gathered = await _gather(session, caller, asked)
    wanted = _narrow(gathered.wanted, asked.requirement_codes)
    found = service.Found(
        caller=caller,
        campaign_id=asked.campaign.id,
        unit=asked.unit,
        path=gathered.path,
        day=asked.day,
        group_by=asked.group_by,
        wanted=wanted,
        slots=await reading.load_slots(session, wanted, asked.day),
        tallies=gathered.tallies,
        counts=gathered.counts,
        below=gathered.below,
        deeper=gathered.deeper,
        parts=asked.parts,
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


async def _gather(session: AsyncSession, caller: Principal, asked: Question) -> _Gathered:
    then = await past_trees.find_past_tree(session, asked.unit, asked.day)
    below = await _below(session, asked, then)
    opened = [o for o in below if o.type == "unit" and caller.may(Power.VIEW, o.path)]
    if asked.depth == 1 or then is not None:
        found = await _collect(session, replace(asked, depth=1), then, below, {})
    else:
        found = await _collect(session, asked, then, below, await _deeper(session, opened))
    if asked.depth > 1 and then is not None:
        # Each child unit has a past of its own: they are asked one by one.
        for unit in opened:
            inner = await _gather(session, caller, replace(asked, unit=unit, depth=1))
            found.deeper[unit.id] = inner.below
            _refuse_many(found.deeper)
            found.tallies.pop(inner.path, None)
            found.tallies.update(inner.tallies)
            found.counts.pop(inner.path, None)
            found.counts.update(inner.counts)
    return found


async def _collect(
    session: AsyncSession,
    asked: Question,
    then: PastTree | None,
    below: Sequence[Organization],
    deeper: dict[UUID, Sequence[Organization]],
) -> _Gathered:
    wanted, tallies = await _ledger(session, asked, then)
    counts = {}
    if asked.parts is None or "counts" in asked.parts:
        counts = await gather_counts(session, asked, then, below, deeper)
    return _Gathered(_path(asked, then), wanted, tallies, counts, below, deeper)


async def _deeper(
    session: AsyncSession, opened: Sequence[Organization]
) -> dict[UUID, Sequence[Organization]]:
    """Return what is below each of these units."""
    found: dict[UUID, list[Organization]] = {unit.id: [] for unit in opened}
    for child in await reading.list_children(session, *found):
        if child.parent_id is not None:
            found[child.parent_id].append(child)
    _refuse_many(found)
    return {**found}


def _refuse_many(deeper: Mapping[UUID, Sequence[Organization]]) -> None:
    """Raise `Invalid` where the children of the children are more than one answer holds."""
    if sum(map(len, deeper.values())) > MOST_GROUPS:
        raise Invalid([TOO_MANY_GROUPS.at("?depth", limit=MOST_GROUPS)])


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
    if by_sector:
        return wanted, await reading.sum_by_sector(session, campaign.id, unit, asked.day)
    return wanted, await reading.sum_by_child(session, campaign.id, unit, asked.day, asked.depth)


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
    session: AsyncSession,
    asked: Question,
    then: PastTree | None,
    below: Sequence[Organization],
    deeper: Mapping[UUID, Sequence[Organization]] = MappingProxyType({}),
) -> counting.Counts:
    """Return what was done, by the groups of `_ledger`; `below` are those that are groups."""
    campaign_id, unit = asked.campaign.id, asked.unit
    by_sector = asked.group_by == "sector"
    if then is not None:
        counts = await counting.sum_past(
            session, campaign_id, unit, then.before, by_sector=by_sector
        )
    elif by_sector:
        counts = await counting.sum_by_sector(session, campaign_id, unit, asked.day)
    else:
        counts = await counting.sum_by_child(session, campaign_id, unit, asked.day, asked.depth)
    # They are read already, thousands at most: nothing is looked up one by one.
    inner = [child for children in deeper.values() for child in children]
    own = await reading.load_own(session, campaign_id, [unit, *below, *inner], asked.day)
    path = _path(asked, then)
    group = unit.sector if by_sector else path
    placed = [(group, own[unit.id], {path + path_segment(o.id): own[o.id] for o in below})]
    for unit_id, children in deeper.items():
        top = path + path_segment(unit_id)
        # The unit itself has been placed above already, among the children.
        placed.append((top, (0, 0), {top + path_segment(o.id): own[o.id] for o in children}))
    return await asyncio.to_thread(_placed, counts, placed)


def _placed(
    counts: counting.Counts, levels: Sequence[tuple[str, Own, Mapping[str, Own]]]
) -> counting.Counts:
    for group, own, children in levels:
        counts = placed_above(counts, group, own, children)
    return counts


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
