"""The columns of tables: how their headings are written, and where a table has its headings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.kit.levelling import compose
from app.models.vocabulary import Coded

Kind = Literal[
    "text", "day", "count", "code", "listed", "lists", "organization", "unit", "branch",
    "leaders", "leader", "link",
]  # fmt: skip
"""How a cell is read: `listed` and `lists` are one or several codes of the campaign's own lists.

A `link` is no part of a record: rows of further sheets are told by it which one they belong to.
"""

SEARCHED: Final = 30
"""Rows from the first with anything in it among which the headings are looked for."""
NUMBER: Final = "number"
"""The number that a row has in its own table, by which other tables call it."""
_LEAST: Final = 2
_LONGEST: Final = 500
"""Characters of a heading with the notes in it; what is longer is cut, and understood by nobody."""
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")
_TRIM: Final = " *:：,，.。、;；"
_TOTALS: Final = re.compile(r"(合计|小计|总计|共计|累计)\W*")
_NOTES: Final = re.compile(r"(注|备注|说明|填表人|填报人|制表|审核|填报单位|联系人|单位负责人)\W")


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a table may have."""

    field: str
    """Where its value goes in a body of the API: `details.households`."""
    kind: Kind
    zh: str
    en: str
    also: tuple[str, ...] = ()
    """Other headings in use."""
    codes: type[Coded] | None = None
    also_codes: type[Coded] | None = None
    """A second list whose codes it may have."""
    listed: str | None = None
    """Which of the campaign's own lists has its codes."""
    required: bool = False

    @property
    def needed(self) -> bool:
        """Return whether a new record is read only with this: a row must say whose it is, too."""
        return self.required or self.kind == "organization"

    @property
    def says_something(self) -> bool:
        """Return whether a row that has nothing else is one: a number beside it is not enough."""
        return self.field != NUMBER

    def headings(self) -> Iterator[str]:
        """Yield every heading, on one level."""
        for name in (self.zh, self.en, self.field, *self.also):
            yield level_heading(name)


@dataclass(slots=True)
class Layout:
    """Where a sheet has its headings, and what stands in which of its columns."""

    line: int
    columns: dict[int, Column]
    headings: list[str]
    ignored: list[str] = field(default_factory=list)
    """Headings of columns that are not read."""

    def heading(self, name: str) -> tuple[int, str] | None:
        """Return the place and the heading of a field's column, None where there is none."""
        place = next((p for p, column in self.columns.items() if column.field == name), None)
        return None if place is None else (place, self.headings[place])


def level_heading(text: str) -> str:
    """Return a heading without what differs between two that say the same."""
    found = compose(text)
    found = _BRACKETS.sub("", found)
    return re.sub(r"[\s_]+", "", found).strip(_TRIM).lower()


def find_layout(
    rows: Sequence[tuple[int, Sequence[Any]]],
    columns: Sequence[Column],
    mapping: Mapping[str, str | None],
) -> Layout | None:
    """Return where the headings are: in the row in which most of them are understood."""
    known = {heading: column for column in columns for heading in column.headings()}
    by_field = {column.field: column for column in columns}
    mapped = {level_heading(h): by_field.get(f) if f else None for h, f in mapping.items()}
    best: Layout | None = None
    for line, cells in rows[:SEARCHED]:
        found = _layout(line, cells, known | mapped)
        if best is None or len(found.columns) > len(best.columns):
            best = found
    return best if best is not None and len(best.columns) >= _LEAST else None


def _layout(line: int, cells: Sequence[Any], known: Mapping[str, Column | None]) -> Layout:
    headings = [cell.strip()[:_LONGEST] if isinstance(cell, str) else "" for cell in cells]
    found: dict[int, Column] = {}
    ignored = []
    for place, heading in enumerate(headings):
        column = known.get(level_heading(heading)) if heading else None
        if column is not None and column not in found.values():
            found[place] = column
        elif heading:
            ignored.append(heading)
    return Layout(line, found, headings, ignored)


def is_to_skip(cells: Sequence[Any], layout: Layout) -> bool:
    """Return whether a row below the headings is none of the table: a total, a note, a repeat."""
    filled = [cell for cell in cells if cell is not None and str(cell).strip()]
    read = {place for place, column in layout.columns.items() if column.says_something}
    if not any(place in read for place, cell in enumerate(cells) if cell is not None):
        return True
    first = compose(str(filled[0])).replace(" ", "")
    if _TOTALS.fullmatch(first) or (len(filled) == 1 and _NOTES.match(first)):
        return True
    places = [place for place in layout.columns if place < len(cells) and cells[place]]
    return bool(places) and all(
        str(cells[place]).strip()[:_LONGEST] == layout.headings[place] for place in places
    )


def letters(place: int) -> str:
    """Return how a spreadsheet calls a column, by its place from 0."""
    found, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found
