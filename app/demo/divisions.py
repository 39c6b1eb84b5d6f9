"""Administrative divisions: the places that the demonstration's organizations belong to.

Either the few built in, or any file with the columns `code,name,level,parent_code,kind`. Parents
are found by `parent_code` and nothing else: Dongguan and Zhongshan have towns directly below the
prefecture, so neither digits nor levels tell who is above whom.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from app.demo.failures import Refused
from app.kit.language import Text

COLUMNS: Final = ("code", "name", "level", "parent_code", "kind")
COMMITTEES: Final = {"residents_committee": "community", "villagers_committee": "rural"}
"""Kinds of the lowest level, each with the sector of its branch."""
_TOWN, _LOWEST = 4, 5
_CONTAINER: Final = "pseudo"
_STATISTICAL: Final = "quasi_"


@dataclass(frozen=True, slots=True)
class Place:
    """One division; `level` 1 province, 2 prefecture, 3 county, 4 town, 5 village or community."""

    code: str
    name: str
    level: int
    parent_code: str
    kind: str

    @property
    def lowest(self) -> bool:
        """Return whether it is a village or a community: it has a branch, no unit."""
        return self.level == _LOWEST

    @property
    def town(self) -> bool:
        """Return whether it is a town, township or subdistrict."""
        return self.level == _TOWN


@dataclass(frozen=True, slots=True)
class Divisions:
    """Real places below a root, each after its parent, in the order of the source.

    `left_out` counts the rows that are no places which could owe a report.
    """

    root: Place
    places: tuple[Place, ...]
    left_out: int
    edition: str


def built_in() -> Divisions:
    """Return a small Foshan: its five districts, two towns in each, two invented places."""
    rows = [Place("440600", "佛山市", 2, "", "prefecture")]
    for code, name, towns in _FOSHAN:
        rows.append(Place(code, name, 3, "440600", "county"))
        for town_code, town in towns:
            kind = "town" if town.endswith("镇") else "subdistrict"
            rows.append(Place(town_code, town, 4, code, kind))
            village, community = f"{town_code}-1", f"{town_code}-2"
            rows.append(Place(village, f"{town}第一村", 5, town_code, "villagers_committee"))
            rows.append(Place(community, f"{town}第一社区", 5, town_code, "residents_committee"))
    return _divisions(rows)


def read(path: Path) -> Divisions:
    """Return the divisions of a file; raise `Refused` where it is not what it must be."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise Refused(_NO_COLUMN, columns=", ".join(missing))
            rows = [_place(row, reader.line_num) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(_UNREADABLE, path=path, reason=error) from error
    return _divisions(rows)


def _place(row: Mapping[str, str | None], line: int) -> Place:
    code, name, level, parent_code, kind = (row[column] or "" for column in COLUMNS)
    if not code or not name or level not in {"1", "2", "3", "4", "5"}:
        raise Refused(_BAD_ROW, line=line)
    return Place(code, name, int(level), parent_code, kind)


def _divisions(rows: Sequence[Place]) -> Divisions:
    """Leave out what is no place, and find the root: the lowest place that has all below it."""
    kept = _real(rows)
    below: dict[str, list[Place]] = defaultdict(list)
    for place in kept:
        below[place.parent_code].append(place)
    tops = below[""]
    if len(tops) != 1:
        raise Refused(_NO_ROOT, tops=len(tops))
    root = tops[0]
    while len(below[root.code]) == 1 and not below[root.code][0].lowest:
        root = below[root.code][0]
    return Divisions(root, tuple(_downwards(root, below)), len(rows) - len(kept), _EDITION)


def _real(rows: Iterable[Place]) -> list[Place]:
    """Return the rows that are places, below the next place above them.

    A statistical town (a prison, a state farm) is none and has none below it, and neither are the
    virtual communities that statistics keep. A mere container (市辖区) is none either, but what is
    in it is, and comes to stand below what the container stands below.
    """
    by_code = {place.code: place for place in rows}
    kept = []
    for place in by_code.values():
        line = list(_line(place, by_code))
        if any(each.kind.startswith(_STATISTICAL) for each in line) or place.kind == _CONTAINER:
            continue
        above = [each.code for each in line[1:] if each.kind != _CONTAINER]
        parent = above[0] if above else ""
        kept.append(Place(place.code, place.name, place.level, parent, place.kind))
    return kept


def _line(place: Place, by_code: Mapping[str, Place]) -> Iterable[Place]:
    """Yield a place and all above it, upwards."""
    passed = set()
    current: Place | None = place
    while current is not None:
        if current.code in passed:
            raise Refused(_CYCLE, code=place.code)
        passed.add(current.code)
        yield current
        if current.parent_code and current.parent_code not in by_code:
            raise Refused(_NO_PARENT, code=current.code, parent=current.parent_code)
        current = by_code.get(current.parent_code)


def _downwards(root: Place, below: Mapping[str, Sequence[Place]]) -> Iterable[Place]:
    """All places below the root, level by level of the tree."""
    current: Sequence[Place] = [root]
    while current:
        current = [child for place in current for child in below.get(place.code, ())]
        yield from current


def counts(places: Iterable[Place]) -> dict[str, int]:
    """Return how many places there are of each kind."""
    kinds = sorted(place.kind for place in places)
    return {kind: len(list(same)) for kind, same in groupby(kinds)}


# Statistics kept villages and communities up to this edition of their codes; later ones stop
# at the towns.
_EDITION: Final = "2023"

_FOSHAN: Final = (
    ("440604", "禅城区", (("440604012", "祖庙街道"), ("440604100", "南庄镇"))),
    ("440605", "南海区", (("440605011", "桂城街道"), ("440605122", "西樵镇"))),
    ("440606", "顺德区", (("440606005", "大良街道"), ("440606102", "北滘镇"))),
    ("440607", "三水区", (("440607001", "西南街道"), ("440607103", "乐平镇"))),
    ("440608", "高明区", (("440608004", "荷城街道"), ("440608106", "杨和镇"))),
)

_UNREADABLE: Final = Text("无法读取 {path}：{reason}", "Cannot read {path}: {reason}")
_NO_COLUMN: Final = Text("区划文件缺少列：{columns}", "The division file has no column: {columns}")
_BAD_ROW: Final = Text(
    "区划文件第 {line} 行须有代码、名称和 1 至 5 的级别。",
    "Line {line} of the division file needs a code, a name and a level from 1 to 5.",
)
_NO_PARENT: Final = Text(
    "区划 {code} 的上级 {parent} 不在文件中。", "The parent {parent} of {code} is not in the file."
)
_CYCLE: Final = Text("区划 {code} 的上级成环。", "The parents of {code} form a circle.")
_NO_ROOT: Final = Text(
    "区划文件须有且只有一个最上级，现有 {tops} 个。",
    "The division file must have one place at the top; it has {tops}.",
)
