"""HTTP of progress: who has done what, over any subtree."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.routing import ApiRoute, CallerDep, SessionDep, allow
from app.access.visibility import organization
from app.features.campaigns import queries as campaigns
from app.features.progress import queries, rules
from app.features.progress.errors import UNIT_NEEDED
from app.features.progress.rules import COUNTS, FIGURES, total
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
from app.kit.ids import path_ids
from app.kit.problems import Invalid
from app.kit.rows import AnyRow
from app.models import Organization
from app.models.vocabulary import Sector

router = APIRouter(tags=["progress"], route_class=ApiRoute)

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

    Exact after every write. Without `unit_id`: the one unit that the credential covers.
    """
    await campaigns.campaign(session, caller, campaign_id)
    unit = await _unit(session, caller, unit_id)
    day = as_of or clock.today()
    wanted = await queries.requirements(session, campaign_id, unit.path)
    key: queries.Key = "sector" if group_by == "sector" else "children"
    tallies = await (queries.by_child if group_by == "children" else queries.by_sector)(
        session, campaign_id, unit, day
    )
    figures = {group: _figures(wanted, found, day) for group, found in tallies.items()}
    counts = await queries.counts(session, campaign_id, unit.path, key, day)
    whole = {r.id: total((g.get(r.id, {}) for g in figures.values()), FIGURES) for r in wanted}
    lines = _lines(wanted, whole)
    if group_by == "requirement":
        groups = [_by_requirement(line) for line in lines]
    else:
        places = await _places(session, unit, group_by, figures.keys() | counts.keys())
        groups = [_group(p, wanted, figures.get(p.key, {}), counts.get(p.key, {})) for p in places]
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
    unit = await _unit(session, caller, unit_id)
    data, so_far = [], 0
    for day, activities, done in await queries.days(session, campaign_id, unit):
        so_far += done
        data.append(TimelineDay(day=day, activities=activities, done=done, done_so_far=so_far))
    return TimelineOut(campaign_id=campaign_id, unit=_key(unit), data=data)


class _Place:
    """A group of the answer and the key of its rows."""

    def __init__(
        self,
        kind: Literal["own", "unit", "branch", "sector"],
        key: str,
        code: str,
        name: str,
        identifier: UUID | None = None,
    ) -> None:
        self.type, self.key, self.code, self.name, self.id = kind, key, code, name, identifier


async def _unit(session: AsyncSession, caller: Principal, unit_id: UUID | None) -> Organization:
    if unit_id is None:
        paths = caller.paths(Power.VIEW)
        if len(paths) != 1:
            raise Invalid([UNIT_NEEDED.at("?unit_id")])
        unit_id = path_ids(paths[0])[-1]
    return await organization(session, caller, unit_id)


async def _places(
    session: AsyncSession, unit: Organization, group_by: GroupBy, keys: Any
) -> Sequence[_Place]:
    if group_by == "sector":
        known = [sector for sector in Sector if sector.value in keys]
        return [_Place("sector", s.value, s.value, s.zh) for s in known]
    own = _Place("own", unit.path, unit.code, unit.name, unit.id)
    below = await queries.children(session, unit.id)
    return [own, *(_Place(_type(o), o.path, o.code, o.name, o.id) for o in below)]


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
