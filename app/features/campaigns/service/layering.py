"""What a unit below the campaign's root may ask for, beside what those above it ask for already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from app.features.campaigns import asking, rules
from app.features.campaigns.errors import (
    ASKS_MORE_OFTEN,
    ASKS_TOO_MUCH,
    NOT_A_SUPERIORS,
    SHORTENS_SUPERIOR,
    TOO_SHORT_NOTICE,
)
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.schemas.requirements import RequirementIn
from app.kit.language import Text
from app.kit.problems import FieldError
from app.models import Requirement


@dataclass(frozen=True, slots=True)
class Local:
    """What only requirements of units below the root are checked against."""

    root_id: UUID
    notice_days: int | None
    earliest: date | None
    """The first day that keeps the notice; None where none is to be kept."""
    free: bool
    """Whether they need no approval."""
    others: Sequence[tuple[Requirement, rules.Reach]] = ()
    """Those of the same unit, active or proposed, but for the one that is checked."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What requirements of one issuer are checked against."""

    starts_on: date
    ends_on: date | None
    codes: Mapping[str, Mapping[str, Text]]
    """The campaign's code lists, with what their codes are called."""
    extends: Mapping[str, Mapping[str, str]]
    """By list, the service's code that a code of the campaign's own extends."""
    issuer: Place
    places: Mapping[UUID, Place]
    """The units that requirements reach down from, as far as the caller sees them."""
    superiors: Sequence[tuple[Requirement, rules.Reach]] = ()
    """Requirements of the units above the issuer, active or proposed, the nearest first."""
    passed_on: str | None = None
    """The superior's requirement that was passed on before a change: it may have ended since."""
    local: Local | None = None
    """For units below the campaign's root; None where nothing more is asked than before."""

    @property
    def above(self) -> list[tuple[Requirement, rules.Reach]]:
        """The superiors' requirements that are owed."""
        return [(record, reach) for record, reach in self.superiors if record.active]


def reach_of(record: Requirement, path: str) -> rules.Reach:
    """Return whom a requirement applies to, reaching down from `path`."""
    return _reach(path, record.applies_to)


def extended(frame: Frame, body: RequirementIn) -> str | None:
    """Return the superior's requirement that this passes on: named, or asking for the same."""
    if body.extends_code is not None:
        return body.extends_code
    wanted = body.evidence.model_dump(mode="json")
    found = [record for record, _ in _alike(frame, body)]
    # Rather the one that it repeats than one that it has something in common with.
    found.sort(key=lambda record: not _repeats(record.evidence, wanted))
    return found[0].code if found else None


def layer_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield what a unit must not ask for, since those above it ask for it otherwise."""
    above = {record.code: record for record, _ in frame.above}
    named = above.get(body.extends_code) if body.extends_code else None
    known = body.extends_code in {None, frame.passed_on}
    if not known and (named is None or named.subject != body.subject):
        yield NOT_A_SUPERIORS.at("/extends_code", code=body.extends_code)
        return
    if frame.local is not None:
        for record in later_superiors(frame, body):
            yield SHORTENS_SUPERIOR.at(
                "/due_on", own=body.due_on, code=record.code, superior=record.due_on
            )
        yield from notice_errors(frame, body)
        yield from _count_errors(frame, frame.local, body)


def notice_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield that a day leaves too short a notice, unless a superior's asks for it by then."""
    local = frame.local
    if local is None or local.earliest is None or body.due_on is None:
        return
    if body.due_on < local.earliest and not _settled(frame, body):
        yield TOO_SHORT_NOTICE.at("/due_on", earliest=local.earliest, days=local.notice_days)


def earliest_day(frame: Frame, body: RequirementIn) -> date | None:
    """Return from which day on a local requirement may be due; None if its day is late enough."""
    days = [record.due_on for record in later_superiors(frame, body)]
    if frame.local is not None and any(notice_errors(frame, body)):
        days.append(frame.local.earliest)
    return max((day for day in days if day is not None), default=None)


def later_superiors(frame: Frame, body: RequirementIn) -> Iterator[Requirement]:
    """Yield what superiors ask for by a later day, though it is passed on."""
    extends = {record.code: record.extends_code for record, _ in frame.above}
    passed_on = rules.line_above(body.extends_code, extends)
    if not _settled(frame, body):
        for record, _ in _alike(frame, body):
            passed_on |= rules.line_above(record.code, extends)
    for record, _ in frame.above:
        if record.code in passed_on and _comes_earlier(frame, body, record):
            yield record


def _comes_earlier(frame: Frame, body: RequirementIn, superior: Requirement) -> bool:
    """Return whether a unit asks for something by an earlier day than its superior, or oftener."""
    if body.every is not None and superior.every is not None:
        return rules.is_oftener(body.every, superior.every) or rules.shortens(
            body.due_on, superior.due_on
        )
    return rules.shortens(_first_due(frame, body), _first_due(frame, superior))


def _first_due(frame: Frame, asked: RequirementIn | Requirement) -> date | None:
    first = asked.opens_on or frame.starts_on
    return rules.find_first_due(asked.every, asked.due_on, first, frame.ends_on)


def _times(frame: Frame, asked: RequirementIn | Requirement) -> int:
    """Return how often something is asked in all."""
    first, last = asked.opens_on or frame.starts_on, asked.due_on or frame.ends_on
    return rules.count_times(asked.every, asked.min_count, first, last)


def _count_errors(frame: Frame, local: Local, body: RequirementIn) -> Iterator[FieldError]:
    same = max(
        (record for record, _ in _alike(frame, body)), key=partial(_times, frame), default=None
    )
    pointer = "/min_count" if body.every is None else "/every"
    if local.free and same is not None and _times(frame, body) > _times(frame, same):
        yield ASKS_MORE_OFTEN.at(pointer, code=same.code, count=_times(frame, same))
        return
    own = _own_reach(frame, body)
    roots = [item for item in frame.above if item[0].org_id == local.root_id]
    wanted = body.evidence.model_dump(mode="json")
    taken = sum(
        _added(frame, roots, record, record.evidence, reach)
        for record, reach in [*frame.superiors, *local.others]
        if record.org_id != local.root_id
        and record.subject == body.subject
        and rules.may_meet(reach, own)
    )
    added = _added(frame, roots, body, wanted, own)
    if added and taken + added > rules.LOCAL_MOST:
        yield ASKS_TOO_MUCH.at(pointer, most=rules.LOCAL_MOST, taken=taken)


def _added(
    frame: Frame,
    roots: Sequence[tuple[Requirement, rules.Reach]],
    asked: RequirementIn | Requirement,
    evidence: Mapping[str, Any],
    reach: rules.Reach,
) -> int:
    """Return how often a requirement asks for something over what the root asks for."""
    before = [
        _times(frame, record)
        for record, wide in roots
        if record.subject == asked.subject
        and asking.alike(record.evidence, evidence)
        and rules.may_meet(wide, reach)
    ]
    return max(0, _times(frame, asked) - max(before, default=0))


def _settled(frame: Frame, body: RequirementIn) -> bool:
    """Return whether all who do what a superior asks for have done this by its day as well."""
    own, wanted = _own_reach(frame, body), body.evidence.model_dump(mode="json")
    return body.due_on is not None and any(
        record.due_on is not None
        and record.due_on <= body.due_on
        and record.min_count >= body.min_count
        and record.every == body.every
        and record.subject == body.subject
        and asking.covers(record.evidence, wanted)
        and rules.holds_all(reach, own)
        for record, reach in frame.above
    )


def _alike(frame: Frame, body: RequirementIn) -> Iterator[tuple[Requirement, rules.Reach]]:
    """Superiors' requirements that ask somebody here for the same."""
    own, wanted = _own_reach(frame, body), body.evidence.model_dump(mode="json")
    for record, reach in frame.above:
        if (
            record.subject == body.subject
            and asking.alike(record.evidence, wanted)
            and rules.may_meet(reach, own)
        ):
            yield record, reach


def _own_reach(frame: Frame, body: RequirementIn) -> rules.Reach:
    place = frame.places.get(body.applies_to.under_unit_id or frame.issuer.id, frame.issuer)
    return _reach(place.path, body.applies_to.model_dump(mode="json"))


def _repeats(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return asking.covers(one, other) and asking.covers(other, one)


def _reach(path: str, wanted: Mapping[str, Any]) -> rules.Reach:
    return rules.Reach(
        path,
        wanted["scope"],
        frozenset(wanted["sectors"]),
        frozenset(wanted["unit_kinds"]),
        frozenset(wanted["position_levels"]),
    )
