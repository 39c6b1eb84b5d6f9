"""The demonstration's tree: units, branches and leaders for a set of places. Nobody is real."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.demo.divisions import COMMITTEES, Divisions, Place
from app.demo.records import Leader, Organization, Tree

_PROVINCE, _PREFECTURE = 1, 2
_VILLAGE: Final = re.compile("村?(村民委员会|村委会)$")
_COMMUNITY: Final = re.compile("(居民委员会|居委会)$")
_CODE_LENGTHS: Final = {6, 9, 12}
"""Digits of the codes that statistics and civil affairs use; other codes stay the file's own."""


def planned(divisions: Divisions, root: Organization) -> Tree:
    """Everybody below the service's root unit, which stands for the root division."""
    units = {divisions.root.code: root.code}
    organizations = [root, *_committees(divisions.root, root)]
    names = {divisions.root.code: divisions.root.name}
    for place in divisions.places:
        above, name_above = units[place.parent_code], names[place.parent_code]
        order = 10 * (1 + len(organizations))
        if place.lowest:
            organizations.append(_branch_of(place, above, order))
            continue
        units[place.code] = place.code
        names[place.code] = name_above + place.name if not place.town else place.name
        organizations.append(_unit_of(place, name_above, above, order, divisions.edition))
    organizations = _in_sequence(organizations)
    organizations += _own_branches(organizations, divisions.root.level)
    units_planned = [each for each in organizations if each.type == "unit"]
    leaders = tuple(_leaders(root, units_planned))
    return Tree(tuple(organizations), leaders)


def _unit_of(place: Place, name_above: str, above: str, order: int, edition: str) -> Organization:
    """Return a county's organization department, a town's committee or its dispatched one."""
    if place.kind == "subdistrict":
        name, kind = f"{place.name}党工委", "working_committee"
    elif place.town:
        name, kind = f"{place.name}党委", "committee"
    else:
        name, kind = f"中共{name_above}{place.name}委组织部", "organization_department"
    known = place.code.isdecimal() and len(place.code) in _CODE_LENGTHS
    division = {"system": "nbs", "edition": edition, "code": place.code} if known else None
    return Organization(
        "unit", place.code, name, place.name, kind, "organ", above, order, division=division
    )


def _branch_of(place: Place, above: str, order: int) -> Organization:
    sector = COMMITTEES.get(place.kind, "other")
    members = 12 + order // 10 % 30
    return Organization(
        "branch", place.code, f"{_home(place.name)}党支部", place.name, "branch", sector, above,
        order, members,
    )  # fmt: skip


def _home(committee: str) -> str:
    """Return the village or community of a committee, by which its branch is called."""
    village = _VILLAGE.sub("村", committee)
    home = _COMMUNITY.sub("", village)
    return home if home == village or home.endswith(("村", "社区")) else f"{home}社区"


def _committees(place: Place, root: Organization) -> Iterator[Organization]:
    """Yield the working committees that report beside the districts, as the notices name them.

    In the notice of Foshan they come after the districts.
    """
    for number, (name, kind, sector) in enumerate(_COMMITTEES.get(place.level, ()), start=1):
        code, order = f"{root.code}-W{number}", 1_000_000 + number
        yield Organization("unit", code, name, name, kind, sector, root.code, order)


def _in_sequence(organizations: Iterable[Organization]) -> list[Organization]:
    """Return the root first, each unit after the one above it, siblings by their order."""
    return sorted(organizations, key=lambda each: (each.parent is not None, each.type != "unit"))


def _own_branches(units: Iterable[Organization], level: int) -> Iterator[Organization]:
    """Yield the branches every unit has for its own staff, and those of enterprises and societies.

    The root's own staff belong to the working committee of the organs, where there is one.
    """
    for unit in [each for each in units if each.type == "unit"]:
        organs = f"{unit.code}-W1"
        above = organs if unit.parent is None and level in _COMMITTEES else unit.code
        yield Organization(
            "branch", _own_branch(unit.code), f"{unit.short_name}机关党支部", "机关党支部",
            "branch", "organ", above, 1, 24,
        )  # fmt: skip
        for number, (name, sector) in enumerate(_SECTORS.get(unit.sector, ()), start=1):
            code = f"{unit.code}-{number}"
            yield Organization(
                "branch", code, name, name, "branch", sector, unit.code, 10 + number, 18 + number
            )


def _own_branch(unit: str) -> str:
    return f"{unit}-B"


def _leaders(root: Organization, units: Iterable[Organization]) -> Iterator[Leader]:
    """Several for each unit, members of its own branch, with posts that nobody holds."""
    for unit in units:
        rank = _rank(unit, root)
        for number, (post, deputy) in enumerate(_POSTS[rank], start=1):
            yield Leader(
                f"{unit.code}-L{number}",
                f"{unit.short_name}干部{number:02d}",
                post,
                _LEVELS[rank][deputy],
                unit.code,
                _own_branch(unit.code),
                number,
            )


def _rank(unit: Organization, root: Organization) -> str:
    if unit is root:
        return "root"
    reporter = unit.parent == root.code or unit.kind == "organization_department"
    return "department" if reporter else "town"


_COMMITTEES: Final[Mapping[int, tuple[tuple[str, str, str], ...]]] = {
    _PROVINCE: (
        ("省直机关工委", "working_committee", "organ"),
        ("省委教育工委", "working_committee", "school"),
        ("省国资委党委", "committee", "enterprise"),
    ),
    _PREFECTURE: (
        ("市直属机关工委", "working_committee", "organ"),
        ("市国资委党工委", "working_committee", "enterprise"),
        ("市“两新”组织党工委", "working_committee", "non_public_enterprise"),
    ),
}

_SECTORS: Final = {
    "enterprise": tuple((f"市属企业第{n}党支部", "enterprise") for n in "一二三四五六"),
    "school": tuple((f"学校第{n}党支部", "school") for n in "一二三四五六"),
    "non_public_enterprise": (
        *((f"非公企业第{n}党支部", "non_public_enterprise") for n in "一二三四"),
        *((f"社会组织第{n}党支部", "social_organization") for n in "一二"),
    ),
}

_POSTS: Final = {
    "root": (("部长", 0), ("常务副部长", 1), ("副部长", 1), ("副部长", 1)),
    "department": (("书记", 0), ("副书记", 1), ("组织委员", 1), ("宣传委员", 1)),
    "town": (("书记", 0), ("副书记", 1), ("组织委员", 1)),
}
_LEVELS: Final = {"root": ("121", "122"), "department": ("131", "132"), "town": ("141", "142")}
