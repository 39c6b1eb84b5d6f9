"""Which duties evidence meets, and which it nearly meets; pure."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.features.obligations.evidence import (
    Evidence,
    Shortfall,
    find_shortfalls,
    find_surroundings,
    is_candidate,
    is_within_period,
)
from app.features.obligations.rules import OwedRow, RequirementRow, existed

Duty = tuple[UUID, UUID]
"""A requirement, and who owes it."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Evidence by the duties that it meets, or nearly meets."""

    wanted: dict[Duty, list[Evidence]] = field(default_factory=lambda: defaultdict(list))
    near: dict[Duty, list[tuple[Evidence, tuple[Shortfall, ...]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """With what it lacks, as far as that is known."""
    unsure: list[tuple[RequirementRow, Evidence]] = field(default_factory=list)
    """What may count once its surroundings are known, each with the requirement."""

    def place(self, asking: RequirementRow, item: Evidence, *alike: Evidence) -> None:
        """Add evidence, a candidate of which all is known that decides, where it belongs.

        And what is alike in all that the requirement asks about.
        """
        lacking = tuple(find_shortfalls(asking.evidence, item))
        known = tuple(shortfall for shortfall in lacking if _is_known(shortfall, item))
        for each in (item, *alike):
            for subject in each.subjects:
                if not lacking:
                    self.wanted[asking.id, subject].append(each)
                elif known:
                    self.near[asking.id, subject].append((each, known))


def match(requirements: Sequence[RequirementRow], evidence: Sequence[Evidence]) -> Matches:
    """Return by duty the evidence that counts, and what may count once its surroundings are known.

    Each requirement is compared with what is of its campaign, and of a kind that it asks for.
    """
    of_kind: dict[tuple[Any, ...], list[Evidence]] = defaultdict(list)
    for item in evidence:
        kind = (item.record, item.kind, item.forwarded, item.nil_kinds, item.period)
        of_kind[item.campaign_id, *kind].append(item)
    found = Matches()
    for items in of_kind.values():
        first = items[0]
        candidates = [
            asking
            for asking in requirements
            if first.campaign_id == asking.campaign_id and is_candidate(asking.evidence, first)
        ]
        for alike in _group_alike(candidates, items) if candidates else ():
            for asking in candidates:
                if find_surroundings(asking.evidence, alike[0]):
                    found.unsure.extend((asking, item) for item in alike)
                else:
                    found.place(asking, *alike)
    return found


def _group_alike(
    candidates: Sequence[RequirementRow], items: Sequence[Evidence]
) -> Collection[list[Evidence]]:
    """Return evidence of one kind by what these requirements ask about: each is judged once."""
    asked = [asking.evidence for asking in candidates]
    names = sorted({name for each in asked for name in each.get("details") or ()})
    dated = any(each.get("window") for each in asked)
    found: dict[tuple[Any, ...], list[Evidence]] = defaultdict(list)
    for item in items:
        told = (item.topics, item.checks, item.talk_mode, item.methods, item.findings)
        days = (item.day, item.last_day) if dated else ()
        before = item.source_id if item.preceded_on is not None else None
        facts = (_hashable(item.facts.get(name)) for name in names)
        found[*told, item.selected, item.handed_up, before, *days, *facts].append(item)
    return found.values()


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def find_days(evidence: Sequence[Evidence]) -> tuple[date, date]:
    """Return the first and the last day that evidence is about."""
    days = [day for item in evidence for day in item.period or (item.day,)]
    return min(days), max(days)


def falls_within(owed: OwedRow, item: Evidence) -> bool:
    """Return whether the subject of an obligation was there, and its period, if any, takes it."""
    there = existed(owed.first_day, owed.last_day, item.day)
    anew = bool(owed.period_id.int)
    return there and is_within_period(item, owed.opens_on, owed.due_on, anew=anew)


def _is_known(shortfall: Shortfall, item: Evidence) -> bool:
    """Return whether it is known to be lacking, and was not merely not looked up."""
    if shortfall.condition == "findings":
        return item.findings is not None
    return shortfall.condition != "preceded_by" or item.preceded_on is not None
