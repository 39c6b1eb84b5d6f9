"""Rows of further sheets and the activities that they belong to."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.features.imports.errors import NO_SUCH_ACTIVITY, SEVERAL_ACTIVITIES
from app.features.imports.rules import cells
from app.features.imports.rules.cells import CellError, Reading, level_label, shorten
from app.features.imports.rules.columns import NUMBER, Layout

_NUMBERS: Final = (NUMBER, "external_id", "activity_number")
_LINES_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Mention:
    """What a row says of an activity: its own, or the one that it belongs to."""

    numbers: tuple[str, ...] = ()
    title: str | None = None
    day: str | None = None
    organization: str | None = None
    shown: str = ""

    def fits(self, other: "Mention") -> bool:
        """Return whether nothing of it is otherwise with another."""
        pairs = (
            (self.title, other.title),
            (self.day, other.day),
            (self.organization, other.organization),
        )
        return all(None in pair or pair[0] == pair[1] for pair in pairs)


@dataclass(slots=True)
class Occasions:
    """The activities of a file, by what rows of other sheets call them."""

    known: list[tuple[Mention, int, int]] = field(default_factory=list)
    """Each with its sheet and line."""
    by_number: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_title: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, mention: Mention, sheet: int, line: int) -> None:
        """Know one more activity."""
        place = len(self.known)
        self.known.append((mention, sheet, line))
        for number in dict.fromkeys(mention.numbers):
            self.by_number[number].append(place)
        if mention.title is not None:
            self.by_title[mention.title].append(place)

    def find(self, mention: Mention) -> tuple[int, int]:
        """Return the sheet and line of the one activity that a row means; raises `CellError`."""
        if mention.numbers:
            named = self.by_number.get(mention.numbers[0], [])
        else:
            named = self.by_title.get(mention.title or "", [])
        fitting = [place for place in named if self.known[place][0].fits(mention)]
        if len(fitting) == 1:
            _, sheet, line = self.known[fitting[0]]
            return sheet, line
        if not fitting:
            raise CellError(NO_SUCH_ACTIVITY, named=mention.shown)
        lines = [str(self.known[place][2]) for place in fitting[:_LINES_TOLD]]
        raise CellError(SEVERAL_ACTIVITIES, lines="、".join(lines))


def read_mention(
    values: Sequence[Any], layout: Layout, reading: Reading, organization: Callable[[str], str]
) -> Mention:
    """Return what a row says of an activity; what cannot be read is compared as it is written."""
    found: dict[str, str] = {}
    numbers: list[str] = []
    shown: list[str] = []
    for place, column in layout.columns.items():
        cell = values[place] if place < len(values) else None
        if column.field not in {*_NUMBERS, "title", "held_on", "org_id"} or cells.is_empty(cell):
            continue
        text = _text(cell)
        shown.append(shorten(text))
        if column.field in _NUMBERS:
            numbers.append(level_label(text))
        elif column.field == "org_id":
            found[column.field] = organization(text)
        elif column.field == "held_on":
            found[column.field] = _day(cell, reading)
        else:
            found[column.field] = level_label(text)
    return Mention(
        tuple(numbers), found.get("title"), found.get("held_on"), found.get("org_id"),
        "，".join(shown) or "—",
    )  # fmt: skip


def _text(cell: Any) -> str:
    try:
        return cells.read_text(cell)
    except CellError:
        return ""


def _day(cell: Any, reading: Reading) -> str:
    try:
        return cells.read_day(cell, reading)
    except CellError:
        return _text(cell)
