"""HTTP of progress: who has done what, over any subtree."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.routing import CallerDep, RollUpRoute, SessionDep, allow
from app.access.visibility import organization
from app.db import plan_by_values
from app.features.campaigns import queries as campaigns
from app.features.counts.queries import reading as counting
from app.features.obligations.queries import past
from app.features.obligations.queries.trees import Then
from app.features.progress import rules
from app.features.progress.errors import UNIT_NEEDED
from app.features.progress.queries import reading
from app.features.progress.queries.past import owed
from app.features.progress.rules import COUNTS, FIGURES, Tallies, total
from app.features.progress.schemas import (
    Counts,
    Group,
    GroupBy,
    ProgressOut,
    RequirementFigures,
    TimelineDay,
    TimelineOut,
    UnitKey,
)
from app.kit import clock
from app.kit.fields import Day
from app.kit.ids import path_ids, path_segment
from app.kit.problems import Invalid
from app.kit.rows import AnyRow
from app.models import Campaign, Organization
from app.models.vocabulary import Sector

router = APIRouter(tags=["progress"], route_class=RollUpRoute)

_ByRequirement = Mapping[UUID, Mapping[str, int]]


@router.get(
    "/v1/progress",
    operation_id="getProgress",
    summary="进度汇总 Progress",
    dependencies=[allow(Power.VIEW)],
)
async def progress(
    campaign_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    unit_id: UUID | None = None,
    group_by: GroupBy = "children",
    as_of: Day | None = None,
) -> ProgressOut:
    """Obligations and counts of a unit's subtree, and of each group: own + children = whole.

    Exact after every write. Without `unit_id`: the one unit that the credential covers. On a past
    day (`as_of`) by the tree of that day; what has left the caller's sight since is one group.
    """
    campaign = await campaigns.campaign(session, caller, campaign_id)
    await plan_by_values(session)
    unit, day = await _unit(session, caller, unit_id), as_of or clock.today()
    then = await past.then(session, unit, day)
    wanted, tallies = await _ledger(session, campaign, unit, group_by, day, then)
    figures = {group: _figures(wanted, found, day) for group, found in tallies.items()}
    counts = await _counts(session, campaign_id, unit, group_by, day, then)
    whole = {r.id: total((g.get(r.id, {}) for g in figures.values()), FIGURES) for r in wanted}
    lines = _lines(wanted, whole)
    if group_by == "requirement":
        groups = [_by_requirement(line) for line in lines]
    else:
        places = await _places(session, caller, unit, group_by, _left(figures, counts), then)
        groups = [_group(p, wanted, _all(p, figures), _sum(p, counts)) for p in places]
    return ProgressOut(
        campaign_id=campaign_id,
        unit=_key(unit),
        as_of=day,
        group_by=group_by,
        requirements=lines,
        counts=Counts(**total(counts.values(), COUNTS)),
        groups=groups,
    )


@router.get(
    "/v1/progress/timeline",
    operation_id="getProgressTimeline",
    summary="按日进度 Progress by day",
    dependencies=[allow(Power.VIEW)],
)
async def timeline(
    campaign_id: UUID, session: SessionDep, caller: CallerDep, unit_id: UUID | None = None
) -> TimelineOut:
    """What was done by day over a unit's subtree, by the day the work was done."""
    await campaigns.campaign(session, caller, campaign_id)
    await plan_by_values(session)
    unit = await _unit(session, caller, unit_id)
    data, so_far = [], 0
    for day, activities, done in await reading.days(session, campaign_id, unit):
        so_far += done
        data.append(TimelineDay(day=day, activities=activities, done=done, done_so_far=so_far))
    return TimelineOut(campaign_id=campaign_id, unit=_key(unit), data=data)


async def _ledger(
    session: AsyncSession,
    campaign: Campaign,
    unit: Organization,
    group_by: GroupBy,
    day: date,
    then: Then | None,
) -> tuple[Sequence[Any], Tallies]:
    """The requirements that reach into the subtree, and what the ledger counts of them."""
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
    then: Then | None,
) -> counting.Counts:
    """What was done, by the same groups."""
    by_sector = group_by == "sector"
    if then is not None:
        return await counting.then(session, campaign_id, unit, then.before, by_sector=by_sector)
    counted = counting.by_sector if by_sector else counting.by_child
    return await counted(session, campaign_id, unit, day)


class _Place:
    """A group of the answer and the keys of its rows."""

    def __init__(
        self,
        kind: Literal["own", "unit", "branch", "sector", "moved_away"],
        keys: Sequence[str],
        code: str,
        name: str,
        identifier: UUID | None = None,
    ) -> None:
        self.type, self.keys, self.code, self.name, self.id = kind, keys, code, name, identifier


async def _unit(session: AsyncSession, caller: Principal, unit_id: UUID | None) -> Organization:
    if unit_id is None:
        paths = caller.paths(Power.VIEW)
        if len(paths) != 1:
            raise Invalid([UNIT_NEEDED.at("?unit_id")])
        unit_id = path_ids(paths[0])[-1]
    return await organization(session, caller, unit_id)


async def _places(
    session: AsyncSession,
    caller: Principal,
    unit: Organization,
    group_by: GroupBy,
    keys: Any,
    then: Then | None,
) -> Sequence[_Place]:
    if group_by == "sector":
        known = [sector for sector in Sector if sector.value in keys]
        return [_Place("sector", [s.value], s.value, s.zh) for s in known]
    if then is None:
        path, below = unit.path, await reading.children(session, unit.id)
    else:
        path, below = then.path, await past.children(session, unit.id, then)
    keyed = {o.id: path + path_segment(o.id) for o in below}
    seen = [o for o in below if caller.may(Power.VIEW, o.path)]
    away = [keyed[o.id] for o in below if o not in seen]
    return [
        _Place("own", [path], unit.code, unit.name, unit.id),
        *(_Place(_type(o), [keyed[o.id]], o.code, o.name, o.id) for o in seen),
        *([_Place("moved_away", away, "moved_away", "已调整到其他上级的组织")] if away else []),
    ]


def _left(
    figures: Mapping[str, _ByRequirement], counts: Mapping[str, Mapping[str, int]]
) -> set[str]:
    """The groups of which something is left, whether or not the counters of others still stand."""
    owing = {g for g, of in figures.items() if any(any(found.values()) for found in of.values())}
    return owing | {group for group, of in counts.items() if any(of.values())}


def _all(place: _Place, figures: Mapping[str, _ByRequirement]) -> _ByRequirement:
    """The figures of a group, requirement by requirement."""
    found = [figures.get(key, {}) for key in place.keys]
    ids = {requirement_id for part in found for requirement_id in part}
    return {id_: total((part.get(id_, {}) for part in found), FIGURES) for id_ in ids}


def _sum(place: _Place, counts: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    """The counts of a group."""
    return total((counts.get(key, {}) for key in place.keys), COUNTS)


def _figures(
    wanted: Sequence[AnyRow], found: Mapping[UUID, Mapping[bool, Mapping[str, int]]], day: date
) -> dict[UUID, dict[str, int]]:
    return {r.id: rules.figures(found.get(r.id, {}), r.opens_on, r.due_on, day) for r in wanted}


def _group(
    place: _Place, wanted: Sequence[AnyRow], figures: _ByRequirement, counts: Mapping[str, int]
) -> Group:
    return Group(
        type=place.type,
        id=place.id,
        code=place.code,
        name=place.name,
        requirements=_lines(wanted, figures),
        counts=Counts(**total([counts], COUNTS)),
    )


def _by_requirement(line: RequirementFigures) -> Group:
    return Group(
        type="requirement",
        id=line.requirement_id,
        code=line.requirement_code,
        name=line.title,
        requirements=[line],
        counts=None,
    )


def _lines(wanted: Sequence[AnyRow], figures: _ByRequirement) -> list[RequirementFigures]:
    return [
        RequirementFigures(
            requirement_id=r.id,
            requirement_code=r.code,
            title=r.title,
            subject=r.subject,
            due_on=r.due_on,
            **total([figures.get(r.id, {})], FIGURES),
        )
        for r in wanted
    ]


def _type(org: Organization) -> Literal["unit", "branch"]:
    return cast("Literal['unit', 'branch']", org.type)


def _key(unit: Organization) -> UnitKey:
    return UnitKey(
        type=_type(unit),
        id=unit.id,
        code=unit.code,
        name=unit.name,
        sort_order=unit.sort_order,
    )
