"""What the sheets of a workbook hold: records, or what belongs to the records of another sheet."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.features.imports.rules.cells import level_label
from app.features.imports.rules.columns import Column, Layout, find_layout
from app.features.imports.rules.labels import labels_of

Head = Sequence[tuple[int, Sequence[Any]]]
"""The first rows of a sheet: line and cells."""


def find_layouts(
    heads: Mapping[int, Head],
    own: tuple[str, Sequence[Column]],
    further: Mapping[str, Sequence[Column]],
    mapping: Mapping[str, str | None],
) -> dict[int, tuple[str, Layout]]:
    """Return of each sheet that is read what it holds, and where its headings are.

    A sheet holds what belongs to records only if another one has everything that records need.
    """
    name, columns = own
    found = {place: find_layout(head, columns, mapping) for place, head in heads.items()}
    records = {place: (name, layout) for place, layout in found.items() if layout is not None}
    beside = {
        place: parts
        for place, head in heads.items()
        if (parts := _find_further(head, further, mapping)) is not None
        and _is_rather(parts[1], found[place], columns, head)
    }
    whole = [p for p, (_, layout) in records.items() if _has_all(layout, columns)]
    return records | beside if set(whole) - beside.keys() else records


def _is_rather(
    parts: Layout, records: Layout | None, columns: Sequence[Column], head: Head
) -> bool:
    """Return whether a sheet holds what belongs to records rather than records themselves."""
    if records is None or not _has_all(records, columns):
        return True
    if len(parts.columns) != len(records.columns):
        return len(parts.columns) > len(records.columns)
    return not any(_has_known_code(cells, records) for _, cells in head)


def _has_known_code(cells: Sequence[Any], layout: Layout) -> bool:
    """Return whether a row has a code of the service's where a record must have one."""
    return any(
        column.required
        and column.codes is not None
        and place < len(cells)
        and level_label(str(cells[place])) in labels_of(column.codes)
        for place, column in layout.columns.items()
    )


def _find_further(
    head: Head, further: Mapping[str, Sequence[Column]], mapping: Mapping[str, str | None]
) -> tuple[str, Layout] | None:
    """Return the further table that a sheet is, by most of its headings; None where it is none."""
    best: tuple[str, Layout] | None = None
    for name, columns in further.items():
        layout = find_layout(head, columns, mapping)
        if layout is None or not _has_all(layout, columns) or not _is_linked(layout):
            continue
        if best is None or len(layout.columns) > len(best[1].columns):
            best = name, layout
    return best


def _has_all(layout: Layout, columns: Sequence[Column]) -> bool:
    needed = {column.field for column in columns if column.needed}
    return needed <= {column.field for column in layout.columns.values()}


def _is_linked(layout: Layout) -> bool:
    """Return whether rows say which record they belong to: by its number, or by its title."""
    links = {column.field for column in layout.columns.values() if column.kind == "link"}
    return bool(links & {"activity_number", "title"})
