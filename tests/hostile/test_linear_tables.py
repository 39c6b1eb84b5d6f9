"""Twice as large a table is at most two and a half times the work, whatever is in it."""

import contextlib
import io
from collections.abc import Callable

import pytest

from app.kit.sandbox import RefusedError
from app.kit.tables import reading
from tests.support.doubling import MOST, ratio
from tests.support.hostile_tables import book, cell

_ROW = '<row r="1"><c r="A1" t="inlineStr"><is>{}</is></c></row>'
_STYLES = "<styleSheet><numFmts>{}</numFmts><cellXfs>{}</cellXfs></styleSheet>"


def part(name: str, form: str, piece: str) -> Callable[[int], bytes]:
    """A workbook one part of which has a piece many times."""
    return lambda count: book(parts={name: form.format(piece * count).encode()})


def rows(form: str, piece: str) -> Callable[[int], bytes]:
    return lambda count: book(form.format(piece * count))


def mergers(form: str, piece: str) -> Callable[[int], bytes]:
    return lambda count: book(tail=form.format(piece * count))


def lines(form: str, piece: str) -> Callable[[int], bytes]:
    return lambda count: form.format(piece * count).encode()


def keys(count: int) -> bytes:
    return ("{" + ",".join(f'"k{n}":0' for n in range(count)) + "}\n").encode()


def styled(count: int) -> bytes:
    """A long format, and many styles that have it."""
    number = f'<numFmt numFmtId="170" formatCode="{"[" * count * 10}"/>'
    style = '<xf numFmtId="170"/>' * count
    return book(parts={"xl/styles.xml": _STYLES.format(number, style).encode()})


def merged_rows(count: int) -> bytes:
    """Many mergers of one row, and that row many times."""
    told = "".join(f'<mergeCell ref="A1:A{n + 2}"/>' for n in range(count))
    return book(f"{cell('A1')}<row r='1'> </row>" * count, tail=told)


def attributes(count: int) -> bytes:
    return book("<row {}/>".format(" ".join(f"a{n}='1'" for n in range(count))))


CASES: dict[str, tuple[Callable[[int], bytes], str, int]] = {
    "phonetic guides in a cell": (rows(_ROW, "<t>a</t><rPh><t>b</t></rPh>"), ".xlsx", 4_000),
    "cells in cells": (rows("<row>{}</row>", "<c><v>1</v>"), ".xlsx", 10_000),
    "rows in rows": (rows("{}", "<row>"), ".xlsx", 20_000),
    "a number again and again": (rows("<row {}><d/></row><row/>", ' r="1"'), ".xlsx", 5_000),
    "a row that never ends": (rows('<row r="1"{}<row/>', " spans "), ".xlsx", 20_000),
    "empty cells that never end": (rows('<row r="1">{}<row/>', '<c r="A1"/>'), ".xlsx", 10_000),
    "a merger that never ends": (mergers('<mergeCell x="{}', "aaaaaaaaa "), ".xlsx", 300_000),
    "a merger of many columns": (mergers('<mergeCell ref="{}1:A2"/>', "A"), ".xlsx", 20_000),
    "mergers that are almost one": (mergers("<mergeCell {}/>", 'ref="A1" '), ".xlsx", 20_000),
    "mergers of a row, and the row": (merged_rows, ".xlsx", 1_000),
    "a comment": (rows("<!--{}-->", "aaaaaaaaaa"), ".xlsx", 800_000),
    "an attribute": (rows('<row x="{}"/>', "aaaaaaaaaa"), ".xlsx", 800_000),
    "an instruction": (rows("<?a {}?>", "aaaaaaaaaa"), ".xlsx", 800_000),
    "text": (rows(_ROW, "<t>a&amp;b</t>"), ".xlsx", 10_000),
    "attributes": (attributes, ".xlsx", 4_000),
    "levels": (rows("{}", "<x>"), ".xlsx", 50_000),
    "shared texts": (
        part("xl/sharedStrings.xml", "<sst>{}</sst>", "<si><t>a</t><rPh><t>b</t></rPh></si>"),
        ".xlsx", 5_000),
    "a shared text of many pieces": (
        part("xl/sharedStrings.xml", "<sst><si>{}</si></sst>", "<r><t>a</t></r>"), ".xlsx", 10_000),
    "a format": (
        part("xl/styles.xml", _STYLES.replace("{}", '<numFmt formatCode="{}"/>', 1).replace(
            "{}</cell", '<xf numFmtId=""/></cell'), "["), ".xlsx", 3_000),
    "a format and its styles": (styled, ".xlsx", 500),
    "relations": (
        part("xl/_rels/workbook.xml.rels", "<Relationships>{}</Relationships>",
             '<Relationship Id="r" Type="/x" Target="../../../../a"/>'), ".xlsx", 10_000),
    "sheets": (
        part("xl/workbook.xml", "<workbook><sheets>{}</sheets></workbook>",
             '<sheet name="S" id="r1"/>'), ".xlsx", 10_000),
    "separated: values": (lines("a,b\n{}\n", ","), ".csv", 100_000),
    "separated: quotes": (lines('a,b\n"{}"\n', '""'), ".csv", 10_000),
    "separated: lines": (lines("a,b\n{}", "1\n"), ".csv", 20_000),
    "lines: keys": (keys, ".ndjson", 5_000),
    "lines: digits": (lines('{{"a":{}}}\n', "1"), ".ndjson", 100_000),
    "lines: levels": (lines('{{"a":{}', "["), ".ndjson", 100_000),
    "lines: a list": (lines('{{"a":[{}1]}}\n', "1,"), ".ndjson", 50_000),
}  # fmt: skip


def read(suffix: str, content: bytes) -> None:
    with contextlib.suppress(RefusedError):
        reading.read(io.BytesIO(content), io.BytesIO(), suffix)


@pytest.mark.parametrize("name", CASES)
def test_twice_the_table_is_twice_the_work(name: str) -> None:
    make, suffix, size = CASES[name]
    assert ratio(make, lambda content: read(suffix, content), size) <= MOST
