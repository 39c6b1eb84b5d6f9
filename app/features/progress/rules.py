"""Arithmetic of progress: adding up figures."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from app.features.counts.rules import WORK

FIGURES: Final = (
    "due", "done", "on_time", "late", "open", "overdue", "returned", "exempt", "upcoming",
    "surplus",
)  # fmt: skip
COUNTS: Final = WORK


def total(rows: Iterable[Mapping[str, int]], names: Iterable[str]) -> dict[str, int]:
    """The sum of rows, name by name; zeros where there are none."""
    result = dict.fromkeys(names, 0)
    for row in rows:
        for name in result:
            result[name] += row.get(name, 0)
    return result


def figures(
    measures: Mapping[bool, Mapping[str, int]],
    opens_on: date | None,
    due_on: date | None,
    as_of: date,
) -> dict[str, int]:
    """The figures of one requirement on a day, out of what the ledger counts.

    `measures[False]` are those of all obligations as they are, `measures[True]` of those that
    were met after the day: on the day they were still to be done.
    """
    every, later = (total([measures.get(part, {})], _MEASURES) for part in (False, True))
    on_time, late = (every[name] - later[name] for name in ("on_time", "late"))
    rest = every["open"] + later["on_time"] + later["late"]
    begun = opens_on is None or opens_on <= as_of
    still = rest if begun else 0
    returned = every["open_returned"] + later["met_returned"] if begun else 0
    passed = due_on is not None and due_on < as_of
    return {
        "due": on_time + late + still,
        "done": on_time + late,
        "on_time": on_time,
        "late": late,
        "open": still,
        "overdue": still - returned if passed else 0,
        "returned": returned,
        "exempt": every["exempt"],
        "upcoming": rest - still,
        "surplus": every["surplus"] - later["surplus"],
    }


_MEASURES: Final = (
    "open", "open_returned", "exempt", "on_time", "late", "met_returned", "surplus",
)  # fmt: skip
