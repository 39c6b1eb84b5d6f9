"""A division file of a public source, in any shape that they have: a tree or a clear question."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import factories as make
from tests.support import tables
from tests.support.client import problems
from tests.support.granted import granted
from tests.support.places import Place

SOURCE: Final = Path(__file__).parents[4] / "shared/data/foshan.csv"
Row = Sequence[str]

PLACES: Final = [
    ("440000000000", "广东省", 1, ""),
    ("440600000000", "佛山市", 2, "440000000000"),
    ("440604000000", "禅城区", 3, "440600000000"),
    ("440604010000", "石湾镇街道", 4, "440604000000"),
    ("440604010001", "澜石社区居委会", 5, "440604010000"),
    ("440604010200", "沙岗村委会", 5, "440604010000"),
    ("440604100000", "南庄镇", 4, "440604000000"),
    ("440604100201", "罗南村委会", 5, "440604100000"),
    ("440605000000", "南海区", 3, "440600000000"),
    ("440605122000", "西樵镇", 4, "440605000000"),
    ("440605122203", "西岸村委会", 5, "440605122000"),
]
DEPTHS: Final = {1: "", 2: "　", 3: "　　", 4: "　　　", 5: "　　　　"}


def _path(code: str) -> list[str]:
    by_code = {each[0]: each for each in PLACES}
    names: list[str] = []
    while code:
        names.insert(0, by_code[code][1])
        code = by_code[code][3]
    return [*names, *[""] * (5 - len(names))]


def _segments(code: str, level: int) -> str:
    parts = [code[:2], code[2:4], code[4:6], code[6:9], code[9:]][:level]
    return "".join(part.zfill(3) for part in parts)


SHAPES: Final[dict[str, Callable[[], bytes]]] = {
    "named columns": lambda: tables.text(
        [("code", "name", "level", "parent_code"), *PLACES[:2], *PLACES[2:]]
    ),
    "tabs in a .csv, no headings": lambda: tables.text(
        [(c, n) for c, n, *_ in PLACES], delimiter="\t"
    ),
    "leading spaces": lambda: tables.text(
        [
            ("行政区划代码", "单位名称"),
            *((c, DEPTHS[lv] + n) for c, n, lv, _ in PLACES),
        ]
    ),
    "leading spaces, codes that say nothing": lambda: tables.text(
        [
            ("编码", "名称"),
            *((f"9{i:05}", DEPTHS[lv] + n) for i, (_, n, lv, _) in enumerate(PLACES)),
        ]
    ),
    "one column": lambda: "\n".join(f"{' ' * 2 * lv}{c} {n}" for c, n, lv, _ in PLACES).encode(),
    "segments of three digits": lambda: tables.text(
        [("代码", "名称"), *((_segments(c, lv), n) for c, n, lv, _ in PLACES)]
    ),
    "children before parents": lambda: tables.text(
        [("代码", "名称", "上级代码"), *((c, n, p) for c, n, _, p in reversed(PLACES))]
    ),
    "row numbers": lambda: tables.text([(i, c, n) for i, (c, n, *_) in enumerate(PLACES, 1)]),
    "ids of rows": lambda: tables.text(
        [
            ("id", "pid", "code", "name", "level"),
            *(
                (i, next((j for j, q in enumerate(PLACES, 1) if q[0] == p), 0), c, n, lv)
                for i, (c, n, lv, p) in enumerate(PLACES, 1)
            ),
        ]
    ),
    "GBK": lambda: tables.text(
        [("区划代码", "区划名称", "级别"), *((c, n, lv) for c, n, lv, _ in PLACES)], "gb18030"
    ),
    "levels in order": lambda: tables.text(
        [
            ("编码", "名称", "级别"),
            *((f"X{i}", n, f"{lv}") for i, (_, n, lv, _) in enumerate(PLACES)),
        ]
    ),
    "paths": lambda: tables.text(
        [
            ("代码", "省", "市", "区县", "镇街", "村居"),
            *((c, *_path(c)) for c, _, lv, _ in PLACES if lv == 5),
        ]
    ),
    "names above": lambda: tables.text(
        [
            ("代码", "名称", "上级"),
            *((c, n, next((q[1] for q in PLACES if q[0] == p), "")) for c, n, _, p in PLACES),
        ]
    ),
    "a workbook with a title": lambda: tables.workbook(
        {
            "区划": [
                ["某省行政区划"],
                ["序号", "区划代码", "名称"],
                *([i, int(c), n] for i, (c, n, *_) in enumerate(PLACES, 1)),
            ]
        }
    ),
}


async def organizer(place: Place) -> Any:
    return await granted(place.admin, place.unit, "organizer")


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_shape_becomes_the_same_tree(place: Place, shape: str) -> None:
    api = await organizer(place)
    made = await tables.planned(api, SHAPES[shape](), "区划.csv", resource="divisions")
    assert made["plan"]["errors"] == [], made["plan"]["errors"]
    assert made["plan"]["created"] == len(PLACES)
    assert (await tables.applied(api, made))["status"] == "applied"
    units = await api.all("/v1/units", under=place.unit["id"])
    branches = await api.all("/v1/branches", under=place.unit["id"])
    names = {u["id"]: u["name"] for u in units}
    known = {p[0]: p[1] for p in PLACES}
    above = {u["name"]: names.get(u["parent_id"]) for u in [*units, *branches] if "parent_id" in u}
    above |= {b["name"]: names[b["unit_id"]] for b in branches}
    for _, name, _, parent in PLACES:
        assert above[name] == (known[parent] if parent else place.unit["name"]), name
    sectors = {b["name"]: b["sector"] for b in branches}
    assert (sectors["澜石社区居委会"], sectors["沙岗村委会"]) == ("community", "rural")
    again = await tables.planned(api, SHAPES[shape](), "区划.csv", resource="divisions")
    assert again["plan"]["unchanged"] == len(PLACES)


async def test_what_leaves_the_tree_open_is_a_clear_question(place: Place) -> None:
    api = await organizer(place)
    for rows, code in (
        ([(c,) for c, *_ in PLACES], "no_division_names"),
        ([("代码", "级别"), *((c, lv) for c, _, lv, _ in PLACES)], "no_division_names"),
        ([("名称", "级别"), *((n, lv) for _, n, lv, _ in PLACES)], "no_division_codes"),
    ):  # fmt: skip
        told = await tables.send(
            api, tables.text(rows), "区划.csv", resource="divisions", expect=422
        )
        assert problems(told) == {("/file", code)}
    flat = tables.text([("代码", "名称"), *((f"X{i}", n) for i, (_, n, *_) in enumerate(PLACES))])
    made = await tables.planned(api, flat, "区划.csv", resource="divisions")
    assert (made["status"], made["problem"]["code"]) == ("failed", "no_hierarchy")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("代码", "名称"), ("440605", "南海区"), ("440605001", "桂城")], "division_unclear"),
        ([("代码", "省", "市", "区县"), ("A1", "广东省", "佛山市", "南海区")],
         "division_code_unclear"),
    ],
)  # fmt: skip
async def test_a_place_that_is_left_open_is_asked_about_in_its_row(
    place: Place, rows: list[Row], code: str
) -> None:
    api = await organizer(place)
    made = await tables.planned(api, tables.text(rows), "区划.csv", resource="divisions")
    assert code in {error["code"] for error in made["plan"]["errors"]}, made


async def test_rows_that_are_no_places_are_left_out_and_wrong_ones_told(place: Place) -> None:
    api = await organizer(place)
    rows = [
        ("代码", "名称", "上级代码"),
        ("440600000000", "佛山市", ""),
        ("440601000000", "市辖区", "440600000000"),
        ("440604000000", "禅城区", "440601000000"),
        ("440604400000", "高明监狱", "440604000000"),
        ("440604400498", "高明监狱虚拟社区", "440604400000"),
        ("440604010000", "石湾镇街道", "440604000000"),
        ("440604010001", "澜石社区居委会", "440604019000"),
        ("440604010002", "惠景社区居委会", "440604010003"),
        ("440604010003", "玫瑰社区居委会", "440604010002"),
    ]
    made = await tables.planned(api, tables.text(rows), "区划.csv", resource="divisions")
    assert {(e["row"], e["code"]) for e in made["plan"]["errors"]} == {
        (8, "no_superior_row"), (9, "superior_cycle"), (10, "superior_cycle"),
    }  # fmt: skip
    assert made["sheets"][0]["skipped"] == [3, 5, 6]
    assert made["plan"]["created"] == 3


async def test_only_what_is_below_the_unit_of_the_import_is_founded(place: Place) -> None:
    admin = place.admin
    city = await make.unit(admin, place.root, code="4406", name="佛山市委")
    api = await granted(admin, city, "organizer")
    made = await tables.planned(
        api, SHAPES["named columns"](), "区划.csv", resource="divisions", org_id=city["id"]
    )
    assert made["plan"]["errors"] == []
    assert made["plan"]["created"] == len(PLACES) - 2
    assert made["sheets"][0]["skipped"] == [2, 3]
    assert (await tables.applied(api, made))["status"] == "applied"
    below = await api.all("/v1/units", parent_id=city["id"])
    assert {unit["name"] for unit in below} == {"禅城区", "南海区"}


@pytest.mark.skipif(not SOURCE.exists(), reason="the division file is not beside the project")
@pytest.mark.parametrize("shape", ["as it is", "villages first, GBK, tabs", "paths"])
async def test_the_792_villages_of_foshan_become_branches(place: Place, shape: str) -> None:
    with SOURCE.open(encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    if shape == "as it is":
        content = tables.text([head, *rows])
    elif shape == "paths":
        content = _paths(rows)
    else:
        content = tables.text([(r[0], r[1]) for r in reversed(rows)], "gb18030", "\t")
    api = await organizer(place)
    made = await tables.planned(api, content, "foshan.csv", resource="divisions")
    assert made["plan"]["errors"] == []
    assert made["plan"]["created"] == 1 + 1 + 5 + 32 + 792
    done = await tables.applied(api, made)
    assert (done["status"], done["plan"]["created"]) == ("applied", 831)
    found = (await api.get("/v1/branches", under=place.unit["id"], limit=1))["has_more"]
    assert found
    again = await tables.planned(api, content, "foshan.csv", resource="divisions")
    assert again["plan"]["unchanged"] == 831


def _paths(rows: Sequence[Row]) -> bytes:
    by_code = {row[0]: row for row in rows}
    paths = []
    for row in rows:
        if row[2] == "5":
            names: list[str] = []
            at: Row | None = row
            while at is not None:
                names.insert(0, at[1])
                at = by_code.get(at[3])
            paths.append([row[0], *names])
    return tables.text([("代码", "省", "市", "区县", "镇街", "村居"), *paths])
