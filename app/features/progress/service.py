"""The answer to a roll-up, made of what was counted: pure, so that it can be made in a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from app.access.principal import Power, Principal
from app.db.rows import AnyRow
from app.features.counts.queries import reading as counting
from app.features.progress import rules
from app.features.progress.rules import COUNTS, FIGURES, Tallies, total
from app.features.progress.schemas import (
    Counts,
    Group,
    GroupBy,
    ProgressOut,
    RequirementFigures,
    UnitKey,
)
from app.kit.ids import path_segment
from app.models import Organization
from app.models.vocabulary import Sector

_ByRequirement = Mapping[UUID, Mapping[str, int]]
_Figures = Mapping[str, _ByRequirement]


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that a roll-up is made of; `path` is the unit's on the day."""

    caller: Principal
    campaign_id: UUID
    unit: Organization
    path: str
    day: date
    group_by: GroupBy
    wanted: Sequence[AnyRow]
    tallies: Tallies
    counts: counting.Counts
    below: Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """A group of the answer and the keys of its rows."""

    type: Literal["own", "unit", "branch", "sector", "moved_away"]
    keys: Sequence[str]
    code: str
    name: str
    id: UUID | None = None


def write(found: Found) -> bytes:
    """Return the answer as JSON."""
    figures = {group: _figures(found.wanted, of, found.day) for group, of in found.tallies.items()}
    whole = {
        r.id: total((g.get(r.id, {}) for g in figures.values()), FIGURES) for r in found.wanted
    }
    lines = _lines(found.wanted, whole)
    if found.group_by == "requirement":
        groups = [_by_requirement(line) for line in lines]
    else:
        groups = [
            _group(p, found.wanted, _all(p, figures), _sum(p, found.counts))
            for p in _places(found, figures)
        ]
    answer = ProgressOut(
        campaign_id=found.campaign_id,
        unit=key_of(found.unit),
        as_of=found.day,
        group_by=found.group_by,
        requirements=lines,
        counts=Counts(**total(found.counts.values(), COUNTS)),
        groups=groups,
    )
    return answer.model_dump_json().encode()


def key_of(unit: Organization) -> UnitKey:
    """Return an organization as a group is named."""
    return UnitKey(
        type=_type(unit),
        id=unit.id,
        code=unit.code,
        name=unit.name,
        sort_order=unit.sort_order,
    )


def _places(found: Found, figures: _Figures) -> Sequence[_Place]:
    if found.group_by == "sector":
        left = _left(figures, found.counts)
        return [_Place("sector", [s.value], s.value, s.zh) for s in Sector if s.value in left]
    keyed = {o.id: found.path + path_segment(o.id) for o in found.below}
    seen = {o.id: found.caller.may(Power.VIEW, o.path) for o in found.below}
    away = [keyed[o.id] for o in found.below if not seen[o.id]]
    return [
        _Place("own", [found.path], found.unit.code, found.unit.name, found.unit.id),
        *(_Place(_type(o), [keyed[o.id]], o.code, o.name, o.id) for o in found.below if seen[o.id]),
        *([_Place("moved_away", away, "moved_away", "已调整到其他上级的组织")] if away else []),
    ]


def _left(figures: _Figures, counts: Mapping[str, Mapping[str, int]]) -> set[str]:
    """Return the groups with something left, whether or not others' counters still stand."""
    owing = {g for g, of in figures.items() if any(any(found.values()) for found in of.values())}
    return owing | {group for group, of in counts.items() if any(of.values())}


def _all(place: _Place, figures: _Figures) -> _ByRequirement:
    """Return the figures of a group, requirement by requirement."""
    found = [figures.get(key, {}) for key in place.keys]
    ids = {requirement_id for part in found for requirement_id in part}
    return {id_: total((part.get(id_, {}) for part in found), FIGURES) for id_ in ids}


def _sum(place: _Place, counts: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    """Return the counts of a group."""
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
