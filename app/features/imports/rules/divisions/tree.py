"""Places as a tree: who is above whom, by whatever the file says of it."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from app.features.imports.errors import CODE_UNCLEAR, DIVISION_UNCLEAR, NO_SUPERIOR_ROW
from app.features.imports.rules.cells import CellError, shorten
from app.features.imports.rules.divisions.places import Place

CUTS: Final = (2, 4, 6, 9, 12)
"""Digits of a code of 12 that say province, prefecture, county, town, village."""
_SEGMENT: Final = 3
_NUMBER: Final = re.compile(r"\d[\d./ -]+")
_NONE: Final = frozenset({"", "0", "-1", "null", "none", "root"})
_CONTAINERS: Final = frozenset(
    {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖县级行政单位"}
)
_VILLAGE: Final = ("居委会", "居民委员会", "村委会", "村民委员会", "社区", "村", "居民小区", "嘎查")
_ABOVE: Final = (
    "省",
    "市",
    "区",
    "县",
    "旗",
    "盟",
    "州",
    "镇",
    "乡",
    "街道",
    "街道办事处",
    "苏木",
    "开发区",
    "新区",
    "园区",
)
_COMMUNITY: Final = ("居委会", "居民委员会", "社区", "居民小区")
_LOWEST, _TOWN = 5, 4
_QUASI: Final = range(400, 600)
_MOST: Final = 2


@dataclass(slots=True)
class Tree:
    """Places, each with the one above it; what is wrong with some."""

    places: list[Place]
    above: dict[int, int] = field(default_factory=dict)
    wrong: dict[int, CellError] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    """Rows that are left out: no organization belongs to them (市辖区, prisons, farms)."""
    unclear: bool = False
    """Whether the rows do not tell which place is above which."""


def build(places: Sequence[Place]) -> Tree:
    """Return places as a tree."""
    tree = Tree(list(places))
    if any(place.path for place in places):
        _by_path(tree)
    elif sum(place.parent not in _NONE for place in places) * _MOST >= len(places):
        _by_reference(tree)
    elif sum(bool(place.parent_name) for place in places) * _MOST >= len(places):
        _by_name(tree)
    else:
        _by_codes(tree)
        if len(tree.above) * _MOST < len(places) or _is_drawn_otherwise(tree):
            _by_depth(tree)
        tree.unclear = len(places) > 1 and not tree.above
    _leave_out(tree)
    return tree


def is_lowest(place: Place, *, has_below: bool) -> bool:
    """Return whether a place is a village or community; raises `CellError` where it is unclear."""
    if has_below:
        return False
    if place.level:
        return place.level == _LOWEST
    if place.kind.endswith("_committee"):
        return True
    key = key_of(place.code)
    if len(place.code) == CUTS[-1]:
        return len(key) == CUTS[-1]
    if place.name.endswith(_VILLAGE):
        return True
    if place.name.endswith(_ABOVE) or place.kind:
        return False
    raise CellError(DIVISION_UNCLEAR, name=shorten(place.name))


def sector_of(place: Place) -> str:
    """Return the sector of the branch of a village or a community."""
    if "residents" in place.kind or place.name.endswith(_COMMUNITY):
        return "community"
    return "rural"


def key_of(code: str) -> str:
    """Return a code without the noughts that only fill it up; "" for one that is no number."""
    if not _NUMBER.fullmatch(code):
        return ""
    digits = re.sub(r"\D", "", code)
    if len(digits) in CUTS:
        fitting = (cut for cut in CUTS if cut <= len(digits) and not digits[cut:].strip("0"))
        return digits[: next(fitting)]
    while len(digits) > _SEGMENT and len(digits) % _SEGMENT == 0 and digits.endswith("000"):
        digits = digits[:-_SEGMENT]
    return digits


def _by_reference(tree: Tree) -> None:
    """Find who is above by the code, or the number in the file, that rows give."""
    codes = {place.code: at for at, place in enumerate(tree.places) if place.code}
    keys = {key_of(place.code): at for at, place in enumerate(tree.places) if place.code}
    numbers = {place.number: at for at, place in enumerate(tree.places) if place.number}
    given = [place.parent for place in tree.places if place.parent not in _NONE]
    by_number = sum(ref in numbers for ref in given) > sum(ref in codes for ref in given)
    for at, place in enumerate(tree.places):
        ref = place.parent
        if ref in _NONE or ref == (place.number if by_number else place.code):
            continue
        found = numbers.get(ref) if by_number else codes.get(ref, keys.get(key_of(ref)))
        if found is None:
            tree.wrong[at] = CellError(NO_SUPERIOR_ROW, name=shorten(ref))
        elif found != at:
            tree.above[at] = found


def _by_name(tree: Tree) -> None:
    """Find who is above by its name, which must be the only one of it."""
    named: dict[str, list[int]] = defaultdict(list)
    for at, place in enumerate(tree.places):
        named[place.name].append(at)
    for at, place in enumerate(tree.places):
        if not place.parent_name:
            continue
        found = named.get(place.parent_name, [])
        if len(found) != 1:
            tree.wrong[at] = CellError(NO_SUPERIOR_ROW, name=shorten(place.parent_name))
        else:
            tree.above[at] = found[0]


def _by_codes(tree: Tree) -> None:
    """Find who is above by the beginning of the code."""
    keys = {key_of(place.code): at for at, place in enumerate(tree.places) if place.code}
    for at, place in enumerate(tree.places):
        key = key_of(place.code) if place.code else ""
        for length in range(len(key) - 1, 0, -1):
            if key[:length] in keys:
                tree.above[at] = keys[key[:length]]
                break


def _is_drawn_otherwise(tree: Tree) -> bool:
    """Return whether names are set in by several steps, and not as deep as their codes say."""
    drawn: dict[int, set[int]] = defaultdict(set)
    for at, place in enumerate(tree.places):
        depth, current = 0, at
        while (current := tree.above.get(current, -1)) >= 0:
            depth += 1
        drawn[place.indent].add(depth)
    steps = [depth for indent in sorted(drawn) for depth in sorted(drawn[indent])]
    return len(drawn) > _MOST and any(a >= b for a, b in pairwise(steps))


def _by_depth(tree: Tree) -> None:
    """Find who is above by how far names are set in, else by the level that rows give."""
    depths = [place.indent for place in tree.places]
    if len(set(depths)) == 1:
        depths = [place.level for place in tree.places]
    if len(set(depths)) == 1:
        return
    tree.above.clear()
    line: list[int] = []
    for at, depth in enumerate(depths):
        while line and depths[line[-1]] >= depth:
            line.pop()
        if line:
            tree.above[at] = line[-1]
        line.append(at)


def _by_path(tree: Tree) -> None:
    """Make places of the names above each row, where they have no row of their own."""
    known: dict[tuple[str, ...], int] = {}
    for at, place in enumerate(tree.places):
        known[(*(name for _, name in place.path), place.name)] = at
    for at, place in enumerate(list(tree.places)):
        names: tuple[str, ...] = ()
        above = -1
        for level, name in place.path:
            names = (*names, name)
            if names not in known:
                known[names] = len(tree.places)
                tree.places.append(_above(place, level, name))
                if not tree.places[-1].code:
                    parameters = {"code": place.code, "name": shorten(name)}
                    tree.wrong[known[names]] = CellError(CODE_UNCLEAR, **parameters)
                if above >= 0:
                    tree.above[known[names]] = above
            above = known[names]
        if above >= 0:
            tree.above[at] = above


def _above(place: Place, level: int, name: str) -> Place:
    """Return a place that only the row of one below it names, with the code that follows."""
    digits = place.code
    fits = digits.isdigit() and len(digits) in CUTS and CUTS[level - 1] < len(digits)
    code = digits[: CUTS[level - 1]].ljust(len(digits), "0") if fits else ""
    return replace(place, code=code, name=name, level=level, path=(), kind="", number="")


def _leave_out(tree: Tree) -> None:
    """Leave out what is no place; what is in a mere container stands below what that is in."""
    for at, place in enumerate(tree.places):
        if _is_quasi(place):
            tree.left_out.add(at)
    for at in range(len(tree.places)):
        line, current = {at: None}, at
        while (current := tree.above.get(current, -1)) >= 0 and current not in line:
            line[current] = None
        if tree.left_out & line.keys():
            tree.left_out.add(at)
    containers = {at for at, p in enumerate(tree.places) if _is_container(p)} - tree.left_out
    for at in list(tree.above):
        while (above := tree.above.get(at)) in containers and above is not None:
            if above in tree.above:
                tree.above[at] = tree.above[above]
            else:
                del tree.above[at]
    tree.left_out |= containers


def _is_container(place: Place) -> bool:
    return place.kind == "pseudo" or place.name in _CONTAINERS


def _is_quasi(place: Place) -> bool:
    if place.kind:
        return place.kind.startswith("quasi_")
    digits = place.code
    if not digits.isdigit() or len(digits) not in CUTS[3:]:
        return False
    town = int(digits[6:9])
    return town in _QUASI or (len(digits) == CUTS[-1] and int(digits[9:12]) in _QUASI)


def counts(tree: Tree) -> Counter[int]:
    """Return how many places stand below each."""
    return Counter(above for at, above in tree.above.items() if at not in tree.left_out)


def find_below(tree: Tree, top: int) -> set[int]:
    """Return the places below one, however far."""
    below: Mapping[int, list[int]] = defaultdict(list)
    for at, above in tree.above.items():
        below[above].append(at)
    found: set[int] = set()
    line = [top]
    while line:
        for at in below[line.pop()]:
            if at not in found:
                found.add(at)
                line.append(at)
    return found
