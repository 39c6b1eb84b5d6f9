"""What belongs to an activity: in its own row, or in further sheets of the same workbook."""

import io
from typing import Any

import openpyxl
import pytest

from app.features.imports.rules.parts import split_entries
from tests.support import tables
from tests.support.places import Place

HEADING = ["序号", "支部", "活动类型", "活动主题", "时间"]


def book(place: Place) -> dict[str, list[list[Any]]]:
    branch, leader = place.branch["name"], place.leader["name"]
    return {
        "说明": [["填表说明"], ["请认真填写"]],
        "查摆问题": [
            ["整改台账"],
            ["序号", "活动序号", "问题", "问题类别", "整改措施", "责任人", "整改时限"],
            [1, 1, "下基层少", "查工作作风", "每月下村", "书记", "2013-03-01"],
            [2, "1", "学习不够", "查思想认识", None, None, None],
            [3, 2, "办事拖拉", "查工作作风", "限时办结", "副书记", "3月15日"],
        ],
        "活动台账": [
            HEADING,
            [1, branch, "讨论会", "谈群众工作", "2013-01-15"],
            [2, branch, "座谈会", "听取意见", "2013-01-16"],
            [3, branch, "座谈会", "听取意见", "2013-01-20"],
        ],
        "群众意见": [
            ["支部", "活动主题", "日期", "意见内容", "类别", "来源"],
            [f"中共{branch}", "听取意见", "2013.1.16", "修好村道", "社会建设", "百姓"],
        ],
        "参加人员": [
            ["活动主题", "姓名", "角色"],
            ["谈群众工作", f"{leader}（书记）", "主持"],
        ],
    }


async def test_parts_come_in_further_sheets_of_the_workbook(place: Place) -> None:
    api = place.unit_reporter
    made = await tables.planned(api, tables.workbook(book(place)))
    assert made["plan"]["errors"] == []
    assert [s["holds"] for s in made["sheets"]] == [
        None, "findings", "activities", "opinions", "participants",
    ]  # fmt: skip
    assert made["plan"]["created"] == 3
    done = await tables.applied(api, made)
    assert done["status"] == "applied", done
    one, two, three = [
        await place.admin.get(f"/v1/activities/{row['id']}")
        for row in await place.admin.all("/v1/activities", sort="held_on")
    ]
    assert {f["description"]: f["measure"] for f in one["findings"]} == {
        "下基层少": "每月下村", "学习不够": None,
    }  # fmt: skip
    assert [(p["leader_id"], p["role"]) for p in one["participants"]] == [
        (place.leader["id"], "host")
    ]
    assert [f["due_on"] for f in two["findings"]] == ["2013-03-15"]
    assert [(o["content"], o["source_group"]) for o in two["opinions"]] == [("修好村道", "public")]
    assert (three["findings"], three["opinions"]) == ([], [])


async def test_what_is_sent_again_is_known_again_and_nothing_falls_out(place: Place) -> None:
    api, sheets = place.unit_reporter, book(place)
    await tables.applied(api, await tables.planned(api, tables.workbook(sheets)))
    same = await tables.planned(api, tables.workbook(sheets))
    assert [same["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 0, 3]
    sheets["查摆问题"][3][4] = "每周学习"
    del sheets["查摆问题"][2]
    made = await tables.planned(api, tables.workbook(sheets))
    assert [made["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 1, 2]
    assert (await tables.applied(api, made))["status"] == "applied"
    found = await place.admin.all("/v1/findings")
    assert {f["description"]: f["measure"] for f in found} == {
        "下基层少": "每月下村", "学习不够": "每周学习", "办事拖拉": "限时办结",
    }  # fmt: skip


async def test_what_is_wrong_in_a_further_sheet_is_marked_there(place: Place) -> None:
    sheets = book(place)
    sheets["查摆问题"] += [[4, 9, "没有活动", "查工作作风"], [5, 3, "不知何类", "查其他"]]
    sheets["群众意见"].append([None, "听取意见", None, "修桥", "社会建设", "百姓"])
    sheets["群众意见"].append([None, "听取意见", "2013-01-20", "修渠", None, "百姓"])
    sheets["参加人员"].append(["听取意见", "查无此人", "参加"])
    made = await tables.planned(place.unit_reporter, tables.workbook(sheets))
    told = {(e["sheet"], e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]}
    assert told == {
        ("查摆问题", 6, "B", "no_such_activity_in_file"),
        ("查摆问题", 7, "D", "unknown_label"),
        ("群众意见", 3, "B", "several_activities_in_file"),
        ("群众意见", 4, "E", "required"),
        ("参加人员", 3, "A", "several_activities_in_file"),
    }
    assert [made["plan"][n] for n in ("created", "rejected")] == [2, 4]
    answer = await place.unit_reporter.send("GET", f"/v1/imports/{made['id']}/result", expect=200)
    back = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert "找不到对应的活动" in back["查摆问题"]["H6"].value
    assert back["查摆问题"]["B6"].fill.fgColor.rgb == "FFFFC7CE"
    assert back["查摆问题"]["H3"].value is None
    assert "“查摆问题”第 7 行" in back["活动台账"]["F4"].value
    assert back["活动台账"]["F2"].value is None


async def test_parts_stand_in_the_row_itself(place: Place) -> None:
    api, branch = place.unit_reporter, place.branch["name"]
    heading = [*HEADING, "查摆内容", "存在问题", "整改措施", "整改时限", "群众意见", "意见类别",
               "意见来源"]  # fmt: skip
    first = [1, branch, "讨论会", "甲", "2013-01-15", "查工作作风", "1.下基层少；2.办事拖拉",
             "（1）每月下村\n（2）限时办结", "2013-03-01", "修好村道", "社会建设",
             "群众"]  # fmt: skip
    second = [2, branch, "讨论会", "乙", "2013-01-16", "查工作作风", "1、甲。2、乙。3、丙",
              "1、丁\n2、戊"]  # fmt: skip
    made = await tables.planned(api, tables.workbook({"台账": [heading, first, second]}))
    assert [(e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]] == [
        (3, "H", "unequal_parts")
    ]
    made = await tables.planned(api, tables.workbook({"台账": [heading, first]}))
    assert made["plan"]["errors"] == []
    await tables.applied(api, made)
    (listed,) = await place.admin.all("/v1/activities")
    found = (await place.admin.get(f"/v1/activities/{listed['id']}"))["findings"]
    assert {(f["description"], f["measure"], f["check"], f["due_on"]) for f in found} == {
        ("下基层少", "每月下村", "work_style", "2013-03-01"),
        ("办事拖拉", "限时办结", "work_style", "2013-03-01"),
    }
    again = await tables.planned(api, tables.workbook({"台账": [heading, first]}))
    assert again["plan"]["unchanged"] == 1


@pytest.mark.parametrize(
    ("text", "entries"),
    [("下基层少", ["下基层少"]), ("1.甲 2.5小时", ["1.甲 2.5小时"]), ("①甲②乙", ["甲", "乙"]),
     ("一、甲\n二、乙", ["甲", "乙"]), ("（一）甲；（二）乙", ["甲", "乙"]),
     ("1. 甲\n2. 乙\n3. 丙", ["甲", "乙", "丙"]), ("甲；乙", ["甲；乙"])],
)  # fmt: skip
def test_numbered_entries_are_parted_and_others_are_not(text: str, entries: list[str]) -> None:
    assert list(split_entries(text)) == entries


async def test_codes_of_the_campaigns_own_are_read_by_their_labels(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}/code-lists/activity_kinds"
    entry = {"code": "village_talk", "title": "村民夜话", "title_en": "village talk",
             "extends": "symposium"}  # fmt: skip
    await place.admin.change(
        "PUT", path, {"codes": [entry]}, of=f"/v1/campaigns/{place.campaign['id']}"
    )
    rows = [HEADING, [1, place.branch["name"], "村民夜话", "甲", "2013-01-15"],
            [2, place.branch["name"], "座谈", "乙", "2013-01-16"]]  # fmt: skip
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": rows}))
    assert made["plan"]["errors"] == []
    await tables.applied(place.unit_reporter, made)
    found = await place.admin.all("/v1/activities", sort="held_on")
    assert [each["kind"] for each in found] == ["village_talk", "symposium"]
    answer = await place.unit_reporter.send(
        "GET", "/v1/imports/templates/activities.xlsx", expect=200
    )
    offered = openpyxl.load_workbook(io.BytesIO(answer.content))["可选内容"]
    assert "村民夜话" in {cell.value for row in offered for cell in row}
