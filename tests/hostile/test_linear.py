"""Twice the input is at most two and a half times the work, wherever a caller sends any."""

import contextlib
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import AsyncGenerator, Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

import app
from app.features.activities import rules as activity_rules
from app.features.activities.schemas.activity import ActivityIn, ActivityPatch
from app.features.attachments import rules as attachment_rules
from app.features.campaigns import codes
from app.features.imports.rules.cells import CellError, Reading, read_count, read_day, split
from app.features.imports.rules.columns import Layout, find_layout, level_heading
from app.features.imports.rules.names import (
    Named,
    Names,
    People,
    level_name,
    level_person,
    nearest,
)
from app.features.imports.rules.rows import Surroundings, read_row
from app.features.imports.service.resources import RESOURCES
from app.features.organizations.leaders.schemas.leaders import LeaderNew
from app.features.reports import rules as report_rules
from app.features.reports.schemas import ReportIn
from app.features.submissions.rules import differences
from app.http import strict_json
from app.http.batches import Batch
from app.http.preconditions import Precondition, not_modified
from app.kit.fields import find_unfit
from app.kit.language import preferred
from app.kit.levelling import level
from app.kit.merge_patch import apply_patch
from app.kit.phones import read_office_phone
from app.kit.problems import Problem
from app.kit.reading import read
from tests.support.doubling import MOST, ratio, spend
from tests.support.factories import DAY, own_id
from tests.support.openapi import current

ROOT = Path(app.__file__).parent
ID = own_id()
CAMPAIGN = SimpleNamespace(topics=[{"code": "y", "title": "议题"}])
OWNER = attachment_rules.Owner(uuid4(), None)
ACTIVITY = {"campaign_id": ID, "org_id": ID, "kind": "discussion", "title": "谈", "held_on": DAY}
REPORT = {"campaign_id": ID, "org_id": ID, "kind": "work_update", "title": "情况"}


def keys(count: int) -> bytes:
    """One key twice, and many others: the body that took seconds."""
    return json.dumps({f"k{n}": 0 for n in range(count)}).replace("{", '{"k0":1,', 1).encode()


def pairs(count: int) -> bytes:
    return b"[" + b",".join([b'{"a":1,"a":2}'] * count) + b"]"


def levels(count: int) -> bytes:
    return b"[" + b",".join([b"[" * 20 + b"]" * 20] * count) + b"]"


def activity(**fields: Callable[[int], Any]) -> Callable[[int], dict[str, Any]]:
    return lambda count: {**ACTIVITY, **{name: make(count) for name, make in fields.items()}}


def unknown_fields(count: int) -> list[Any]:
    return [{f"x{n}": 0 for n in range(10)}] * count


def texts(text: str) -> Callable[[int], Any]:
    return activity(summary=lambda count: (text * count)[:20_000])


def reading(model: Any) -> Callable[[Any], object]:
    return lambda data: quiet(read, model.model_validate, data)


def quiet(call: Callable[..., object], *given: Any) -> object:
    """What comes out, be it a problem."""
    try:
        return call(*given)
    except Problem as problem:
        return problem


def words(count: int) -> str:
    return "".join(chr(0x4E00 + (n * n) % 9973) for n in range(count))


def parsed(data: bytes) -> None:
    """A form as it flows in."""

    async def stream() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(data), 4096):
            yield data[start : start + 4096]

    headers = Headers({"content-type": "multipart/form-data; boundary=b"})
    coroutine = MultiPartParser(headers, stream(), max_files=1, max_fields=20).parse()
    try:
        coroutine.send(None)
    except StopIteration as done:
        for file in done.value.values():
            file.file.close()


def form(content: bytes) -> Callable[[int], bytes]:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
    return lambda count: head + content * count + b"\r\n--b--\r\n"


def compared(etags: str) -> object:
    with contextlib.suppress(Problem):
        Precondition(etags).check(1)
    asked: Any = SimpleNamespace(headers=Headers({"if-none-match": etags}))
    answered: Any = SimpleNamespace(headers={"etag": '"1"'})
    return not_modified(asked, answered)


def cell(form: str, part: str) -> Callable[[int], str]:
    return lambda count: form.format(part * count)


def quietly(call: Callable[[Any, Reading], object]) -> Callable[[Any], object]:
    """How a cell is read, be it as an error."""

    def run(text: Any) -> object:
        try:
            return call(text, Reading())
        except CellError as error:
            return error

    return run


def sheet(count: int) -> list[tuple[int, list[Any]]]:
    """The first rows of a sheet, of cells that are as long as any may be."""
    return [(line, ["\u0301\u0327" * 16_000] * 50 * count) for line in range(2)]


def unknown_leaders(text: str) -> object:
    layout = Layout(1, {0: LEADERS}, ["参加领导"])
    around = Surroundings(Names(), PEOPLE, {}, Reading())
    return read_row([text], layout, around)


def ids(count: int) -> list[UUID]:
    return [uuid4()] * count


def patch(data: dict[str, Any]) -> object:
    return quiet(
        apply_patch,
        ActivityIn,
        ACTIVITY,
        ActivityPatch.model_validate({"member_refs": data["member_refs"]}),
    )


NAMES = [f"第{n}支部" for n in range(50)]
PEOPLE = People.of(
    Named(uuid4(), f"李{chr(0x4E00 + n)}{chr(0x5E00 + n)}", None, "leader", "/") for n in range(500)
)
COLUMNS = RESOURCES["activities"].columns
LEADERS = next(column for column in COLUMNS if column.kind == "leaders")

CASES: dict[str, tuple[Callable[[int], Any], Callable[[Any], object], int]] = {
    "json: one key twice": (keys, lambda b: quiet(strict_json.parse, b), 10_000),
    "json: many pairs": (pairs, lambda b: quiet(strict_json.parse, b), 2_000),
    "json: many levels": (levels, lambda b: quiet(strict_json.parse, b), 1_000),
    "json: infinite": (
        lambda count: b"[" + b"1e999," * count + b"0]",
        lambda b: quiet(strict_json.parse, b),
        10_000,
    ),
    "activity: findings that are wrong": (
        activity(findings=lambda count: [{"check": "x"}] * count),
        reading(ActivityIn),
        100,
    ),
    "activity: participants of unknown fields": (
        activity(participants=unknown_fields),
        reading(ActivityIn),
        250,
    ),
    "activity: references": (
        activity(member_refs=lambda count: [str(n) for n in range(count)]),
        reading(ActivityIn),
        1_000,
    ),
    "batch: all wrong": (
        lambda count: {"items": unknown_fields(count)},
        reading(Batch[ActivityIn]),
        250,
    ),
    "batch: all right": (
        lambda count: {"items": [{**REPORT, "body": words(500)}] * count},
        reading(Batch[ReportIn]),
        250,
    ),
    "text: combining marks": (texts("\u0301\u0327"), reading(ActivityIn), 5_000),
    "text: marks that are made of marks": (texts("\u0f73"), reading(ActivityIn), 10_000),
    "text: marks with nothing seen between": (
        texts("\u0301\u0327" * 15 + "\u200b"),
        reading(ActivityIn),
        300,
    ),
    "text: marks in the allowed number": (
        texts("a" + "\u0301\u0327" * 15),
        reading(ActivityIn),
        300,
    ),
    "text: digits of a person": (
        lambda count: {"name": "1" * count, "post": "1" * count, "position_level": "141"},
        reading(LeaderNew),
        2_000,
    ),
    "merge patch": (activity(member_refs=lambda n: [str(i) for i in range(n)]), patch, 1_000),
    "near-copies: sketch": (words, report_rules.bands, 5_000),
    "near-copies: comparison": (
        words,
        lambda text: report_rules.likeness(report_rules.shingles(text), text),
        10_000,
    ),
    "lists: repeated": (
        lambda count: ["x"] * count,
        lambda given: list(activity_rules.repeated("/x", given)),
        10_000,
    ),
    "lists: codes": (
        lambda count: ["x"] * count,
        lambda given: list(codes.judge("/x", given, [CAMPAIGN], "topics")),
        10_000,
    ),
    "lists: attachments": (
        ids,
        lambda given: list(attachment_rules.unknown(given, {given[0]: OWNER}, [OWNER.org_id])),
        10_000,
    ),
    "history: differences": (
        lambda count: {f"k{n}": [n] for n in range(count)},
        lambda value: list(differences(value, {**value, "k0": [1]})),
        5_000,
    ),
    "level: marks in a row": (lambda n: "\u0301\u0327" * n, level, 2_000),
    "level: marks that are made of others": (lambda n: "\u0327\uff9e\u0f73" * n, level, 2_000),
    "parameters: marks": (lambda n: "\u0301\u0327" * n, find_unfit, 20_000),
    "text: marks of half width": (texts("\u0327\uff9e"), reading(ActivityIn), 5_000),
    "telephones": (lambda n: "0757-" + "\u0301\u0327" * n, read_office_phone, 5_000),
    "cells: a day and spaces": (cell("2013年1月15日{} x", " "), quietly(read_day), 200),
    "cells: a day and marks": (cell("2013年{}", "\u0301\u0327"), quietly(read_day), 2_000),
    "cells: a number": (cell("{}x", "1"), quietly(read_count), 5_000),
    "cells: a number and nothing": (cell("1.{}x", "0"), quietly(read_count), 10_000),
    "cells: a list": (cell("{}", "张 "), lambda text: list(split(text)), 10_000),
    "cells: a list of marks": (cell("{}", "\u0301\u0327"), lambda text: list(split(text)), 2_000),
    "cells: a name": (cell("{}", "(党\u0301\u0327"), level_name, 2_000),
    "cells: a name of marks": (cell("{}", "\u0301\u0327"), level_name, 2_000),
    "cells: a person": (cell("{}", "(\uff08\u0301\u0327"), level_person, 2_000),
    "cells: like no name": (cell("{}", "党"), lambda text: nearest(text, NAMES), 10_000),
    "headings": (cell("{}", "([【〔_ "), level_heading, 5_000),
    "headings: marks": (cell("{}", "\u0301\u0327"), level_heading, 2_000),
    "headings: of a whole sheet": (sheet, lambda rows: find_layout(rows, COLUMNS, {}), 2),
    "leaders: whom nobody knows": (cell("{}", "张某、"), unknown_leaders, 2_000),
    "headers: languages": (lambda count: "en;q=0.1," * count, preferred, 20_000),
    "headers: etags": (lambda count: '"0",' * count + '"0"', compared, 5_000),
    "form: line ends": (form(b"\r\n-"), parsed, 50_000),
    "form: almost the boundary": (form(b"\r\n--a"), parsed, 50_000),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_twice_the_input_is_twice_the_work(name: str) -> None:
    make, call, size = CASES[name]
    assert ratio(make, call, size) <= MOST


def test_the_measure_finds_what_grows_with_the_square() -> None:
    def search(given: list[int]) -> list[int]:
        return [given.count(-1) for _ in given]

    assert ratio(lambda count: list(range(count)), search, 200) > MOST


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern of the code and of the document."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {
        f"{name}.{key}": value
        for name, module in list(sys.modules.items())
        if name.startswith("app.")
        for key, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }
    written = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(current()))
    return found | {text: re.compile(json.loads(text)) for text in set(written)}


# What patterns here look for, over and over, with something at the end that fits nothing.
SEEDS = (
    *("0", "a", "A1", "a b", "-", "_", ".", '"', '"1"', 'W/"1', "2013-01-15", "T00:00:00.0", "1"),
    *(
        " ",
        "[",
        "(",
        "<c ",
        ' r="1"',
        "〔2013〕0",
        "中",
        "中〔2013〕第0",
        "110101199003070",
        "djt_a",
        "\t",
        "\u0301",
    ),
)
# What comes before that in patterns of several parts.
BEGINNINGS = ("", "2013年1月15日", '<row r="1"', '<mergeCell ref="A1:', "[", "(")


def searched() -> set[str]:
    """The names of patterns that are looked for anywhere in a text; the others fit all of it."""
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    return set(re.findall(r"(\w+)\.(?:search|findall|finditer|sub|split|match)\(", sources))


def test_no_pattern_costs_more_than_its_text() -> None:
    found, anywhere = patterns(), searched()
    assert len(found) > 20
    slow = []
    for name, pattern in found.items():
        kind: Any = bytes if isinstance(pattern.pattern, bytes) else str
        run = pattern.search if name.rpartition(".")[2] in anywhere else pattern.fullmatch
        for begin, seed in product(BEGINNINGS, SEEDS):

            def make(count: int, begin: str = begin, seed: str = seed, kind: Any = kind) -> Any:
                text = begin + seed * (count // len(seed)) + "\x00!"
                return text.encode() if kind is bytes else text

            # Most are done with at once: only what takes its time is measured.
            if spend(make(4_000), run) > 0.002 and ratio(make, run, 4_000) > MOST:
                slow.append((name, begin, seed))
    assert slow == []
