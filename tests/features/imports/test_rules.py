"""How cells, headings and names are read, whatever way people write them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from app.features.imports.rules import cells
from app.features.imports.rules.cells import CellError, Reading
from app.features.imports.rules.columns import find_layout, letters, level_heading
from app.features.imports.rules.labels import labels_of
from app.features.imports.rules.names import Named, Names, People, level_name
from app.features.imports.service.resources import RESOURCES
from app.models.vocabulary import ActivityKind, BranchKind, PositionLevel

CAMPAIGN = Reading(starts_on=date(2012, 12, 20), ends_on=date(2013, 3, 31))


@pytest.mark.parametrize(
    "cell",
    ["2013-01-15", "2013.1.15", "2013/1/15", "2013年1月15日", "２０１３年１月１５日", "20130115",
     20130115, 41289, 41289.5, "41289", {"day": "2013-01-15"}, "2013-01-15 09:30:00",
     "2013年1月15日（星期二）上午", "1月15日", "1.15", "13.1.15", "2013-01-15T00:00:00"],
    ids=repr,
)  # fmt: skip
def test_a_day_is_read_in_every_shape(cell: Any) -> None:
    assert cells.read_day(cell, CAMPAIGN) == "2013-01-15"


def test_workbooks_of_both_epochs() -> None:
    assert cells.read_day(39827, Reading(from_1904=True)) == "2013-01-15"


@pytest.mark.parametrize(
    ("cell", "code"),
    [("一月", "not_a_day"), ("2013-02-30", "not_a_day"), ("2013年1月", "not_a_day"),
     (7, "not_a_day"), ("4月1日", "year_missing"), ({"error": "#N/A"}, "error_cell"),
     ({"error": "="}, "never_computed")],
)  # fmt: skip
def test_what_is_no_day_is_told(cell: Any, code: str) -> None:
    with pytest.raises(CellError) as error:
        cells.read_day(cell, CAMPAIGN)
    assert error.value.kind.code == code


def test_a_day_without_a_year_needs_a_campaign_and_is_told() -> None:
    reading = Reading(starts_on=date(2012, 12, 20), ends_on=date(2013, 12, 31))
    with pytest.raises(CellError):
        cells.read_day("12月25日", reading)
    assert cells.read_day("1月15日", reading) == "2013-01-15"
    assert [text.zh for text in reading.warnings] == ["“1月15日”没有写全年份，按 2013-01-15 计"]


@pytest.mark.parametrize(
    ("cell", "number", "told"),
    [(29, 29, 0), (29.0, 29, 0), ("29人", 29, 0), ("１，２００", 1200, 0), ("约30", 30, 1),
     ("30余人", 30, 1), ("3 件", 3, 0), ("12户", 12, 0)],
)  # fmt: skip
def test_numbers_are_read_with_their_units(cell: Any, number: int, told: int) -> None:
    reading = Reading()
    assert cells.read_count(cell, reading) == number
    assert len(reading.warnings) == told


@pytest.mark.parametrize("cell", ["很多", "-3", "3.5", "三十"])
def test_what_is_no_number_is_told(cell: str) -> None:
    with pytest.raises(CellError):
        cells.read_count(cell, Reading())


@pytest.mark.parametrize("cell", [None, "", " ", "—", "-", "——", "无", "／", "N/A"])
def test_what_says_nothing_is_empty(cell: Any) -> None:
    assert cells.is_empty(cell)


def test_long_numbers_come_from_texts_alone() -> None:
    code = "0440606".ljust(18, "0")
    assert cells.read_text(code) == code
    with pytest.raises(CellError) as error:
        cells.read_text({"lossy": "4.4E+17"})
    assert error.value.kind.code == "lossy_number"


def test_lists_are_parted_and_names_of_two_kept_together() -> None:
    parts = list(cells.split("张三、李 四，王五;赵六/钱七 孙八"))
    assert parts == ["张三", "李四", "王五", "赵六", "钱七", "孙八"]


def test_labels_are_read_with_their_variants() -> None:
    assert cells.read_code("办好事实事", labels_of(ActivityKind)) == "practical_deed"
    assert cells.read_code("联合支部", labels_of(BranchKind)) == "joint_branch"
    assert cells.read_code("正处级", labels_of(PositionLevel)) == "131"
    with pytest.raises(CellError) as error:
        cells.read_code("茶话会", labels_of(ActivityKind))
    assert error.value.kind.code == "unknown_label"


@pytest.mark.parametrize("resource", list(RESOURCES))
def test_no_heading_means_two_things(resource: str) -> None:
    meant: dict[str, str] = {}
    for column in RESOURCES[resource].columns:
        for heading in set(column.headings()):
            if heading != level_heading(column.field):
                assert meant.setdefault(heading, column.field) == column.field, heading


def test_headings_are_found_below_titles_and_in_two_languages() -> None:
    columns = RESOURCES["activities"].columns
    rows = [(1, ["某镇活动台账"]), (2, ["填报单位：某镇"]),
            (4, ["序号", "支部名称", "活动 主题*", "日期（年月日）", "Place"])]  # fmt: skip
    layout = find_layout(rows, columns, {})
    assert layout is not None
    assert layout.line == 4
    assert {letters(p): c.field for p, c in layout.columns.items()} == {
        "A": "number", "B": "org_id", "C": "title", "D": "held_on", "E": "place",
    }  # fmt: skip
    mapped = find_layout([(1, ["开会", "干啥"])], columns, {"开会": "held_on", "干啥": "title"})
    assert mapped is not None
    assert find_layout([(1, ["开会", "干啥"])], columns, {}) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("中共东村党支部", "东村支部"), ("东村党支部委员会", " 东村 支部"),
     ("某厂(一)支部", "某厂（一）党支部"), ("某街道党工委", "某街道工作委员会"),
     ("某镇党委", "中共某镇委员会"), ("某公司党总支", "某公司总支部")],
)  # fmt: skip
def test_names_are_levelled(one: str, other: str) -> None:
    assert level_name(one) == level_name(other)


def named(name: str, path: str = "a/", type_: str = "branch", **more: Any) -> Named:
    return Named(uuid4(), name, more.pop("code", None), type_, path, **more)


def test_one_is_taken_several_are_a_question_and_none_offers_the_nearest() -> None:
    east, west = named("东村支部", above="河东镇"), named("东村党支部", above="河西镇")
    names = Names.of([east, west, named("南村支部"), named("北村支部")])
    with pytest.raises(CellError) as several:
        names.find("中共东村支部委员会", ["branch"])
    assert several.value.kind.code == "ambiguous_name"
    assert names.find("东村党支部", ["branch"]).named is west
    assert names.find("河东镇 东村支部", ["branch"]).named is east
    with pytest.raises(CellError) as none:
        names.find("南树支部", ["branch"])
    assert "南村支部" in str(none.value.parameters["similar"].zh)  # type: ignore[attr-defined]
    with pytest.raises(CellError):
        names.find("东村支部", ["unit"])


def branches_of(count: int) -> Callable[[str], object]:
    names = Names.of([named(f"第{n}村支部") for n in range(count)])
    return lambda text: names.find(text, ["branch"])


def leaders_of(count: int) -> Callable[[str], object]:
    people = People.of([named(f"第{n}人", type_="leader") for n in range(count)])
    return lambda text: people.find(text, None)


@pytest.mark.parametrize("known", [branches_of, leaders_of])
def test_names_that_nobody_knows_are_compared_with_all_there_are_so_often_only(
    known: Callable[[int], Callable[[str], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def count(level: str, keys: Sequence[str]) -> list[str]:
        compared.append(len(keys))
        return list(keys[:1]) if level.startswith("南") else []

    monkeypatch.setattr("app.features.imports.rules.names.nearest", count)
    find = known(3000)
    for number in range(2000):
        with pytest.raises(CellError):
            find(f"无{number}" if number else "南树")
    with pytest.raises(CellError) as none:
        find("南树")
    assert none.value.kind.code == "unresolved_name"
    assert sum(compared) <= 2_003_000
    assert "第0" in str(none.value.parameters["similar"].zh)  # type: ignore[attr-defined]


def test_namesakes_are_told_apart_by_the_rows_own_unit() -> None:
    one = named("张伟", "a/b/", "leader", above="河东镇")
    other = named("张伟", "a/c/", "leader", above="河西镇")
    people = People.of([one, other])
    assert people.find("张 伟（书记）", named("支部", "a/b/d/")).named is one
    with pytest.raises(CellError):
        people.find("张伟", None)
