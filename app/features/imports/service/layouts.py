"""How what was read of a file is kept: where its sheets have their headings, and their rows."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.features.imports.rules.columns import Column, Layout, letters
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.base import Resource
from app.models import Import


class Cells(NamedTuple):
    """A row as it was read, and what was found out about it before it is planned."""

    sheet: int
    line: int
    values: list[Any]
    beside: Mapping[str, Any] = {}


def read_part(content: bytes) -> list[Cells]:
    """Return the rows of a part."""
    lines = zlib.decompress(content).splitlines()  # of bytes: a text's own ends are no lines
    return [Cells(*json.loads(line)) for line in lines]


def pack_part(rows: Iterable[Cells]) -> bytes:
    """Return rows as a part of them is kept."""
    lines = (json.dumps(row if row.beside else row[:3], ensure_ascii=False) for row in rows)
    return zlib.compress("\n".join(lines).encode(), 1)


def columns_of(resource: Resource, holds: str) -> Sequence[Column]:
    """Return the columns of what a sheet holds: records, or what belongs to them."""
    return resource.columns if holds == resource.name else resource.further[holds]


def layouts_of(row: Import) -> dict[int, tuple[str, Layout]]:
    """Return of each sheet of an import that is read what it holds and where its headings are."""
    resource = RESOURCES[row.resource]
    return {
        place: (holds, _layout(sheet, columns_of(resource, holds)))
        for place, sheet in enumerate(row.found["sheets"])
        if sheet["read"] and (holds := sheet.get("holds", resource.name))
    }


def describe(
    found: Mapping[str, Any], layouts: Mapping[int, tuple[str, Layout]], resource: Resource
) -> dict[str, Any]:
    """Return what a file is, and of each sheet what is read of it."""
    sheets = []
    for place, sheet in enumerate(found["sheets"]):
        read: dict[str, Any] = {"read": False, "skipped": []}
        if place in layouts:
            holds, layout = layouts[place]
            read = _described(holds, layout, columns_of(resource, holds))
        sheets.append({**sheet, **read})
    return {**found, "sheets": sheets}


def _layout(sheet: Mapping[str, Any], columns: Sequence[Column]) -> Layout:
    places = {int(at): columns[index] for at, index in sheet["places"].items()}
    return Layout(sheet["heading_line"], places, sheet["headings"])


def _described(holds: str, layout: Layout, columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "read": True,
        "holds": holds,
        "heading_line": layout.line,
        "headings": layout.headings,
        "places": {str(at): columns.index(c) for at, c in layout.columns.items()},
        "columns": [
            {"column": letters(at), "heading": layout.headings[at], "field": c.field}
            for at, c in sorted(layout.columns.items())
        ],
        "ignored": layout.ignored,
        "skipped": [],
    }
