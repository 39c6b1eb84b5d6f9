"""What comes back: the caller's own file with one column more, and templates to be filled in."""

import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest

from tests.support import tables
from tests.support.places import Place

pytestmark = pytest.mark.one_database

HEADING = ["支部", "活动类型", "主题", "日期", "实到"]


def rows_of(place: Place) -> list[list[Any]]:
    return [
        ["活动台账"],
        HEADING,
        [place.branch["name"], "讨论会", "甲", "2013-01-15", 29],
        ["没有这个支部", "茶话会", "乙", "2013-01-15", 30],
    ]


async def result(place: Place, made: Any, **query: Any) -> bytes:
    answer = await place.unit_reporter.send(
        "GET", f"/v1/imports/{made['id']}/result", expect=200, **query
    )
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return answer.content


async def test_their_workbook_comes_back_marked_and_goes_in_again_corrected(place: Place) -> None:
    sent = tables.workbook({"台账": rows_of(place), "其他": [["无关"]]}, hidden=["其他"])
    made = await tables.planned(place.unit_reporter, sent)
    content = await result(place, made)

    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["台账"]
    assert book["其他"].sheet_state == "hidden"
    assert (sheet["F2"].value, sheet["F3"].value) == ("导入结果", None)
    assert "找不到" in sheet["F4"].value
    assert "茶话会" in sheet["F4"].value
    assert sheet["A4"].fill.fgColor.rgb == sheet["B4"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["A3"].fill.fill_type is None
    untouched = [[c.value for c in row[:5]] for row in sheet.iter_rows(min_row=1, max_row=4)]
    assert untouched == [[*row, *[None] * (5 - len(row))] for row in rows_of(place)]
    with zipfile.ZipFile(io.BytesIO(sent)) as before, zipfile.ZipFile(io.BytesIO(content)) as after:
        assert sorted(before.namelist()) == sorted(after.namelist())
        changed = [n for n in before.namelist() if before.read(n) != after.read(n)]
    assert set(changed) == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}

    sheet["A4"], sheet["B4"] = place.branch["name"], "座谈会"
    out = io.BytesIO()
    book.save(out)
    again = await tables.planned(place.unit_reporter, out.getvalue())
    assert (again["plan"]["rejected"], again["plan"]["created"]) == (0, 2)
    cleared = openpyxl.load_workbook(io.BytesIO(await result(place, again)))["台账"]
    assert (cleared["F2"].value, cleared["G2"].value) == ("导入结果", None)
    assert not cleared["F4"].value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_text_comes_back_in_its_own_encoding(place: Place, encoding: str) -> None:
    content = tables.text(rows_of(place)[1:], encoding)
    made = await tables.planned(place.unit_reporter, content, "台账.csv")
    assert made["encoding"] == encoding
    lines = (await result(place, made)).decode(encoding).lstrip("\ufeff").splitlines()
    assert lines[0] == ",".join([*HEADING, "导入结果"])
    assert lines[1] == content.decode(encoding).lstrip("\ufeff").splitlines()[1]
    assert "找不到" in lines[2]


async def test_programs_get_lines(place: Place) -> None:
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": rows_of(place)}))
    good, bad = map(json.loads, (await result(place, made, format="ndjson")).splitlines())
    assert (good["action"], good["errors"], good["row"]) == ("created", [], 3)
    assert (bad["action"], {e["code"] for e in bad["errors"]}) == (
        "rejected", {"unresolved_name", "unknown_label"},
    )  # fmt: skip


async def test_there_is_no_result_before_there_is_a_plan(place: Place) -> None:
    made = await tables.send(place.unit_reporter, tables.workbook({"台账": rows_of(place)}))
    refused = await place.unit_reporter.get(f"/v1/imports/{made['id']}/result", expect=409)
    assert refused["code"] == "no_result_yet"


async def test_a_branchs_template_has_three_cells_to_fill(place: Place) -> None:
    answer = await place.reporter.send("GET", "/v1/imports/templates/activities.xlsx", expect=200)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    headings = {cell.value: cell for cell in sheet[1]}
    needed = [name for name in headings if name.endswith("*")]
    assert needed == ["组织名称*", "活动类型*", "活动名称*", "活动日期*"]
    assert sheet["A2"].value == place.branch["name"]
    assert len(sheet.data_validations.dataValidation) > 5
    for name, value in (
        ("活动类型*", "办好事实事"),
        ("活动名称*", "修路"),
        ("活动日期*", "2013年1月15日"),
    ):
        sheet.cell(2, headings[name].column).value = value
    for name, value in (("事项类别", "修路"), ("件数", "1件")):
        sheet.cell(2, headings[name].column).value = value
    out = io.BytesIO()
    book.save(out)
    made = await tables.planned(place.reporter, out.getvalue())
    assert made["plan"]["errors"] == []
    assert made["plan"]["created"] == 1
    assert [sheet["read"] for sheet in made["sheets"]] == [True, False, False]


@pytest.mark.parametrize(
    "resource", ["branches", "divisions", "findings", "leaders", "organizations", "units"]
)
async def test_every_template_is_understood_when_it_comes_back(place: Place, resource: str) -> None:
    answer = await place.admin.send("GET", f"/v1/imports/templates/{resource}.xlsx", expect=200)
    made = await tables.send(place.admin, answer.content, resource=resource)
    assert made["sheets"][0]["read"]
    assert made["sheets"][0]["ignored"] == []
