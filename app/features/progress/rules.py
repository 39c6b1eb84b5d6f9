"""Arithmetic of progress: adding up figures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.features.counts.rules import ADDED_UP
from app.models.vocabulary.measures import MEASURES

FIGURES: Final = (
    "due", "done", "on_time", "late", "nil", "open", "overdue", "returned", "exempt", "upcoming",
    "surplus",
)  # fmt: skip
COUNTS: Final = ADDED_UP
ABOVE: Final = {"organizations": 0, "organizations_inspected": 1}
"""What is counted at the unit above, and its place in `Own`."""
Own = tuple[int, int]
"""Of an organization by itself: whether it is there, and whether it was inspected, 1 or 0."""
Tallies = dict[str, dict[UUID, dict[bool, dict[str, int]]]]
"""Group → slot → measures: of all (`False`), and of what was met after the day (`True`)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What obligations are counted as: a requirement, or a period of one; and its days."""

    id: UUID
    opens_on: date | None
    due_on: date | None


def total(rows: Iterable[Mapping[str, int]], names: Iterable[str]) -> dict[str, int]:
    """Return the sum of rows, name by name; zeros where there are none."""
    result = dict.fromkeys(names, 0)
    for row in rows:
        for name in result:
            result[name] += row.get(name, 0)
    return result


def placed_above(
    counts: Mapping[str, Mapping[str, int]], group: str, own: Own, below: Mapping[str, Own]
) -> dict[str, dict[str, int]]:
    """Return counts in which each organization is counted as a subordinate one, at its superior.

    Added up they are under their own group. `group` is that of the unit itself, which is a
    subordinate of nobody below it; `below` are the organizations directly below, group by group.
    """
    found = {key: dict(of) for key, of in counts.items()}
    for key, taken, times in (
        (group, own, -1),
        *((key, theirs, -1) for key, theirs in below.items()),
        *((group, theirs, 1) for theirs in below.values()),
    ):
        if not any(taken):
            continue
        counted = found.setdefault(key, {})
        for name, number in ABOVE.items():
            counted[name] = counted.get(name, 0) + times * taken[number]
    return found


def combined(parts: Iterable[tuple[Tallies, int]]) -> Tallies:
    """Tallies added up, each as many times as it says; what comes to nothing is left out."""
    sums: Counter[tuple[str, UUID, bool, str]] = Counter()
    for tallies, times in parts:
        for group, by_requirement in tallies.items():
            for requirement_id, of in by_requirement.items():
                for later, measures in of.items():
                    for name, value in measures.items():
                        sums[group, requirement_id, later, name] += times * value
    found: Tallies = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for (group, requirement_id, later, name), value in sums.items():
        if value:
            found[group][requirement_id][later][name] = value
    return found


def figures(
    measures: Mapping[bool, Mapping[str, int]],
    opens_on: date | None,
    due_on: date | None,
    as_of: date,
) -> dict[str, int]:
    """Return the figures of one requirement on a day, out of what the ledger counts.

    `measures[False]` are those of all obligations as they are, `measures[True]` of those that
    were met after the day: on the day they were still to be done.
    """
    every, later = (total([measures.get(part, {})], MEASURES) for part in (False, True))
    on_time, late = (every[name] - later[name] for name in ("on_time", "late"))
    nil = every["nil"] - later["nil"]
    rest = every["open"] + every["nil"] + later["on_time"] + later["late"] - nil
    begun = opens_on is None or opens_on <= as_of
    still = rest if begun else 0
    returned = every["open_returned"] + later["met_returned"] if begun else 0
    passed = due_on is not None and due_on < as_of
    return {
        "due": on_time + late + nil + still,
        "done": on_time + late,
        "on_time": on_time,
        "late": late,
        "nil": nil,
        "open": still,
        "overdue": still - returned if passed else 0,
        "returned": returned,
        "exempt": every["exempt"],
        "upcoming": rest - still,
        "surplus": every["surplus"] - later["surplus"],
    }
