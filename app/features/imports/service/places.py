"""Files of divisions: their places below the unit in whose subtree they are imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.imports.errors import NoHierarchy
from app.features.imports.rules.cells import CellError
from app.features.imports.rules.divisions import tree as trees
from app.features.imports.rules.divisions.places import Place, read_place
from app.features.imports.rules.divisions.tree import Tree, build, key_of
from app.features.imports.rules.names import Names
from app.features.imports.rules.superiors import Entry, Order, sort
from app.features.imports.service.counting import note_skipped
from app.features.imports.service.layouts import Cells, layouts_of
from app.features.imports.service.rows import Layouts
from app.features.imports.service.surroundings import load_surroundings
from app.features.imports.service.trees import read_rows, replace_parts, told
from app.kit.language import Text
from app.models import Import, Organization
from app.models.vocabulary import BranchKind, UnitKind

_TOP: Final = Text(
    "文件中没有“{name}”的上级，建在“{home}”之下",
    "The file has nobody above “{name}”: it is founded below “{home}”",
)


async def arrange_places(session: AsyncSession, caller: Principal, row: Import) -> None:
    """Put places below each other, and the first of them below the unit of the import.

    Raises `NoHierarchy`.
    """
    home = await session.get_one(Organization, row.org_id)
    names = (await load_surroundings(session, caller, row)).names
    layouts = layouts_of(row)
    unread: list[Cells] = []
    read: list[Place] = []
    cells: dict[tuple[int, int], Cells] = {}
    for each in await read_rows(session, row):
        layout = layouts[each.sheet][1]
        cells[each.sheet, each.line] = each
        try:
            read.append(read_place(each.sheet, each.line, each.values, layout))
        except CellError as error:
            unread.append(each._replace(beside={"told": told(error, "code", layout)}))
    tree = build(read)
    if tree.unclear:
        raise NoHierarchy
    founding = _Founding(tree, names, home, layouts)
    founding.leave_out_others()
    for at in sorted(tree.left_out):
        place = tree.places[at]
        note_skipped(row, cells[place.sheet, place.line])
    arranged = founding.arrange(cells)
    await replace_parts(session, row, [*arranged, *unread])


@dataclass(slots=True)
class _Founding:
    """What becomes of places."""

    tree: Tree
    names: Names
    home: Organization
    layouts: Layouts
    top: int | None = None
    """The place that is the unit of the import itself."""

    def leave_out_others(self) -> None:
        """Leave out the unit of the import, where it is a place, and all that is not below it."""
        key = key_of(self.home.code)
        if not key:
            return
        for at, place in enumerate(self.tree.places):
            if place.code == self.home.code or (place.code and key_of(place.code) == key):
                self.top = at
        if self.top is not None:
            below = trees.find_below(self.tree, self.top)
            self.tree.left_out |= set(range(len(self.tree.places))) - below

    def arrange(self, cells: Mapping[tuple[int, int], Cells]) -> list[Cells]:
        """Return rows in the order of the tree, each with what is founded of it."""
        tree = self.tree
        entries = [Entry(place.line, place.code, place.name) for place in tree.places]
        kept = {
            at: above
            for at, above in tree.above.items()
            if at not in tree.left_out and above not in tree.left_out
        }
        found = sort(entries, kept, tree.wrong)
        places = [at for at in found.places if at not in tree.left_out]
        number_of = {at: number for number, at in enumerate(places)}
        below = trees.counts(tree)
        codes = {key_of(code): code for code in self.names.by_code if code.isdigit()}
        result = []
        for at in places:
            place = tree.places[at]
            beside = self._beside(at, place, found, number_of, has_below=below[at] > 0)
            if place.code.isdigit() and place.code not in self.names.by_code:
                beside["body"]["code"] = codes.get(key_of(place.code), place.code)
            result.append(cells[place.sheet, place.line]._replace(beside=beside))
        return result

    def _beside(
        self,
        at: int,
        place: Place,
        found: Order,
        number_of: Mapping[int, int],
        *,
        has_below: bool,
    ) -> dict[str, Any]:
        layout = self.layouts[place.sheet][1]
        body: dict[str, Any] = {}
        if place.code:
            body["code"] = place.code
        if place.name:
            body["name"] = place.name
        beside: dict[str, Any] = {"body": body}
        try:
            lowest = trees.is_lowest(place, has_below=has_below)
            body["kind"] = BranchKind.BRANCH.value if lowest else UnitKind.COMMITTEE.value
            if lowest:
                body["sector"] = trees.sector_of(place)
        except CellError as error:
            beside["wrong"] = [told(error, "name", layout)]
        if at in found.wrong:
            wrong = told(found.wrong[at], "parent", layout) | {"field": "parent_id"}
            beside.setdefault("wrong", []).append(wrong)
        elif line := found.line_of(at):
            beside["above"] = [number_of[each] for each in line]
            beside["superior"] = self.tree.places[line[0]].name
        elif place.code not in self.names.by_code:
            body["parent_id"] = str(self.home.id)
            if self.top is None:
                said = _TOP.filled(name=place.name, home=self.home.name)
                where = {"column": None, "heading": None}
                beside["warnings"] = [{**where, "zh": said.zh, "en": said.en}]
        return beside
