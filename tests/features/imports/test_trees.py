"""Organizations whose superior stands in another row of the same file, in any order."""

from typing import Any

import pytest

from app.features.imports.service import receiving, trees
from tests.support import tables
from tests.support.granted import granted
from tests.support.places import Place

UNITS = ["组织代码", "组织名称", "上级组织", "类型"]
ALL = [*UNITS, "领域", "党员数"]


async def organizer(place: Place) -> Any:
    return await granted(place.admin, place.root, "organizer")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "PART", 3)
    monkeypatch.setattr(trees, "PART", 3)


async def test_units_stand_below_rows_in_any_order_and_over_several_parts(place: Place) -> None:
    api = await organizer(place)
    rows = [
        UNITS,
        ["D5", "第五办公室党委", "第四办公室党委", "党委"],
        ["D4", "第四办公室党委", "D3", "党委"],
        ["D3", "第三办公室党委", "第二办公室 党委会", "党委"],
        ["D2", "第二办公室党委", "D1", "党委"],
        ["D1", "第一办公室党委", place.unit["name"], "党委"],
        ["D6", "第六办公室党总支", "D4", "总支"],
    ]
    made = await tables.planned(api, tables.workbook({"单位": rows}), resource="units")
    assert made["plan"]["errors"] == []
    assert made["plan"]["created"] == 6
    assert {e["how"] for e in made["plan"]["resolved"]} == {"in_file", "name"}
    assert (await tables.applied(api, made))["status"] == "applied"
    units = {u["code"]: u for u in await api.all("/v1/units", under=place.unit["id"])}
    above = {code: units[code]["parent_id"] for code in ("D2", "D3", "D4", "D5", "D6")}
    assert above == {
        "D2": units["D1"]["id"], "D3": units["D2"]["id"], "D4": units["D3"]["id"],
        "D5": units["D4"]["id"], "D6": units["D4"]["id"],
    }  # fmt: skip
    rows[1][1] = "第五办公室党工委"
    rows.insert(1, ["D7", "第七办公室党委", "D5", "党委"])
    again = await tables.planned(api, tables.workbook({"单位": rows}), resource="units")
    assert [again["plan"][n] for n in ("created", "updated", "unchanged")] == [1, 1, 5]
    assert (await tables.applied(api, again))["status"] == "applied"


async def test_circles_wrong_superiors_and_names_of_several_are_told(place: Place) -> None:
    api = await organizer(place)
    top = place.unit["name"]
    rows = [
        UNITS,
        ["C1", "甲办党委", "C3", "党委"],
        ["C2", "乙办党委", "C1", "党委"],
        ["C3", "丙办党委", "乙办党委", "党委"],
        ["C4", "丁办党委", "C3", "党委"],
        ["E1", "机关党委", top, "茶话会"],
        ["E2", "戊办党委", "E1", "党委"],
        ["F1", "同名党委", top, "党委"],
        ["F2", "同名 党委", place.root["name"], "党委"],
        ["F3", "己办党委", "同名党委", "党委"],
        ["G1", "庚办党委", "G1", "党委"],
    ]
    made = await tables.planned(api, tables.workbook({"单位": rows}), resource="units")
    told = {(e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]}
    assert told == {
        (2, "C", "superior_cycle"), (3, "C", "superior_cycle"), (4, "C", "superior_cycle"),
        (5, "C", "superior_row_wrong"), (6, "D", "unknown_label"),
        (7, "C", "superior_row_wrong"), (10, "C", "several_superiors"),
        (11, "C", "superior_cycle"),
    }  # fmt: skip
    circle = next(e["detail"] for e in made["plan"]["errors"] if e["row"] == 2)
    assert "甲办党委 → 丙办党委 → 乙办党委 → 甲办党委" in circle


async def test_units_and_branches_come_in_one_table(place: Place) -> None:
    api = await organizer(place)
    rows = [
        ALL,
        ["H3", "中共河东村党支部", "河东街道党委", "联合支部", "农村", "29人"],
        ["H1", "河东街道党委", place.unit["name"], "党委", None, None],
        ["H2", "河东机关党总支", "H1", "党总支", "机关", 60],
        ["H4", "机关支部", "H2", "支部", "机关", 20],
        [place.branch["code"], place.branch["name"], place.unit["name"], "支部", "社区", 33],
        ["H5", "无领域支部", "H2", "支部", None, 20],
    ]
    made = await tables.planned(api, tables.workbook({"架构": rows}), resource="organizations")
    assert [(e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]] == [
        (7, "E", "required")
    ]
    rows.pop()
    made = await tables.planned(api, tables.workbook({"架构": rows}), resource="organizations")
    assert made["plan"]["errors"] == []
    assert [made["plan"][n] for n in ("created", "updated")] == [4, 1]
    done = await tables.applied(api, made)
    assert done["status"] == "applied", done
    branches = {b["code"]: b for b in await api.all("/v1/branches", under=place.unit["id"])}
    units = {u["code"]: u for u in await api.all("/v1/units", under=place.unit["id"])}
    assert branches["H3"]["unit_id"] == units["H1"]["id"]
    assert branches["H4"]["unit_id"] == units["H2"]["id"]
    assert (branches["H3"]["kind"], units["H2"]["kind"]) == ("joint_branch", "general_branch")
    assert branches[place.branch["code"]]["member_count"] == 33
    assert await place.obligations(branches["H3"])
    again = await tables.planned(api, tables.workbook({"架构": rows}), resource="organizations")
    assert again["plan"]["unchanged"] == 5


async def test_a_unit_moves_below_one_that_the_same_file_founds(place: Place) -> None:
    api = await organizer(place)
    rows = [UNITS, ["K1", "旧办党委", place.unit["name"], "党委"]]
    made = await tables.planned(api, tables.workbook({"单位": rows}), resource="units")
    await tables.applied(api, made)
    rows = [UNITS, ["K1", "旧办党委", "K2", "党委"], ["K2", "新办党委", place.unit["name"], "党委"]]
    made = await tables.planned(api, tables.workbook({"单位": rows}), resource="units")
    assert [made["plan"][n] for n in ("created", "updated", "rejected")] == [1, 1, 0]
    assert (await tables.applied(api, made))["status"] == "applied"
    units = {u["code"]: u for u in await api.all("/v1/units", under=place.unit["id"])}
    assert units["K1"]["parent_id"] == units["K2"]["id"]
