"""The ledger of a town as people have it goes in with no script at all."""

import io
from typing import Any

import openpyxl

from app.models.vocabulary import ActivityKind
from tests.support import tables
from tests.support.granted import granted
from tests.support.ledger import HEADING, MISTAKES, activities, branches, leaders, name
from tests.support.places import Place


async def test_a_towns_ledger_goes_in_comes_back_and_goes_in_again(place: Place) -> None:
    api = await granted(place.admin, place.root, "organizer")
    await _enter(api, branches(place.unit["name"]), "branches", 60)
    await _enter(api, leaders(place.unit["name"]), "leaders", 31)
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
    sheet.cell(150, 7).value = f"钱{name(3)}，钱{name(4)}"
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
    twins = await place.admin.all("/v1/leaders", q=f"钱{name(7)}")
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
