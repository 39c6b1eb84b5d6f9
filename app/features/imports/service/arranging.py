"""The rows of a file in the order in which they are planned, each with what belongs to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.imports.queries import imports as queries
from app.features.imports.rules.cells import CellError
from app.features.imports.rules.columns import is_to_skip
from app.features.imports.rules.linking import Occasions, read_mention
from app.features.imports.rules.names import level_name
from app.features.imports.rules.rows import Surroundings, error_of
from app.features.imports.service.counting import note_skipped
from app.features.imports.service.layouts import Cells, layouts_of, pack_part
from app.features.imports.service.places import arrange_places
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.divisions import Divisions
from app.features.imports.service.rows import Layouts
from app.features.imports.service.surroundings import load_surroundings
from app.features.imports.service.trees import arrange_tree, list_parts
from app.kit.pacing import paced
from app.models import Import

MOST_TOGETHER = 500
"""Rows that belong to no other one, in one part."""


async def arrange(session: AsyncSession, caller: Principal, row: Import) -> None:
    """Put rows in the order in which they are planned, and beside them what belongs to them."""
    layouts = layouts_of(row)
    resource = RESOURCES[row.resource]
    if isinstance(resource, Divisions):
        await arrange_places(session, caller, row)
    elif resource.superior is not None:
        await arrange_tree(session, caller, row, resource)
    else:
        await _arrange_further(session, caller, row, layouts)


async def _arrange_further(
    session: AsyncSession, caller: Principal, row: Import, layouts: Layouts
) -> None:
    """Put the rows of further sheets beside those that they belong to, where there are any."""
    own = {place for place, (holds, _) in layouts.items() if holds == row.resource}
    if own == set(layouts):
        return
    around = await load_surroundings(session, caller, row)
    found = _Found(layouts, own, around)
    async for _, rows in list_parts(session, row):
        async for cells in paced(rows):
            found.see_own(cells)
    async for _, rows in list_parts(session, row):
        async for cells in paced(rows):
            if found.is_further(cells) and not found.see_further(cells):
                note_skipped(row, cells)
    await _rewrite(session, row, found)


@dataclass(slots=True)
class _Found:
    """Which rows belong to which."""

    layouts: Layouts
    own: set[int]
    """The sheets with records of their own."""
    around: Surroundings
    occasions: Occasions = field(default_factory=Occasions)
    beside: dict[tuple[int, int], list[Sequence[Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    strays: list[Cells] = field(default_factory=list)

    def is_further(self, cells: Cells) -> bool:
        """Return whether a row stands below the headings of a further sheet."""
        return (
            cells.sheet in self.layouts
            and cells.sheet not in self.own
            and cells.line > self.layouts[cells.sheet][1].line
        )

    def see_own(self, cells: Cells) -> None:
        """Know what an activity is called."""
        if cells.sheet not in self.own:
            return
        layout = self.layouts[cells.sheet][1]
        if cells.line > layout.line and not is_to_skip(cells.values, layout):
            mention = read_mention(cells.values, layout, self.around.reading, self._organization)
            self.occasions.add(mention, cells.sheet, cells.line)

    def see_further(self, cells: Cells) -> bool:
        """Find the activity that a row belongs to; return whether it is a row of the table."""
        layout = self.layouts[cells.sheet][1]
        if is_to_skip(cells.values, layout):
            return False
        mention = read_mention(cells.values, layout, self.around.reading, self._organization)
        try:
            place = self.occasions.find(mention)
        except CellError as error:
            at = "/activity_number" if mention.numbers else "/title"
            told = error_of(error.kind.at(at, **error.parameters), layout)
            self.strays.append(cells._replace(beside={"told": told}))
        else:
            self.beside[place].append(cells[:3])
        return True

    def _organization(self, text: str) -> str:
        try:
            return str(self.around.names.find(text, ("branch", "unit")).named.id)
        except CellError:
            return level_name(text)


async def _rewrite(session: AsyncSession, row: Import, found: _Found) -> None:
    """Keep the parts anew: rows with those of further sheets beside them, last those of none."""
    number = -1
    async for number, rows in list_parts(session, row):
        kept = [
            cells._replace(beside={"more": more})
            if (more := found.beside.get((cells.sheet, cells.line)))
            else cells
            for cells in rows
            if not found.is_further(cells)
        ]
        await queries.set_part(session, row.id, number, pack_part(kept))
    for start in range(0, len(found.strays), MOST_TOGETHER):
        some = found.strays[start : start + MOST_TOGETHER]
        number += 1
        await queries.add_part(session, row.id, number, pack_part(some))
