"""Tables that nobody honest sends, made by code: each with what is said of it."""

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from app.kit.tables import limits

READ: Final = "read"
"""It is no table to be refused: what is in it is read."""
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD: Final = '<row r="1"><c r="A1" t="inlineStr"><is><t>支部</t></is></c></row>'
_RARE: Final = "𠮷\ue000村"
_LAST: Final = 1_048_576


def book(
    data: str | bytes = _HEAD,
    *,
    tail: str = "",
    parts: Mapping[str, bytes] | None = None,
    workbook: str | None = None,
    sheets: int = 1,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A workbook whose first sheet has these rows."""
    names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    raw = data.encode() if isinstance(data, str) else data
    files: dict[str, bytes] = {
        "[Content_Types].xml": b"<Types/>",
        "_rels/.rels": (
            f'<Relationships><Relationship Id="r" Type="{_RELATED}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            workbook
            or f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{names}</sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f"<Relationships>{links}"
            f'<Relationship Id="s" Type="{_RELATED}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="t" Type="{_RELATED}/styles" Target="styles.xml"/></Relationships>'
        ).encode(),
    }
    for number in range(1, sheets + 1):
        files[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
            + raw
            + f"</sheetData>{tail}</worksheet>".encode()
        )
    return archive(files | dict(parts or {}), compression)


def archive(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression, compresslevel=1) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def cell(reference: str, text: str = "甲") -> str:
    """A cell with a text of its own."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def _lying() -> bytes:
    """An archive whose directory says that a part is small."""
    content = book(_HEAD + " " * 5_000_000)
    place = content.rfind(b"xl/worksheets/sheet1.xml")
    start = content.rfind(b"PK\x01\x02", 0, place)
    return content[: start + 24] + struct.pack("<I", 100) + content[start + 28 :]


def _twice() -> bytes:
    out = io.BytesIO(book())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as made:
        warnings.simplefilter("ignore", UserWarning)
        made.writestr("xl/workbook.xml", b"<workbook/>")
    return out.getvalue()


def _encrypted() -> bytes:
    content = bytearray(book())
    place = content.rfind(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def _doctype(inner: str) -> str:
    entities = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(9)
    )
    return f"<!DOCTYPE w [{entities}]>{inner}"


def _strings(number: int) -> bytes:
    return f'<sst xmlns="{_MAIN}">{"<si><t>a</t></si>" * number}</sst>'.encode()


def _rows(kind: str) -> str:
    rows = (kind.format(n) for n in range(2, _LAST))
    return _HEAD + "".join(rows) + f'<row r="{_LAST}">{cell(f"A{_LAST}")}</row>'


WORKBOOKS: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "bomb": (lambda: book(" " * 250_000_000), limits.TOO_LARGE),
    "bomb in a part that is not read": (
        lambda: book(parts={"xl/media/a.png": bytes(250_000_000)}), limits.TOO_LARGE),
    "lying directory": (_lying, limits.BROKEN),
    "a million texts": (
        lambda: book(parts={"xl/sharedStrings.xml": _strings(1_000_000)}), limits.TOO_LARGE),
    "styles without end": (
        lambda: book(parts={"xl/styles.xml": b"<xf/>" * 2_000_000}), limits.TOO_LARGE),
    "six thousand parts": (
        lambda: book(parts={f"x/{n}": b"" for n in range(6000)}), limits.TOO_LARGE),
    "far cell": (lambda: book(f'<row r="1">{cell("XFD1")}</row>'), limits.TOO_MANY_COLUMNS),
    "two far cells": (
        lambda: book(f'{_HEAD}<row r="{_LAST}">{cell(f"XFD{_LAST}")}</row>'),
        limits.TOO_MANY_COLUMNS),
    "far row": (lambda: book(f'{_HEAD}<row r="{_LAST}">{cell(f"A{_LAST}")}</row>'), READ),
    "15,000 columns": (
        lambda: book(f'<row r="1">{"".join("<c><v>1</v></c>" for _ in range(15_000))}</row>'),
        limits.TOO_MANY_COLUMNS),
    "row that no sheet has": (
        lambda: book(f'{_HEAD}<row r="{10**30}">{cell("A2")}</row>'), limits.BROKEN),
    "guides in guides": (
        lambda: book(f'<row r="1"><c r="A1" t="inlineStr"><is><t>甲</t>{"<rPh><t>a</t>" * 9}'
                     f'{"</rPh>" * 9}<t>乙</t></is></c></row>'), READ),
    "a million formatted rows": (lambda: book(_rows('<row r="{}" s="1" customFormat="1"/>')), READ),
    "a million empty rows": (lambda: book(_rows('<row r="{}" ht="20"></row>')), READ),
    "a million empty cells": (
        lambda: book(_rows('<row r="{0}"><c r="A{0}" s="1"/></row>')), READ),
    "all merged": (
        lambda: book(tail=f'<mergeCells><mergeCell ref="A1:XFD{_LAST}"/></mergeCells>'), READ),
    "60,000 mergers": (
        lambda: book(tail="".join(f'<mergeCell ref="A{n}:A{n + 1}"/>' for n in range(60_000))),
        limits.TOO_LARGE),
    "101 sheets": (lambda: book(sheets=101), limits.TOO_MANY_SHEETS),
    "laughs in a sheet": (
        lambda: book(parts={"xl/worksheets/sheet1.xml": _doctype("<w>&l8;</w>").encode()}),
        limits.ENTITIES),
    "entity from elsewhere": (
        lambda: book(workbook='<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>'),
        limits.ENTITIES),
    "macros": (lambda: book(parts={"xl/vbaProject.bin": b"x"}), limits.MACROS),
    "binary workbook": (
        lambda: archive({"[Content_Types].xml": b"", "xl/workbook.bin": b"x"}), limits.OTHER_TYPE),
    "document": (
        lambda: archive({"[Content_Types].xml": b"", "word/document.xml": b"<w/>"}),
        limits.OTHER_TYPE),
    "archive of something": (lambda: archive({"a.txt": b"x"}), limits.OTHER_TYPE),
    "truncated": (lambda: book()[:-40], limits.BROKEN),
    "a part twice": (_twice, limits.BROKEN),
    "packed otherwise": (lambda: book(compression=zipfile.ZIP_BZIP2), limits.BROKEN),
    "encrypted part": (_encrypted, limits.BROKEN),
    "old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), limits.OLD),
    "no XML": (lambda: book("<row r='1'><c"), limits.BROKEN),
    "a text that is not there": (
        lambda: book('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), limits.BROKEN),
    "long cell": (lambda: book(f'<row r="1">{cell("A1", "长" * 40_000)}</row>'),
                  limits.CELL_TOO_LONG),
    "deep": (lambda: book("<row>" * 100_000 + "</row>" * 100_000), limits.EMPTY),
    "errors and infinities": (
        lambda: book(f'{_HEAD}<row r="2"><c r="A2"><v>1e999</v></c><c r="B2" t="e"><v>#N/A</v></c>'
                     '<c r="C2"><f>1+1</f></c><c r="D2"><v>nan</v></c></row>'), READ),
    "rare characters": (lambda: book(f'<row r="1">{cell("A1", _RARE)}</row>'), READ),
    "nothing in it": (lambda: book(""), limits.EMPTY),
    "called a workbook": (lambda: b"a,b\n1,2\n", limits.BROKEN),
}  # fmt: skip

TEXTS: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "nothing": (lambda: b"", limits.EMPTY),
    "spaces": (lambda: b" \r\n" * 1000, limits.EMPTY),
    "NUL": (lambda: b"a,b\n\x00,1\n", limits.UNREADABLE_TEXT),
    "UTF-16 that does not say so": (
        lambda: "支部,日期\n".encode("utf-16-le"), limits.UNREADABLE_TEXT),
    "mixed encodings": (
        lambda: "支部,日期\n".encode() + "甲\n".encode("gb18030") + b"\xff\xff\n",
        limits.UNREADABLE_TEXT),
    "100,001 rows": (lambda: b"a,b\n" * 100_001, limits.TOO_MANY_ROWS),
    "quote that never ends": (lambda: b'a,"' + b"x" * 1_000_000, limits.CELL_TOO_LONG),
    "one line": (lambda: b"a" * 5_000_000, limits.CELL_TOO_LONG),
    "15,000 values": (lambda: b"a," * 14_999 + b"a\n", limits.TOO_MANY_COLUMNS),
    "page of the web": (lambda: b"<html><table><tr><td>1</td></tr></table>", limits.OTHER_TYPE),
    "PDF": (lambda: b"%PDF-1.7", limits.OTHER_TYPE),
    "formulas": ("支部,日期\n=cmd|' /C calc'!A0,@SUM(1)\n".encode, READ),
}  # fmt: skip

LINES: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "deep JSON": (lambda: b'{"a":' * 100_000, f"{limits.BAD_LINE} 1"),
    "no object": (lambda: b'{"a":1}\n[1]\n', f"{limits.BAD_LINE} 2"),
    "a name twice": (lambda: b'{"a":1,"a":2}\n', f"{limits.BAD_LINE} 1"),
    "not a number": (lambda: b'{"a":NaN}\n', f"{limits.BAD_LINE} 1"),
    "half a character": (lambda: b'{"a":"\\ud800"}\n', limits.UNREADABLE_TEXT),
    "a thousand names": (
        lambda: json.dumps({str(n): n for n in range(1000)}).encode(), limits.TOO_MANY_COLUMNS),
    "NUL in a value": (lambda: b'{"a":"\\u0000"}\n', limits.UNREADABLE_TEXT),
    "NUL in a name": (lambda: b'{"a\\u0000":1}\n', limits.UNREADABLE_TEXT),
    "NUL in a list": (lambda: b'{"a":["\\u0000"]}\n', limits.UNREADABLE_TEXT),
    "a number without end": (lambda: b'{"a":1e999,"b":-1e999}\n', READ),
    "a list without end": (
        lambda: b'{"a":[' + b'"x",' * 20_000 + b'"x"]}\n', limits.CELL_TOO_LONG),
    "objects inside": (lambda: b'{"a":{"b":1},"c":[[1]]}\n', READ),
}  # fmt: skip


def every() -> Iterator[tuple[str, str, Callable[[], bytes], str]]:
    """Each table: what it is, the end of its name, how it is made, and what is said of it."""
    for suffix, tables in ((".xlsx", WORKBOOKS), (".csv", TEXTS), (".ndjson", LINES)):
        for name, (make, reason) in tables.items():
            yield name, suffix, make, reason
