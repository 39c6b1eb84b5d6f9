"""Tables in: planned as they are, written through the services that everything is written by."""

import io
from datetime import date
from typing import Any

import openpyxl
from sqlalchemy import delete, select

from app.access import keys
from app.models import ApiKey, Grant
from tests.support import tables
from tests.support.places import Place

HEADING = ["序号", "支部", "活动类型", "活动主题", "时间", "实到人数", "参加领导"]


def ledger(place: Place) -> list[list[Any]]:
    branch, leader = place.branch["name"], place.leader["name"]
    formal = f"中共{branch.replace('支部', '党支部')}"
    return [
        ["佛山市某镇党支部活动台账"],
        HEADING,
        [1, formal, "讨论会", "谈群众工作", date(2013, 1, 15), "29人", leader],
        [2, branch, "学习会", "学习十八大报告", "2013.1.16", 30, "无"],
        [3, f" {branch} ", "座谈", "听取意见", "1月17日", "约30", f"{leader}（书记）"],
        ["合计", None, None, None, None, 89],
    ]  # fmt: skip


async def test_a_ledger_goes_in_as_people_have_it(place: Place) -> None:
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": ledger(place)}))
    plan = made["plan"]
    assert made["status"] == "planned"
    assert plan["errors"] == []
    assert [plan[n] for n in ("created", "updated", "unchanged", "rejected")] == [3, 0, 0, 0]
    assert made["sheets"][0]["heading_row"] == 2
    assert made["sheets"][0]["skipped"] == [6]
    assert made["sheets"][0]["ignored"] == []
    assert made["sheets"][0]["holds"] == "activities"
    assert {e["how"] for e in plan["resolved"]} == {"name", "levelled"}
    assert [w["row"] for w in plan["warnings"]] == [5, 5]
    assert await place.admin.all("/v1/activities") == []

    done = await tables.applied(place.unit_reporter, made)
    assert done["status"] == "applied", done
    rows = await place.admin.all("/v1/activities", sort="held_on")
    assert [(r["kind"], r["held_on"], r["members_present"]) for r in rows] == [
        ("discussion", "2013-01-15", 29),
        ("study_session", "2013-01-16", 30),
        ("symposium", "2013-01-17", 30),
    ]
    assert [len(r["participants"]) for r in rows] == [1, 0, 1]
    owed = await place.obligations(place.leader)
    assert any(o["status"] == "met" for o in owed.values())
    assert done["duties_met"] >= 1


async def test_every_error_is_told_with_its_place_and_nothing_is_written(place: Place) -> None:
    branch = place.branch["name"]
    rows: list[list[Any]] = [
        HEADING,
        [1, f"{branch}二", "讨论会", "甲", "2013-01-15", "29", None],
        [2, branch, "茶话会", "乙", "二月初", "很多", "张三丰"],
        [3, branch, "讨论会", None, "2012-01-15", -3, None],
        [4, branch, "讨论会", "丁", "2013-01-15", 3, None],
        [5, branch, "讨论会", "丁", "2013-01-15", 3, None],
    ]
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": rows}))
    told = {(e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]}
    assert told == {
        (2, "B", "unresolved_name"),
        (3, "C", "unknown_label"),
        (3, "E", "not_a_day"),
        (3, "F", "not_a_number"),
        (3, "G", "unresolved_name"),
        (4, "D", "required"),
        (4, "F", "not_a_number"),
        (6, None, "repeated_row"),
    }
    assert made["plan"]["rejected"] == 4
    (unknown,) = [e for e in made["plan"]["errors"] if e["row"] == 2]
    assert branch in unknown["detail"]
    assert (unknown["sheet"], unknown["heading"], unknown["field"]) == ("台账", "支部", "org_id")
    english = await place.unit_reporter.send(
        "GET", f"/v1/imports/{made['id']}", headers={"Accept-Language": "en"}
    )
    assert "finds no" in english.json()["plan"]["errors"][0]["detail"]

    refused = await tables.applied(place.unit_reporter, made, expect=409)
    assert refused["code"] == "import_has_errors"
    assert await place.admin.all("/v1/activities") == []


async def test_what_is_outside_the_campaign_is_told_as_for_a_single_one(place: Place) -> None:
    rows = [HEADING, [1, place.branch["name"], "讨论", "甲", "2011-01-15", 3, None]]
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": rows}))
    (error,) = made["plan"]["errors"]
    assert (error["row"], error["column"], error["code"]) == (2, "E", "outside_campaign")


async def test_bad_rows_are_skipped_by_choice(place: Place) -> None:
    rows = ledger(place)
    rows[3][2] = "茶话会"
    content = tables.workbook({"台账": rows})
    made = await tables.planned(place.unit_reporter, content, on_error="skip_bad_rows")
    assert (made["plan"]["created"], made["plan"]["rejected"]) == (2, 1)
    done = await tables.applied(place.unit_reporter, made)
    assert done["status"] == "applied"
    assert len(await place.admin.all("/v1/activities")) == 2


async def test_resent_with_a_change_updates_one_and_leaves_the_rest(place: Place) -> None:
    api, rows = place.unit_reporter, ledger(place)
    await tables.applied(api, await tables.planned(api, tables.workbook({"台账": rows})))
    before = {r["title"]: r for r in await place.admin.all("/v1/activities")}

    same = await tables.planned(api, tables.workbook({"台账": rows}))
    assert [same["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 0, 3]
    rows[2][5] = "31人"
    made = await tables.planned(api, tables.workbook({"台账": rows}))
    assert [made["plan"][n] for n in ("created", "updated", "unchanged")] == [0, 1, 2]
    done = await tables.applied(api, made)
    assert done["status"] == "applied", done

    after = {r["title"]: r for r in await place.admin.all("/v1/activities")}
    assert after["谈群众工作"]["members_present"] == 31
    assert after["谈群众工作"]["revision"] == before["谈群众工作"]["revision"] + 1
    assert after["听取意见"] == before["听取意见"]


async def test_a_plan_is_refused_whole_once_data_has_moved_underneath(place: Place) -> None:
    api, rows = place.unit_reporter, ledger(place)
    made = await tables.planned(api, tables.workbook({"台账": rows}))
    await place.activity(kind="study_session", title="学习十八大报告", held_on="2013-01-16")
    done = await tables.applied(api, made)
    assert (done["status"], done["problem"]["code"]) == ("failed", "plan_outdated")
    assert "4" in done["problem"]["detail"]
    assert len(await place.admin.all("/v1/activities")) == 1


async def test_where_bad_rows_are_skipped_only_what_moved_is_left_out(place: Place) -> None:
    api, rows = place.unit_reporter, ledger(place)
    await tables.applied(api, await tables.planned(api, tables.workbook({"台账": rows[:3]})))
    rows[2][5] = 33
    content = tables.workbook({"台账": rows})
    made = await tables.planned(api, content, on_error="skip_bad_rows")
    assert [made["plan"][n] for n in ("created", "updated")] == [2, 1]
    (there,) = await place.admin.all("/v1/activities")
    path = f"/v1/activities/{there['id']}"
    await place.reporter.change("PATCH", path, {"place": "村委会"})
    done = await tables.applied(api, made)
    assert [done["plan"][n] for n in ("created", "updated", "rejected")] == [2, 0, 1]
    assert [e["code"] for e in done["plan"]["errors"]] == ["changed_since_plan"]
    assert len(await place.admin.all("/v1/activities")) == 3
    assert (await place.admin.get(path))["members_present"] == 29


async def test_an_import_is_its_senders_alone_and_can_be_cancelled(place: Place) -> None:
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": ledger(place)}))
    path = f"/v1/imports/{made['id']}"
    await place.admin.get(path, expect=404)
    assert await place.admin.all("/v1/imports") == []
    assert [each["id"] for each in await place.unit_reporter.all("/v1/imports")] == [made["id"]]
    gone = await place.unit_reporter.change("POST", f"{path}/cancel", of=path)
    assert gone["status"] == "cancelled"
    refused = await tables.applied(place.unit_reporter, made, expect=409)
    assert refused["code"] == "wrong_import_state"


async def test_who_loses_the_grant_writes_nothing_any_more(place: Place) -> None:
    api = place.unit_reporter
    made = await tables.planned(api, tables.workbook({"台账": ledger(place)}))
    path = f"/v1/imports/{made['id']}"
    await api.change("POST", f"{path}/apply", of=path, expect=202)
    assert api.key is not None
    theirs = select(ApiKey.client_id).where(ApiKey.prefix == keys.read_prefix(api.key))
    async with api.database.writing() as session:
        await session.execute(delete(Grant).where(Grant.client_id.in_(theirs)))
    await place.admin.work()
    assert await place.admin.all("/v1/activities") == []


async def test_apply_at_once_writes_a_plan_without_errors_and_no_other(place: Place) -> None:
    api, rows = place.unit_reporter, ledger(place)
    done = await tables.planned(api, tables.workbook({"台账": rows}), mode="apply")
    assert (done["status"], len(await place.admin.all("/v1/activities"))) == ("applied", 3)
    rows[2][2] = "茶话会"
    failed = await tables.planned(api, tables.workbook({"台账": rows}), mode="apply")
    assert (failed["status"], failed["problem"]["code"]) == ("failed", "import_has_errors")


async def test_cells_that_show_no_content_are_told(place: Place) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["支部", "活动类型", "主题", "日期", "地点", "编号", "实到"])
    sheet.append([place.branch["name"], "讨论", "甲", "12月25日", "=A1", 10**17 + 1, "#N/A"])
    sheet["G2"].data_type = "e"
    out = io.BytesIO()
    book.save(out)
    made = await tables.planned(place.unit_reporter, out.getvalue())
    assert {(e["column"], e["code"]) for e in made["plan"]["errors"]} >= {
        ("E", "never_computed"), ("F", "lossy_number"), ("G", "error_cell"),
    }  # fmt: skip
    assert made["plan"]["rejected"] == 1


async def test_a_day_whose_year_is_open_is_a_question(place: Place) -> None:
    rows = [HEADING, [1, place.branch["name"], "讨论", "甲", "11月1日", 3, None]]
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": rows}))
    assert [e["code"] for e in made["plan"]["errors"]] == ["year_missing"]


async def test_what_is_filled_in_from_the_branch_is_judged_in_the_plan(place: Place) -> None:
    path = f"/v1/branches/{place.branch['id']}"
    await place.admin.change("PATCH", path, {"member_count": 20})
    rows = [HEADING, [1, place.branch["name"], "讨论", "甲", "2013-01-15", 21, None]]
    made = await tables.planned(place.unit_reporter, tables.workbook({"台账": rows}))
    assert [(e["row"], e["column"]) for e in made["plan"]["errors"]] == [(2, "F")]
