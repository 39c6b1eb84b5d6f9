"""Geometry of the bars and of the timeline; pure. What they show is told as text, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

BAR_WIDTH: Final = 120
WIDTH: Final = 640
HEIGHT: Final = 150
_LEFT: Final = 44
_TOP: Final = 10
_BASE: Final = 124
_RIGHT: Final = 630
_MOST_DAYS: Final = 62
"""Days that a table lists one by one; of more it has the sums by month."""


class Segment(NamedTuple):
    """A part of a bar: which figure it shows, and where."""

    kind: str
    x: float
    width: float


def draw_bar(done: int, nil: int, still: int, overdue: int) -> list[Segment]:
    """Return the parts of a bar that add up to what is due; none where nothing is."""
    parts = {"done": done, "nil": nil, "open": still - overdue, "overdue": overdue}
    whole = sum(parts.values())
    found: list[Segment] = []
    x = 0.0
    for kind, number in parts.items():
        if number > 0:
            width = round(BAR_WIDTH * number / whole, 2)
            found.append(Segment(kind, round(x, 2), width))
            x += width
    return found


class Day(NamedTuple):
    """What was done on a day, and up to it."""

    day: date
    done: int
    so_far: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A line of what was done up to each day, and the same as rows."""

    points: str
    top: int
    first: date
    last: date
    rows: Sequence[tuple[str, int, int]]
    """Day or month, what was done in it, and what was done up to its end."""
    by_month: bool


def draw_timeline(days: Sequence[Day]) -> Timeline | None:
    """Return the line of some days, in their order; None where nothing was done."""
    if not days or not days[-1].so_far:
        return None
    first, last, top = days[0].day, days[-1].day, days[-1].so_far
    span = max((last - first).days, 1)
    points = [(float(_LEFT), float(_BASE))]
    for each in days:
        x = _LEFT + (_RIGHT - _LEFT) * (each.day - first).days / span
        points += [(x, points[-1][1]), (x, _BASE - (_BASE - _TOP) * each.so_far / top)]
    points.append((float(_RIGHT), points[-1][1]))
    by_month = len(days) > _MOST_DAYS
    rows = _months(days) if by_month else [(d.day.isoformat(), d.done, d.so_far) for d in days]
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Timeline(drawn, top, first, last, rows, by_month)


def _months(days: Sequence[Day]) -> list[tuple[str, int, int]]:
    done: dict[str, int] = {}
    so_far: dict[str, int] = {}
    for each in days:
        month = each.day.isoformat()[:7]
        done[month] = done.get(month, 0) + each.done
        so_far[month] = each.so_far
    return [(month, number, so_far[month]) for month, number in done.items()]
