"""The ledger of a town as people have it goes in with no script at all."""

import io
from datetime import date, timedelta
from typing import Any, Final

import openpyxl

from app.models.vocabulary import ActivityKind
from tests.support import tables
from tests.support.granted import granted
from tests.support.places import Place

FIGURES: Final = "一二三四五六七八九十"
KINDS: Final = ("讨论会", "集中学习", "座谈", "专题组织生活会", "办好事实事", "走访")
HEADING: Final = ["序号", "支部名称", "活动类型", "活动主题", "活动时间", "实到人数", "参加领导",
                  "事项类别", "件数", "走访对象", "户数"]  # fmt: skip
FIRST: Final = date(2013, 1, 7)


def _name(number: int) -> str:
    return "".join(FIGURES[int(digit)] for digit in f"{number:02}")


def branches(place: Place) -> list[list[Any]]:
    heading = ["编号", "党支部名称", "上级党组织", "领域", "支部类型", "党员数"]
    rows = [
        [f"Z{n:03}", f"中共{_name(n)}村党支部", place.unit["name"],
         ("农村", "社区", "机关")[n % 3], ("支部", "联合支部")[n % 2], f"{40 + n % 30}人"]
        for n in range(60)
    ]  # fmt: skip
    return [["某镇党支部基本情况表"], heading, *rows]


def leaders(place: Place) -> list[list[Any]]:
    """Thirty-one, two of whom have one name, in different branches."""
    rows = [
        [f"钱{_name(n if n != 30 else 7)}", ("书记", "委员", "镇长")[n % 3], "正科",
         place.unit["name"], f"{_name(n)}村支部"]
        for n in range(31)
    ]  # fmt: skip
    return [["姓名", "职务", "职级", "所在单位", "所在支部"], *rows]


def _day(number: int) -> Any:
    day = FIRST + timedelta(days=number % 60)
    shapes = ("%Y.%-m.%-d", "%Y年%-m月%-d日", "%-m月%-d日", "%Y%m%d")
    return day if number % 5 == 0 else f"{day:{shapes[number % 4]}}"


def activities() -> list[list[Any]]:
    rows = []
    for n in range(200):
        home = n % 60
        names = [f"钱{_name(home)}（书记）"] if home < 31 else []
        names += [f"钱{_name((home + 1) % 7)}"] if n % 4 == 0 else []
        kind = KINDS[n % 6]
        more: dict[str, list[Any]] = {
            "办好事实事": ["修路", "1件"],
            "走访": [None, None, "困难户", f"{n % 9 + 1}户"],
        }
        rows.append(
            [n + 1, f"{_name(home)}村支部", kind, f"第{n + 1}次活动", _day(n),
             ("29人", 30, "约30", "31")[n % 4], "、".join(dict.fromkeys(names)) or "无",
             *more.get(kind, [])]
        )  # fmt: skip
    for n in range(200):  # of the two of one name that of the branch is meant
        if rows[n][1] == f"{_name(30)}村支部":
            rows[n][6] = f"钱{_name(7)}"
    return [["某镇“群众路线大家谈”活动台账"], HEADING, *rows, ["合计", None, None, 200]]


MISTAKES: Final = {
    (7, 2): "没有这个村支部", (20, 3): "茶话会", (33, 5): "2013年2月30日", (46, 6): "很多",
    (59, 7): f"钱{_name(7)}", (72, 4): None, (85, 7): "查无此人、钱一一",
}  # fmt: skip
"""What is wrong in the ledger at first, by row and column."""


async def test_a_towns_ledger_goes_in_comes_back_and_goes_in_again(place: Place) -> None:
    api = await granted(place.admin, place.root, "organizer")
    await _enter(api, branches(place), "branches", 60)
    await _enter(api, leaders(place), "leaders", 31)
    right = activities()
    wrong = [list(row) for row in right]
    for (line, column), value in MISTAKES.items():
        wrong[line - 1][column - 1] = value
    reporter = place.unit_reporter
    made = await tables.planned(reporter, tables.workbook({"活动台账": wrong}))
    told = {(e["row"], e["column"]) for e in made["plan"]["errors"]}
    assert told == {(line, chr(64 + column)) for line, column in MISTAKES}
    assert [made["plan"][n] for n in ("created", "rejected")] == [193, 7]

    answer = await reporter.send("GET", f"/v1/imports/{made['id']}/result", expect=200)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    for line, column in MISTAKES:
        assert sheet.cell(line, len(HEADING) + 1).value
        assert sheet.cell(line, column).fill.fgColor.rgb == "FFFFC7CE" or column == 4
        sheet.cell(line, column).value = right[line - 1][column - 1]
    made = await tables.planned(reporter, _saved(book))
    assert made["plan"]["errors"] == []
    assert made["plan"]["created"] == 200
    done = await tables.applied(reporter, made)
    assert done["status"] == "applied", done["problem"]
    await _check_what_is_there(place, done)

    await _send_again_with_three_changes(place, book)


async def _send_again_with_three_changes(place: Place, book: Any) -> None:
    reporter, sheet = place.unit_reporter, book.worksheets[0]
    sheet.cell(5, 6).value = 41
    sheet.cell(105, 6).value = "50人"
    sheet.cell(150, 7).value = f"钱{_name(3)}，钱{_name(4)}"
    again = await tables.planned(reporter, _saved(book))
    assert [again["plan"][n] for n in ("created", "updated", "unchanged", "rejected")] == [
        0, 3, 197, 0,
    ]  # fmt: skip
    done = await tables.applied(reporter, again)
    assert (done["status"], done["plan"]["updated"]) == ("applied", 3)


def _saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def _enter(api: Any, rows: list[list[Any]], resource: str, number: int) -> None:
    made = await tables.planned(api, tables.workbook({"表": rows}), resource=resource)
    assert made["plan"]["errors"] == []
    done = await tables.applied(api, made)
    assert (done["status"], done["plan"]["created"]) == ("applied", number)


async def _check_what_is_there(place: Place, done: Any) -> None:
    rows = await place.admin.all("/v1/activities")
    assert len(rows) == 200
    assert {row["kind"] for row in rows} == {
        ActivityKind.DISCUSSION, ActivityKind.STUDY_SESSION, ActivityKind.SYMPOSIUM,
        ActivityKind.THEMED_ORG_LIFE_MEETING, ActivityKind.PRACTICAL_DEED, ActivityKind.VISIT,
    }  # fmt: skip
    twins = await place.admin.all("/v1/leaders", q=f"钱{_name(7)}")
    assert len({each["branch_id"] for each in twins}) == len(twins) == 2
    met = await place.admin.all("/v1/obligations", status="met")
    assert done["duties_met"] == len(met) > 0
    idle = done["counting_for_nothing"]
    assert idle == sum(reason["rows"] for reason in done["reasons"]) > 0
    assert done["summary"].startswith(f"共写入 200 行；完成工作要求 {len(met)} 项；{idle} 行不计入")
    answer = await place.unit_reporter.send("GET", f"/v1/imports/{done['id']}/result", expect=200)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    said = [sheet.cell(line, len(HEADING) + 1).value or "" for line in range(3, 203)]
    assert sum("未计入" in each for each in said) == idle
