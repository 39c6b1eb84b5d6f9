"""Branches, units and leaders in: names and codes find them, changes and moves follow."""

from typing import Any

from tests.support import factories as make
from tests.support import tables
from tests.support.granted import granted
from tests.support.places import Place

BRANCHES = ["支部代码", "支部名称", "上级党组织", "领域", "支部类型", "党员数", "书记", "成立时间"]


async def organizer(place: Place) -> Any:
    return await granted(place.admin, place.root, "organizer")


async def test_branches_go_in_by_the_name_of_their_unit(place: Place) -> None:
    api = await organizer(place)
    above = place.unit["name"]
    rows = [
        BRANCHES,
        ["001", "中共东村党支部", above, "农村", "联合支部", "29人", "—", "2001年7月1日"],
        ["002", "西村支部", f"中共{above}", "村", "支部", 12, "李某", 37073],
    ]
    made = await tables.planned(api, tables.workbook({"支部": rows}), resource="branches")
    assert made["plan"]["errors"] == []
    done = await tables.applied(api, made)
    assert (done["status"], done["plan"]["created"]) == ("applied", 2)
    east, west = [(await api.get("/v1/branches", code=code))["data"][0] for code in ("001", "002")]
    assert (east["kind"], east["sector"], east["opened_on"]) == (
        "joint_branch", "rural", "2001-07-01",
    )  # fmt: skip
    assert (east["secretary"], west["secretary"], east["member_count"]) == (None, "李某", 29)
    assert (west["unit_id"], west["opened_on"]) == (place.unit["id"], "2001-07-01")
    owed = await place.obligations(east)
    assert owed

    rows[1][5] = 31
    again = await tables.planned(api, tables.workbook({"支部": rows}), resource="branches")
    assert [again["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 1, 1]
    await tables.applied(api, again)
    assert (await api.get(f"/v1/branches/{east['id']}"))["member_count"] == 31


async def test_names_that_mean_several_are_a_question_and_a_code_answers_it(place: Place) -> None:
    api = await organizer(place)
    one = await make.unit(api, place.root, name="河东街道党委")
    two = await make.unit(api, place.root, name="河东街道 党委")
    rows = [BRANCHES[:4], ["003", "南村支部", "河东街道党委员会", "农村"]]
    made = await tables.planned(api, tables.workbook({"支部": rows}), resource="branches")
    (error,) = made["plan"]["errors"]
    assert (error["code"], error["column"]) == ("ambiguous_name", "C")
    assert one["code"] in error["detail"]
    assert two["code"] in error["detail"]
    rows[1][2] = two["code"]
    made = await tables.planned(api, tables.workbook({"支部": rows}), resource="branches")
    assert made["plan"]["created"] == 1
    assert [e["how"] for e in made["plan"]["resolved"]] == ["code"]


async def test_a_reporter_is_told_that_founding_is_not_theirs(place: Place) -> None:
    rows = [BRANCHES[:4], ["003", "南村支部", place.unit["name"], "农村"]]
    await tables.send(
        place.unit_reporter, tables.workbook({"支部": rows}), resource="branches", expect=403
    )


async def test_units_and_leaders_go_in_and_namesakes_are_told_apart(place: Place) -> None:
    api = await organizer(place)
    units = [
        ["组织代码", "组织名称", "上级组织", "类型"],
        ["D1", "东镇党委", place.unit["name"], "党委"],
        ["D2", "西镇党总支", place.unit["code"], "总支"],
    ]
    made = await tables.planned(api, tables.workbook({"单位": units}), resource="units")
    assert made["plan"]["errors"] == []
    assert (await tables.applied(api, made))["status"] == "applied"
    people = [
        ["姓名", "职务", "职级", "单位", "党代表"],
        ["张伟", "书记", "正科级", "东镇党委", "市党代表"],
        ["张 伟", "副书记", "副科级", "西镇总支", "否"],
    ]
    made = await tables.planned(api, tables.workbook({"干部": people}), resource="leaders")
    assert made["plan"]["errors"] == []
    assert (await tables.applied(api, made))["status"] == "applied"
    east, west = await api.all("/v1/leaders", sort="created_at", q="张")
    assert (east["position_level"], east["delegate_level"]) == ("141", "city")
    again = await tables.planned(api, tables.workbook({"干部": people}), resource="leaders")
    assert again["plan"]["unchanged"] == 2

    branch = await make.branch(api, {"id": west["unit_id"]}, name="西镇机关支部")
    rows = [
        ["支部", "活动类型", "主题", "日期", "参加领导"],
        [branch["name"], "讨论会", "甲", "2013-01-15", "张伟"],
        [place.branch["name"], "讨论会", "乙", "2013-01-15", "张伟"],
    ]
    made = await tables.planned(api, tables.workbook({"台账": rows}))
    assert [(e["row"], e["code"]) for e in made["plan"]["errors"]] == [(3, "ambiguous_name")]
    (found,) = [e for e in made["plan"]["resolved"] if e["field"] == "participants"]
    assert (found["id"], found["how"]) == (west["id"], "unit")
