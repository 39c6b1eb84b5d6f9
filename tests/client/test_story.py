"""The ledger of a town by the command line: in, corrected, in again, out, and its progress."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.cells import cell_len

from tests.support import ledger
from tests.support.processes import running
from tests.support.town import UNIT, Town, found, write
from tests.support.workbooks import read_sheets

ACTIVITIES = 90
pytestmark = pytest.mark.one_database


@pytest.fixture
def town(own_database_url: str, tmp_path: Path) -> Iterator[Town]:
    """A town with its branches and its leaders, sent by the command line."""
    (tmp_path / "var").mkdir()
    with running(own_database_url, tmp_path / "var") as (processes, key):
        yield found(processes, key)


def test_a_ledger_goes_in_and_comes_out_by_the_command_line(town: Town, tmp_path: Path) -> None:
    _send_organizations(town, tmp_path)
    right = ledger.activities()[: ACTIVITIES + 2]
    wrong = [list(row) for row in right]
    for (line, column), value in ledger.MISTAKES.items():
        wrong[line - 1][column - 1] = value
    file = write(tmp_path / "台账.xlsx", wrong, "活动台账")

    _see_what_is_wrong(town, file)
    back = tmp_path / "台账.result.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(back.read_bytes()))
    for line, column in ledger.MISTAKES:
        book.worksheets[0].cell(line, column).value = right[line - 1][column - 1]
    book.save(back)
    done = town.run("import", str(back), "--resource", "activities", "--apply")
    assert f"已写入。台账.result.xlsx：新增 {ACTIVITIES}，更新 0，不变 0，拒绝 0" in done.stdout
    assert f"共写入 {ACTIVITIES} 行；完成工作要求" in done.stdout
    again = town.read("import", str(back), "--resource", "activities", "--apply")
    figures = [again["plan"][n] for n in ("created", "updated", "unchanged", "rejected")]
    assert (figures, again["status"], again["result_file"]) == (
        [0, 0, ACTIVITIES, 0],
        "applied",
        None,
    )

    _take_it_out(town, tmp_path)
    _see_progress(town)


def _send_organizations(town: Town, folder: Path) -> None:
    """Branches as a plan that is applied later, leaders at once."""
    branches = write(folder / "支部.xlsx", ledger.branches(UNIT))
    planned = town.run("import", str(branches), "--resource", "branches", "--resolved")
    assert planned.stdout.splitlines()[0] == "支部.xlsx：新增 60，更新 0，不变 0，拒绝 0"
    assert f"{UNIT} → {UNIT} T01" in planned.stdout
    command = planned.stderr.splitlines()[-1].partition("dajiatan ")[2].split()
    assert command[:2] == ["import", "--resume"]
    with town.client() as client:
        assert list(client.rows("/v1/branches")) == []
    town.run(*command)
    with town.client() as client:
        assert len(list(client.rows("/v1/branches"))) == 60
    leaders = write(folder / "干部.xlsx", ledger.leaders(UNIT))
    town.run("import", str(leaders), "--resource", "leaders", "--unit", "T01", "--apply")


def _see_what_is_wrong(town: Town, file: Path) -> None:
    """Each error stands at its cell, nothing is written, the file comes back beside the first."""
    planned = town.run("import", str(file), "--resource", "activities", status=1)
    lines = planned.stdout.splitlines()
    assert lines[0] == f"台账.xlsx：新增 {ACTIVITIES - 7}，更新 0，不变 0，拒绝 7"
    assert "活动台账!7, B 支部名称：找不到“没有这个村支部”" in planned.stdout
    cells = {line.split(" ")[0] + line.split(" ")[1] for line in lines if line.startswith("活动台")}
    assert cells >= {f"活动台账!{line},{chr(64 + c)}" for line, c in ledger.MISTAKES}
    assert not file.with_name("台账.result.xlsx").exists()

    refused = town.run("import", str(file), "--resource", "activities", "--apply", status=1)
    assert "未写入任何内容" in refused.stderr
    assert file.with_name("台账.result.xlsx").exists()
    with town.client() as client:
        assert list(client.rows("/v1/activities")) == []


def _take_it_out(town: Town, folder: Path) -> None:
    """The same table in every format, each as its name says."""
    out = folder / "out"
    out.mkdir()
    for name in ("活动.xlsx", "活动.csv", "活动.ndjson"):
        done = town.run("export", "activities", "-o", str(out / name), "--unit", "T01")
        assert f"{out / name}：{ACTIVITIES} 行" in done.stdout
    rows = [json.loads(line) for line in (out / "活动.ndjson").read_text("utf-8").splitlines()]
    titles = [row["title"] for row in rows]
    assert sorted(titles) == sorted(f"第{n + 1}次活动" for n in range(ACTIVITIES))
    (sheet,) = read_sheets((out / "活动.xlsx").read_bytes())
    assert [t for row in sheet for t in row if t in titles] == titles
    lines = (out / "活动.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == ACTIVITIES + 1
    english = town.read("export", "activities", "-o", str(out / "a.xlsx"), "--lang", "en")
    assert (english["rows"], english["lang"]) == (ACTIVITIES, "en")
    assert english["size"] == (out / "a.xlsx").stat().st_size
    town.run("export", "--resume", english["id"], "-o", str(out / "b.xlsx"))
    assert (out / "b.xlsx").read_bytes() == (out / "a.xlsx").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ["活动.xlsx", "活动.csv", "活动.ndjson", "a.xlsx", "b.xlsx"]
    )


def _see_progress(town: Town) -> None:
    """Columns stand below each other, in the order of the units, and say what the API says."""
    shown = town.run("progress", "--unit", "T01").stdout.splitlines()
    table = [line for line in shown if line[:1] in "╭│├╰"]
    assert len({cell_len(line) for line in table}) == 1
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in table if "│" in line]
    assert rows[0][:3] == ["党组织", "应完成", "已完成"]
    assert len({tuple(_edges(line)) for line in table if line.startswith("│")}) == 1
    told: Any = town.read("progress", "--unit", "T01", "--campaign", town.campaign["code"])
    assert rows[-1][1:3] == [str(told["totals"]["due"]), str(told["totals"]["done"])]
    assert int(rows[-1][2]) > 0
    assert [row[0] for row in rows[2:-1]] == [g["short_name"] or g["name"] for g in told["groups"]][
        1:
    ]
    for by in ("sector", "requirement"):
        grouped = town.read("progress", "--by", by)
        assert grouped["group_by"] == by
        assert town.run("progress", "--by", by).stdout.count("\n") >= len(grouped["groups"])


def _edges(line: str) -> list[int]:
    """At which columns of a terminal a line of the table has its rules."""
    return [cell_len(line[:place]) for place, char in enumerate(line) if char == "│"]
