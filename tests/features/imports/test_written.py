"""Reports and leader records in: submitted like any other, with what they count for."""

import pytest

from tests.support import factories as make
from tests.support import tables
from tests.support.places import Place

pytestmark = pytest.mark.one_database


async def test_leader_records_go_in_and_namesakes_are_told_apart_by_their_unit(
    place: Place,
) -> None:
    api = place.unit_reporter
    below = await make.unit(place.admin, place.unit, name="西镇党委")
    namesake = await make.leader(place.admin, below, name=place.leader["name"])
    rows = [
        ["单位", "姓名", "事项", "完成日期", "题目"],
        [place.unit["name"], place.leader["name"], "撰写一篇调研文章", "2013.1.15", "联系群众调研"],
        ["西镇党委", place.leader["name"], "撰写一篇调研文章", "2013.1.16", "作风调研"],
        ["西镇党委", "查无此人", "撰写一篇调研文章", "2013.1.16", "作风调研"],
    ]
    made = await tables.planned(api, tables.workbook({"三个一": rows}), resource="leader_records")
    assert [(e["row"], e["code"]) for e in made["plan"]["errors"]] == [(4, "unresolved_name")]
    rows.pop()
    made = await tables.planned(api, tables.workbook({"三个一": rows}), resource="leader_records")
    assert (made["plan"]["errors"], made["plan"]["created"]) == ([], 2)
    assert await place.admin.all("/v1/leader-records") == []
    done = await tables.applied(api, made)
    assert done["status"] == "applied"
    found = await place.admin.all("/v1/leader-records")
    assert {each["leader_id"] for each in found} == {place.leader["id"], namesake["id"]}
    owed = await place.obligations(place.leader)
    assert owed["leader-research-article"]["status"] == "met"

    rows[1][4] = "联系群众调研报告"
    again = await tables.planned(api, tables.workbook({"三个一": rows}), resource="leader_records")
    assert [again["plan"][n] for n in ("created", "unchanged")] == [1, 1]


async def test_reports_go_in_and_are_changed_by_a_second_file(place: Place) -> None:
    api = place.unit_reporter
    rows = [
        ["报送单位", "类别", "标题", "正文", "报送日期"],
        [place.branch["name"], "工作动态", "支部动态", "本周召开讨论会。", "2013-01-15"],
        [place.unit["name"], "经验做法", "联系群众的做法", "做法如下。", "2013-01-16"],
        [place.unit["name"], "经验做法", "没有正文", None, "2013-01-16"],
    ]
    made = await tables.planned(api, tables.workbook({"信息": rows}), resource="reports")
    assert [(e["row"], e["column"]) for e in made["plan"]["errors"]] == [(4, "D")]
    rows.pop()
    made = await tables.planned(api, tables.workbook({"信息": rows}), resource="reports")
    assert made["plan"]["errors"] == []
    assert (await tables.applied(api, made))["status"] == "applied"
    rows[1][3] = "本周召开两次讨论会。"
    again = await tables.planned(api, tables.workbook({"信息": rows}), resource="reports")
    assert [again["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 1, 1]
    done = await tables.applied(api, again)
    assert done["status"] == "applied", done
    (listed,) = await place.admin.all("/v1/reports", org_id=place.branch["id"])
    report = await place.admin.get(f"/v1/reports/{listed['id']}")
    assert (report["body"], report["revision"]) == ("本周召开两次讨论会。", 2)


async def test_findings_go_in_by_themselves_and_follow_a_second_file(place: Place) -> None:
    api, name = place.unit_reporter, place.branch["name"]
    rows = [
        ["整改单位", "问题类别", "存在问题", "整改措施", "责任人", "整改时限", "查摆日期"],
        [name, "查工作作风", "下基层少", "每月下村", "书记", "2013-03-01", "2013-01-15"],
        [name, "查思想认识", "学习不够", None, None, None, "2013年1月16日"],
        [name, "查其他", "不知何类", None, None, None, None],
    ]
    made = await tables.planned(api, tables.workbook({"整改": rows}), resource="findings")
    assert [(e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]] == [
        (4, "B", "unknown_label")
    ]
    rows.pop()
    made = await tables.planned(api, tables.workbook({"整改": rows}), resource="findings")
    assert (made["plan"]["errors"], made["plan"]["created"]) == ([], 2)
    assert await place.admin.all("/v1/findings") == []
    done = await tables.applied(api, made)
    assert (done["status"], done["duties_met"], done["reasons"]) == ("applied", None, [])
    rows[2][3] = "每周学习"
    again = await tables.planned(api, tables.workbook({"整改": rows}), resource="findings")
    assert [again["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 1, 1]
    assert (await tables.applied(api, again))["status"] == "applied"
    found = await place.admin.all("/v1/findings")
    assert {f["description"]: f["measure"] for f in found} == {
        "下基层少": "每月下村", "学习不够": "每周学习",
    }  # fmt: skip
