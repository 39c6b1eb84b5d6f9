"""Tables that nobody honest sends: each is told what is wrong, or read, at little cost."""

import json
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from app.features.imports.errors import REASONS
from app.features.imports.service.receiving import MEMORY
from app.kit.sandbox import Sandbox
from app.kit.tables import limits
from tests.support import hostile_tables, strained, tables
from tests.support.client import problems
from tests.support.places import Place

pytestmark = pytest.mark.one_database

STEPS = 120
"""Of `strained.read_table`: twice what a million formatted rows take."""
MEGABYTES = 64


@pytest.mark.parametrize(
    ("suffix", "make", "reason"),
    [pytest.param(*each[1:], id=each[0]) for each in hostile_tables.every()],
)
async def test_it_costs_little_and_is_told(
    suffix: str, make: Callable[[], bytes], reason: str
) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(make())
        call = (strained.__name__, "read_table", file, suffix)
        with await Sandbox().run(*call, memory=MEMORY) as answer:
            told = json.load(answer)
    assert told["reason"] == reason
    assert told["steps"] < STEPS, told
    assert told["megabytes"] < MEGABYTES, told


def test_every_reason_has_words() -> None:
    reasons = {
        value for name, value in vars(limits).items() if name.isupper() and isinstance(value, str)
    }
    assert reasons - REASONS.keys() == {limits.EMPTY, limits.BAD_LINE}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", hostile_tables.book("<row r='1'><c"), "unreadable_table"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0", "old_workbook"),
        ("a.xlsx", hostile_tables.WORKBOOKS["macros"][0](), "workbook_with_macros"),
        ("a.xlsx", hostile_tables.WORKBOOKS["six thousand parts"][0](), "table_too_large"),
        ("a.csv", hostile_tables.TEXTS["100,001 rows"][0](), "too_many_rows"),
        ("a.xlsx", hostile_tables.WORKBOOKS["far cell"][0](), "too_many_columns"),
        ("a.xlsx", hostile_tables.WORKBOOKS["101 sheets"][0](), "too_many_sheets"),
        ("a.xlsx", hostile_tables.WORKBOOKS["long cell"][0](), "cell_too_long"),
        ("a.csv", hostile_tables.TEXTS["NUL"][0](), "unknown_encoding"),
        ("a.xlsx", hostile_tables.WORKBOOKS["laughs in a sheet"][0](), "workbook_with_entities"),
        ("a.ndjson", b"[1]\n", "bad_json_line"),
        ("a.csv", b"%PDF-1.7", "no_table"),
        ("a.csv", b"", "empty_file"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "no_heading_found"),
        ("440106198001010019.csv", b"a,b\n", "personal_number"),
    ],
)
async def test_the_sender_is_told_at_once(
    place: Place, name: str, content: bytes, code: str
) -> None:
    told = await tables.send(place.unit_reporter, content, name, expect=422)
    assert problems(told) == {("/file", code)}
    assert await place.unit_reporter.all("/v1/imports") == []


async def test_what_cannot_be_read_in_its_limits_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.features.imports.service.receiving.MEMORY", 20 * 1024 * 1024)
    told = await tables.send(place.unit_reporter, b"a,b\n", "a.csv", expect=422)
    assert problems(told) == {("/file", "table_too_costly")}


HEADINGS = ("支部", "活动类型", "活动主题", "时间", "实到人数", "参加领导")
_MARKS = "e\u0301\u0327"
CELLS: list[dict[str, Any]] = [
    {"活动主题": "谈\u2028群众\u0085工作\u2029"},
    {"活动主题": _MARKS * 10_000},
    {"时间": f"2013年1月15日{' ' * 20_000}x"},
    {"时间": "1" * 20_000},
    {"时间": 1e999},
    {"时间": -1e300},
    {"实到人数": "1" * 20_000},
    {"实到人数": 10**4000},
    {"实到人数": 1e999},
    {"实到人数": True},
    {"参加领导": "张某、" * 10_000},
    {"参加领导": f"{_MARKS}、" * 5_000},
    {"参加领导": ["张某"] * 3},
    {"活动类型": _MARKS * 10_000},
    {"活动类型": {"a": 1}},
    {"支部": "党" * 30_000},
    {"支部": 10**300},
    *({name: "讨\x01\x1f\x7f\ufffe\u202e论"} for name in HEADINGS),
]


async def test_what_a_cell_holds_is_told_in_its_row_and_stops_no_other(place: Place) -> None:
    sound = {"支部": place.branch["name"], "活动类型": "讨论", "时间": "2013-01-15"}
    rows: list[dict[str, Any]] = [{"注\x01\u2028": "a\x01"}]
    rows += [{**sound, "活动主题": f"第{n}次", **cells} for n, cells in enumerate(CELLS)]
    rows.append({**sound, "活动主题": "最后一次"})
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    content = content.replace("Infinity", "1e999")
    made = await tables.planned(place.unit_reporter, content.encode(), "a.ndjson")
    assert made["status"] == "planned", made["problem"]
    assert (made["plan"]["created"], made["plan"]["rejected"]) == (1, len(CELLS))
