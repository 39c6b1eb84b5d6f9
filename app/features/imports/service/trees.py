"""Tables of organizations: their rows in the order of the tree, each with who stands above it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.imports.queries import imports as queries
from app.features.imports.rules import cells
from app.features.imports.rules.cells import CellError
from app.features.imports.rules.columns import Layout, is_to_skip
from app.features.imports.rules.rows import error_of
from app.features.imports.rules.superiors import Entry, order
from app.features.imports.service.counting import note_skipped
from app.features.imports.service.layouts import Cells, layouts_of, pack_part, read_part
from app.features.imports.service.resources.base import Resource
from app.features.imports.service.surroundings import load_surroundings
from app.kit.pacing import paced
from app.models import Import

PART: Final = 500


async def list_parts(session: AsyncSession, row: Import) -> AsyncIterator[tuple[int, list[Cells]]]:
    """Yield the parts of what was read of a file."""
    number = 0
    while (content := await queries.get_part(session, row.id, number)) is not None:
        yield number, read_part(content)
        number += 1


async def arrange_tree(
    session: AsyncSession, caller: Principal, row: Import, resource: Resource
) -> None:
    """Put the rows of organizations below those of their superiors in the file."""
    around = await load_surroundings(session, caller, row)
    kept = await read_rows(session, row)
    layouts = layouts_of(row)
    field = resource.superior or ""
    entries = [_entry(each, layouts[each.sheet][1], field) for each in kept]
    found = order(entries, around.names)
    place_of = {place: number for number, place in enumerate(found.places)}
    arranged = []
    for place in found.places:
        each = kept[place]
        beside: dict[str, Any] = {}
        if line := found.line_of(place):
            name = entries[line[0]].name or entries[line[0]].code
            beside = {"above": [place_of[p] for p in line], "superior": name}
        if place in found.wrong:
            beside = {"wrong": [told(found.wrong[place], field, layouts[each.sheet][1])]}
        arranged.append(each._replace(beside=beside))
    await replace_parts(session, row, arranged)


async def read_rows(session: AsyncSession, row: Import) -> list[Cells]:
    """Return the rows of a file below its headings; totals and notes are told and left out."""
    layouts = layouts_of(row)
    kept = []
    async for _, rows in list_parts(session, row):
        async for each in paced(rows):
            layout = layouts[each.sheet][1] if each.sheet in layouts else None
            if layout is None or each.line <= layout.line:
                continue
            if is_to_skip(each.values, layout):
                note_skipped(row, each)
            else:
                kept.append(each)
    return kept


async def replace_parts(session: AsyncSession, row: Import, arranged: Sequence[Cells]) -> None:
    """Keep rows instead of what was read."""
    await queries.remove_parts(session, row.id)
    for number, start in enumerate(range(0, len(arranged), PART)):
        content = pack_part(arranged[start : start + PART])
        await queries.add_part(session, row.id, number, content)


def told(error: CellError, field: str, layout: Layout) -> dict[str, Any]:
    """Return what is wrong with a cell as it is kept."""
    return error_of(error.kind.at(f"/{field}", **error.parameters), layout)


def _entry(row: Cells, layout: Layout, field: str) -> Entry:
    found: dict[str, list[str]] = {}
    for place, column in layout.columns.items():
        cell = row.values[place] if place < len(row.values) else None
        if column.field in {"code", "name", field} and not cells.is_empty(cell):
            try:
                found.setdefault(column.field, []).append(cells.read_text(cell))
            except CellError:
                continue  # which is told when the row is planned
    code, name = (next(iter(found.get(each, ())), None) for each in ("code", "name"))
    return Entry(row.line, code, name, tuple(found.get(field, ())))
