"""One row of a table as the body that the API would take, and what is wrong with its cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.features.imports.errors import CONTRADICTION
from app.features.imports.rules import cells
from app.features.imports.rules.cells import CellError, Reading
from app.features.imports.rules.columns import Column, Kind, Layout, letters
from app.features.imports.rules.labels import labels_in, labels_of
from app.features.imports.rules.names import Named, Names, People, Resolved, without_brackets
from app.kit.language import Text
from app.kit.problems import FieldError

_TYPES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "organization": ("branch", "unit"),
    "unit": ("unit",),
    "branch": ("branch",),
}

MOST_UNKNOWN: Final = 20
"""Names of one cell of which each is told that nobody is called so."""


@dataclass(slots=True)
class Surroundings:
    """What a row is read by: names, the campaign's own lists, the epoch of the workbook."""

    names: Names
    people: People
    lists: Mapping[str, Sequence[Mapping[str, Any]]]
    """The code lists that hold in the campaign, by name."""
    reading: Reading
    listed: dict[str, dict[str, str]] = field(default_factory=dict)

    def labels(self, column: Column) -> Mapping[str, str]:
        """Return the labels of what a column may hold: the campaign's own list before others."""
        name = column.listed
        if name is None or name not in self.lists:
            own = labels_of(column.codes) if column.codes is not None else {}
            return own if column.also_codes is None else {**labels_of(column.also_codes), **own}
        if name not in self.listed:
            self.listed[name] = labels_in(self.lists[name], column.codes)
        return self.listed[name]


@dataclass(slots=True)
class Draft:
    """A row as far as its cells can be read."""

    body: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    resolved: list[tuple[str, str, Resolved]] = field(default_factory=list)
    """Field, the text in the cell, and what it was taken for."""
    home: Named | None = None
    """The organization that the row is about."""
    pending: list[CellError] = field(default_factory=list)
    """What is wrong with parts of the cell at hand."""

    def says(self, name: str) -> bool:
        """Return whether a field has a value, or an error that stands for it."""
        return name in self.body or any(error["field"] == name for error in self.errors)


def read_row(
    values: Sequence[Any],
    layout: Layout,
    around: Surroundings,
    *,
    home: Named | None = None,
    without: str | None = None,
) -> Draft:
    """Return a row as a body, its organization first: leaders are told apart by it.

    Of a row that belongs to another one `home` is the organization of that. The field `without` is
    known otherwise.
    """
    draft = Draft(home=home)
    order = sorted(layout.columns.items(), key=lambda item: item[1].kind in {"leaders", "leader"})
    for place, column in order:
        cell = values[place] if place < len(values) else None
        if cells.is_empty(cell) or column.kind == "link" or column.field == without:
            continue
        around.reading.warnings = []
        draft.pending = []
        try:
            value = _READERS[column.kind](cell, column, around, draft)
            draft.pending += _put(draft.body, column, value, layout)
        except CellError as error:
            draft.pending.append(error)
        draft.errors += [_placed(error, place, column, layout) for error in draft.pending]
        draft.warnings += [
            {"column": letters(place), "heading": layout.headings[place], **_both(text)}
            for text in around.reading.warnings
        ]
    return draft


def error_of(error: FieldError, layout: Layout) -> dict[str, Any]:
    """Return an error as it is kept: in which column, and its sentence in both languages."""
    name = field_of(error.pointer)
    found = layout.heading(name) or layout.heading(name.partition(".")[0])
    if found is None:  # a member of an object has a column of its own, its object has none
        prefixed = (c.field for c in layout.columns.values() if c.field.startswith(f"{name}."))
        found = layout.heading(next(prefixed, ""))
    place, heading = found if found is not None else (None, None)
    return {
        "field": name,
        "column": None if place is None else letters(place),
        "heading": heading,
        "code": error.code,
        "zh": str(error.text.say("zh", **error.parameters)),
        "en": str(error.text.say("en", **error.parameters)),
    }


def field_of(pointer: str) -> str:
    """Return the field that a pointer into a body is about, without places in lists."""
    parts = [part for part in pointer.split("/") if part and not part.isdigit()]
    return "participants" if parts[:1] == ["participants"] else ".".join(parts)


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _placed(error: CellError, place: int, column: Column, layout: Layout) -> dict[str, Any]:
    """Return what is wrong with a cell as it is kept, in its own column."""
    told = error_of(error.kind.at(f"/{column.field}", **error.parameters), layout)
    return told | {"column": letters(place), "heading": layout.headings[place]}


def _put(body: dict[str, Any], column: Column, value: Any, layout: Layout) -> list[CellError]:
    """Give a body a value; two columns may say the same, but nothing else."""
    head, _, rest = column.field.partition(".")
    holder, name = (body.setdefault(head, {}), rest) if rest else (body, head)
    if name in holder and holder[name] != value:
        first = next(p for p, c in layout.columns.items() if c.field == column.field)
        return [CellError(CONTRADICTION, heading=layout.headings[first])]
    holder[name] = value
    return []


def _text(cell: Any, _column: Column, _around: Surroundings, _draft: Draft) -> str:
    return cells.read_text(cell)


def _day(cell: Any, _column: Column, around: Surroundings, _draft: Draft) -> str:
    return cells.read_day(cell, around.reading)


def _count(cell: Any, _column: Column, around: Surroundings, _draft: Draft) -> int:
    return cells.read_count(cell, around.reading)


def _code(cell: Any, column: Column, around: Surroundings, _draft: Draft) -> str:
    return cells.read_code(cell, around.labels(column))


def _codes(cell: Any, column: Column, around: Surroundings, _draft: Draft) -> list[str]:
    return cells.read_codes(cell, around.labels(column))


def _organization(cell: Any, column: Column, around: Surroundings, draft: Draft) -> str:
    text = cells.read_text(cell)
    found = around.names.find(text, _TYPES[column.kind])
    draft.resolved.append((column.field, text, found))
    if draft.home is None:
        draft.home = found.named
    return str(found.named.id)


def _leader(cell: Any, column: Column, around: Surroundings, draft: Draft) -> str:
    text = cells.read_text(cell)
    found = around.people.find(text, draft.home)
    draft.resolved.append((column.field, text, found))
    return str(found.named.id)


def _leaders(cell: Any, column: Column, around: Surroundings, draft: Draft) -> list[dict[str, str]]:
    """Return the leaders of a list, each once; whom nobody knows is told of the first so many."""
    found: dict[str, None] = {}
    for text in cells.split(without_brackets(cells.read_text(cell))):
        if len(draft.pending) >= MOST_UNKNOWN:
            break
        try:
            resolved = around.people.find(text, draft.home)
        except CellError as error:
            draft.pending.append(error)
            continue
        draft.resolved.append((column.field, text, resolved))
        found.setdefault(str(resolved.named.id))
    return [{"leader_id": leader_id} for leader_id in found]


_READERS: Final[Mapping[Kind, Callable[[Any, Column, Surroundings, Draft], Any]]] = {
    "text": _text,
    "day": _day,
    "count": _count,
    "code": _code,
    "listed": _code,
    "lists": _codes,
    "organization": _organization,
    "unit": _organization,
    "branch": _organization,
    "leader": _leader,
    "leaders": _leaders,
}
