"""The answer to a roll-up, made of what was counted: pure, so that it can be made in a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, cast, get_args
from uuid import UUID

from app.access.principal import Power, Principal
from app.features.counts.queries import reading as counting
from app.features.counts.rules import WORK
from app.features.obligations.schemas import PeriodOut
from app.features.progress import rules
from app.features.progress.queries.reading import RequirementRow
from app.features.progress.rules import COUNTS, FIGURES, Slot, Tallies, total
from app.features.progress.schemas import (
    Counts,
    Figures,
    Group,
    GroupBy,
    InnerGroup,
    Part,
    PeriodFigures,
    ProgressOut,
    Reach,
    RequirementFigures,
    UnitKey,
)
from app.kit.choices import choices
from app.kit.ids import path_segment
from app.kit.problems import Invalid
from app.kit.validation import NOT_ALLOWED_VALUE
from app.models import Organization
from app.models.vocabulary import Sector

PARTS: Final = frozenset[Part](get_args(Part))
_BySlot = Mapping[UUID, Mapping[str, int]]
_Figures = Mapping[str, _BySlot]


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that a roll-up is made of; `path` is the unit's on the day."""

    caller: Principal
    campaign_id: UUID
    unit: Organization
    path: str
    day: date
    group_by: GroupBy
    wanted: Sequence[RequirementRow]
    slots: Mapping[UUID, Sequence[Slot]]
    """By requirement, what it is counted as."""
    tallies: Tallies
    counts: counting.Counts
    below: Sequence[Organization]
    deeper: Mapping[UUID, Sequence[Organization]]
    """By child unit, what is below it, where that is asked for: the tallies are by those, too."""
    parts: frozenset[Part] | None
    """Only these parts of the answer; all of them where None."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A group of the answer and the keys of its rows."""

    type: Literal["own", "unit", "branch", "sector", "moved_away"]
    keys: Sequence[str]
    code: str
    name: str
    id: UUID | None = None
    short_name: str | None = None
    inner: "Sequence[_Place] | None" = None
    """The groups of this group."""


def write(found: Found) -> bytes:
    """Return the answer as JSON."""
    slots = [slot for some in found.slots.values() for slot in some]
    figures = {group: _figures(slots, of, found.day) for group, of in found.tallies.items()}
    whole = {
        slot.id: total((g.get(slot.id, {}) for g in figures.values()), FIGURES) for slot in slots
    }
    lines = _lines(found, whole)
    answer = ProgressOut(
        campaign_id=found.campaign_id,
        unit=key_of(found.unit),
        as_of=found.day,
        group_by=found.group_by,
        totals=_totals(lines),
        requirements=lines,
        counts=build_counts(total(found.counts.values(), COUNTS)),
        groups=_groups(found, lines, figures),
    )
    return answer.model_dump_json(exclude=_left_out(found)).encode()


def read_parts(fields: str | None) -> frozenset[Part] | None:
    """Return the parts that a parameter names; raises `Invalid` where there is none of a name."""
    named = [name for part in (fields or "").split(",") if (name := part.strip())]
    if any(name not in PARTS for name in named):
        raise Invalid([NOT_ALLOWED_VALUE.at("?fields", expected=choices(sorted(PARTS)))])
    return frozenset(part for part in PARTS if part in named) or None


def key_of(unit: Organization) -> UnitKey:
    """Return an organization as a group is named."""
    return UnitKey(
        type=_type(unit),
        id=unit.id,
        code=unit.code,
        name=unit.name,
        short_name=unit.short_name,
        sort_order=unit.sort_order,
    )


def build_counts(counted: Mapping[str, int]) -> Counts:
    """Return counts as they are answered."""
    work = {name: counted[name] for name in WORK}
    inspected = Reach(n=counted["organizations_inspected"], of=counted["organizations"])
    met = Reach(n=counted["branches_met"], of=counted["branches"])
    return Counts(**work, inspected=inspected, branches_met=met)


def _left_out(found: Found) -> dict[str, Any]:
    """Return the parts that were not asked for, of the whole and of each group of it."""
    absent: dict[str, Any] = dict.fromkeys(PARTS - (found.parts or PARTS), True)
    of_groups = {name: True for name in absent if name != "groups"}
    inner = {"__all__": of_groups} if found.deeper else True
    if "groups" not in absent:
        absent["groups"] = {"__all__": {**of_groups, "groups": inner}}
    return absent


def _groups(found: Found, lines: Sequence[RequirementFigures], figures: _Figures) -> list[Group]:
    if found.parts is not None and "groups" not in found.parts:
        return []
    if found.group_by == "requirement":
        return [_by_requirement(line) for line in lines]
    return [_group(found, place, figures) for place in _places(found, figures)]


def _places(found: Found, figures: _Figures) -> Sequence[_Place]:
    if found.group_by == "sector":
        left = _left(figures, found.counts)
        return [_Place("sector", [s.value], s.value, s.zh) for s in Sector if s.value in left]
    return _places_in(found, found.unit, found.path, found.below)


def _places_in(
    found: Found, unit: Organization, path: str, below: Sequence[Organization]
) -> list[_Place]:
    """Return a unit's own part and its children as groups; those out of sight are one."""
    placed = [(o, path + path_segment(o.id)) for o in below]
    places = [_organization("own", unit, [path])]
    away: list[str] = []
    for child, at in placed:
        inner = found.deeper.get(child.id)
        keys = [at, *(at + path_segment(o.id) for o in inner or ())]
        if not found.caller.may(Power.VIEW, child.path):
            away += keys
            continue
        place = _organization(_type(child), child, keys)
        if inner is not None:
            place = replace(place, inner=_places_in(found, child, at, inner))
        places.append(place)
    if away:
        places.append(_Place("moved_away", away, "moved_away", "已调整隶属关系的组织"))
    return places


def _organization(
    kind: Literal["own", "unit", "branch"], row: Organization, keys: Sequence[str]
) -> _Place:
    """Return an organization as a group."""
    return _Place(kind, keys, row.code, row.name, row.id, row.short_name)


def _totals(lines: Sequence[RequirementFigures]) -> Figures:
    """Return what several requirements come to together."""
    sums = {name: sum(getattr(line, name) for line in lines) for name in FIGURES}
    return Figures(**sums)


def _left(figures: _Figures, counts: Mapping[str, Mapping[str, int]]) -> set[str]:
    """Return the groups with something left, whether or not others' counters still stand."""
    owing = {g for g, of in figures.items() if any(any(found.values()) for found in of.values())}
    return owing | {group for group, of in counts.items() if any(of.values())}


def _all(place: _Place, figures: _Figures) -> _BySlot:
    """Return the figures of a group, slot by slot."""
    found = [figures.get(key, {}) for key in place.keys]
    ids = {slot_id for part in found for slot_id in part}
    return {id_: total((part.get(id_, {}) for part in found), FIGURES) for id_ in ids}


def _sum(place: _Place, counts: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    """Return the counts of a group."""
    return total((counts.get(key, {}) for key in place.keys), COUNTS)


def _figures(
    slots: Sequence[Slot], found: Mapping[UUID, Mapping[bool, Mapping[str, int]]], day: date
) -> dict[UUID, dict[str, int]]:
    return {s.id: rules.figures(found.get(s.id, {}), s.opens_on, s.due_on, day) for s in slots}


def _group(found: Found, place: _Place, figures: _Figures) -> Group:
    inner = place.inner
    groups = None if inner is None else [_inner_group(found, each, figures) for each in inner]
    return Group(groups=groups, **dict(_inner_group(found, place, figures)))


def _inner_group(found: Found, place: _Place, figures: _Figures) -> InnerGroup:
    lines = _lines(found, _all(place, figures))
    return InnerGroup(
        type=place.type,
        id=place.id,
        code=place.code,
        name=place.name,
        short_name=place.short_name,
        totals=_totals(lines),
        requirements=lines,
        counts=build_counts(_sum(place, found.counts)),
    )


def _by_requirement(line: RequirementFigures) -> Group:
    return Group(
        type="requirement",
        id=line.requirement_id,
        code=line.requirement_code,
        name=line.title,
        totals=_totals([line]),
        requirements=[line],
        counts=None,
        groups=None,
    )


def _lines(found: Found, figures: _BySlot) -> list[RequirementFigures]:
    return [
        RequirementFigures(
            requirement_id=r.id,
            requirement_code=r.code,
            title=r.title,
            subject=r.subject,
            due_on=r.due_on,
            every=r.every,
            periods=[_period(s, figures.get(s.id, {})) for s in found.slots[r.id]]
            if r.every
            else [],
            **total((figures.get(s.id, {}) for s in found.slots[r.id]), FIGURES),
        )
        for r in found.wanted
    ]


def _period(slot: Slot, figures: Mapping[str, int]) -> PeriodFigures:
    period = PeriodOut.model_validate({"from": slot.opens_on, "to": slot.due_on})
    return PeriodFigures(period=period, **total([figures], FIGURES))


def _type(org: Organization) -> Literal["unit", "branch"]:
    return cast("Literal['unit', 'branch']", org.type)
