"""The caller's own table with what is wrong in it: one column more, the wrong cells marked.

Nothing else of a workbook is touched: its parts are copied to the byte, and what is added to a
sheet and to the styles is spliced into their XML.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, Final
from xml.sax.saxutils import escape

from app.kit.tables import archive, limits, workbook
from app.kit.tables.sheet import column_of

_LENGTH: Final = 8
_FILL: Final = (
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFFC7CE"/>'
    '<bgColor indexed="64"/></patternFill></fill>'
)
_ROW: Final = re.compile(rb"<((?:\w+:)?)row\b([^<>]*?)(/?)>")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b[^<>]*>")
_REFERENCE: Final = re.compile(rb"\br=\"([A-Z]*)(\d+)\"")
_STYLE: Final = re.compile(rb"\bs=\"(\d+)\"")
_CLOSING: Final = re.compile(rb"</(?:\w+:)?c>")
_SPANS: Final = re.compile(rb"\sspans=\"[^\"]*\"")
_FORMATS: Final = re.compile(rb"(<(?:\w+:)?cellXfs\b[^<>]*>)(.*?)(</(?:\w+:)?cellXfs>)", re.DOTALL)
_FORMAT: Final = re.compile(rb"<(?:\w+:)?xf\b(?:[^<>]*/>|.*?</(?:\w+:)?xf>)", re.DOTALL)
_FILLS: Final = re.compile(rb"<((?:\w+:)?)fills\b[^<>]*>(.*?)</(?:\w+:)?fills>", re.DOTALL)
_FILLED: Final = re.compile(rb"\s(?:fillId|applyFill)=\"[^\"]*\"")
_COUNT: Final = re.compile(rb"\bcount=\"\d+\"")
_NOT_PRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

Marks = Mapping[int, tuple[str, list[str]]]
"""Line → the sentence about it, and the letters of the columns to be marked."""


def pack(marks: Mapping[str, Any], content: bytes) -> bytes:
    """Return what `mark` reads: the marks, and after them the file."""
    told = json.dumps(marks, ensure_ascii=False).encode()
    return len(told).to_bytes(_LENGTH) + told + content


def mark(file: IO[bytes], result: IO[bytes], kind: str) -> None:
    """Write the table with its marks: `{"heading", "sheets": {place: …}}`.

    Of each sheet `line` and `column` say where the heading of the new column goes, `rows` are its
    `Marks`, `again` says that the column is there already. To be run in a sandbox.
    """
    told = json.loads(file.read(int.from_bytes(file.read(_LENGTH))))
    content = io.BytesIO(file.read())
    sheets = {
        int(place): _Sheet.of(told["heading"], each) for place, each in told["sheets"].items()
    }
    if kind == "xlsx":
        _mark_workbook(content, result, sheets)
    else:
        _mark_text(content, result, told, next(iter(sheets.values())))


@dataclass(slots=True)
class _Sheet:
    heading: str
    line: int
    column: str
    again: bool
    """Whether the column is one of an earlier result: what it said is no more."""
    rows: dict[int, tuple[str, list[str]]]

    @classmethod
    def of(cls, heading: str, given: Mapping[str, Any]) -> "_Sheet":
        """Return what is to be marked in a sheet."""
        rows = {int(line): (said, columns) for line, (said, columns) in given["rows"].items()}
        return cls(heading, given["line"], given["column"], given["again"], rows)

    def said(self, line: int) -> str | None:
        """Return what stands in the new column, None where the line stays as it is."""
        if line == self.line:
            return self.heading
        if line in self.rows:
            return self.rows[line][0]
        return "" if self.again and line > self.line else None


def _mark_text(
    content: IO[bytes], result: IO[bytes], told: Mapping[str, Any], sheet: _Sheet
) -> None:
    """Write separated values with one value more in each line that has one."""
    csv.field_size_limit(limits.MAX_CELL)
    encoding, delimiter = told["encoding"], told["delimiter"]
    place = column_of(sheet.column)
    lines = io.TextIOWrapper(content, encoding, newline="")
    out = io.TextIOWrapper(result, _with_all(encoding), newline="", write_through=True)
    writer = csv.writer(out, delimiter=delimiter)
    for number, row in enumerate(csv.reader(lines, delimiter=delimiter), 1):
        said = sheet.said(number)
        before = row if said is None else [*row, *[""] * (place - len(row))][:place]
        writer.writerow(before if said is None else [*before, said, *row[place + 1 :]])
    out.detach()


def _with_all(encoding: str) -> str:
    return "utf-8-sig" if encoding in {"utf-8", "utf-8-sig"} else encoding


def _mark_workbook(content: IO[bytes], result: IO[bytes], sheets: Mapping[int, _Sheet]) -> None:
    with archive.opened(content) as opened, zipfile.ZipFile(
        result, "w", zipfile.ZIP_DEFLATED
    ) as out:  # fmt: skip
        book = workbook.read(opened)
        by_part = {book.sheets[place].part: sheet for place, sheet in sheets.items()}
        styles = _Styles()
        if book.styles is not None:
            styles = _Styles.of(archive.read(opened, book.styles))
        for entry in opened.infolist():
            if entry.filename in by_part:
                with out.open(entry.filename, "w", force_zip64=True) as part:
                    for piece in _marked(opened, entry.filename, by_part[entry.filename], styles):
                        part.write(piece)
            elif entry.filename != book.styles:
                with out.open(entry.filename, "w", force_zip64=True) as part:
                    for piece in archive.chunks(opened, entry.filename):
                        part.write(piece)
        if book.styles is not None:
            out.writestr(book.styles, styles.written())


@dataclass(slots=True)
class _Styles:
    """The formats of cells, with each that is needed marked, too."""

    whole: bytes = b""
    formats: list[bytes] = field(default_factory=list)
    marked: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, whole: bytes) -> "_Styles":
        found = _FORMATS.search(whole)
        fills = _FILLS.search(whole)
        if found is None or fills is None:
            return cls(whole)
        return cls(whole, _FORMAT.findall(found[2]))

    def of_marked(self, style: int) -> int:
        """Return the number of a format that is another one, marked."""
        if not 0 <= style < len(self.formats):
            return style
        return self.marked.setdefault(style, len(self.formats) + len(self.marked))

    def written(self) -> bytes:
        """Return the styles with what was added."""
        if not self.marked:
            return self.whole
        fills = _FILLS.search(self.whole)
        if fills is None:
            return self.whole
        number = len(re.findall(rb"<(?:\w+:)?fill>|<(?:\w+:)?fill\s", fills[2]))
        prefix = fills[1].decode()
        fill = _FILL.replace("<", f"<{prefix}").replace(f"<{prefix}/", f"</{prefix}").encode()
        head = _COUNT.sub(b'count="%d"' % (number + 1), fills[0][: fills[0].index(b">") + 1])
        inner = head + fills[2] + fill + b"</" + fills[1] + b"fills>"
        whole = self.whole.replace(fills[0], inner, 1)
        more = b"".join(
            re.sub(
                rb"xf\b", b'xf fillId="%d" applyFill="1"' % number,
                _FILLED.sub(b"", self.formats[style]), count=1,
            )
            for style in self.marked
        )  # fmt: skip
        total = len(self.formats) + len(self.marked)
        return _FORMATS.sub(
            lambda m: _COUNT.sub(b'count="%d"' % total, m[1]) + m[2] + more + m[3],
            whole,
            count=1,
        )


def _marked(opened: zipfile.ZipFile, part: str, sheet: _Sheet, styles: _Styles) -> Iterator[bytes]:
    """Yield a sheet with its new column, row by row."""
    rest = b""
    for chunk in archive.chunks(opened, part):
        rest += chunk
        cut = rest.rfind(b"row>")  # the end of the last row that is whole
        if cut < 0:
            continue
        whole, rest = rest[: cut + 4], rest[cut + 4 :]
        yield _with_marks(whole, sheet, styles)
    yield _with_marks(rest, sheet, styles)


def _with_marks(whole: bytes, sheet: _Sheet, styles: _Styles) -> bytes:
    pieces, done, line = [], 0, 0
    for row in _ROW.finditer(whole):
        reference = _REFERENCE.search(row[2])
        line = int(reference[2]) if reference else line + 1
        said = sheet.said(line)
        if said is None:
            continue
        closing = b"</" + row[1] + b"row>"
        end = row.end() if row[3] else whole.find(closing, row.end())
        if end < 0:
            continue
        inner = b"" if row[3] else whole[row.end() : end]
        columns = sheet.rows[line][1] if line in sheet.rows else []
        inner = _CELL.sub(partial(_as_marked, columns, styles), inner)
        begin = _SPANS.sub(b"", row[0][:-2] + b">" if row[3] else row[0])
        added = _with_cell(inner, _new_cell(row[1], sheet, line, said), column_of(sheet.column))
        pieces += [whole[done : row.start()], begin, added, closing if row[3] else b""]
        done = end
    return b"".join([*pieces, whole[done:]])


def _as_marked(columns: list[str], styles: _Styles, found: re.Match[bytes]) -> bytes:
    cell = found[0]
    reference = _REFERENCE.search(cell)
    if reference is None or reference[1].decode() not in columns:
        return cell
    style = _STYLE.search(cell)
    number = styles.of_marked(int(style[1]) if style else 0)
    if style is not None:
        return cell[: style.start()] + b's="%d"' % number + cell[style.end() :]
    return cell[: reference.end()] + b' s="%d"' % number + cell[reference.end() :]


def _with_cell(inner: bytes, new: bytes, place: int) -> bytes:
    """Return the cells of a row with a new one in its place, which is instead of what is there."""
    for cell in _CELL.finditer(inner):
        reference = _REFERENCE.search(cell[0])
        at = column_of(reference[1].decode()) if reference else -1
        if at == place:
            closing = None if cell[0].endswith(b"/>") else _CLOSING.search(inner, cell.end())
            ends = cell.end() if closing is None else closing.end()
            return inner[: cell.start()] + new + inner[ends:]
        if at > place:
            return inner[: cell.start()] + new + inner[cell.start() :]
    return inner + new


def _new_cell(prefix: bytes, sheet: _Sheet, line: int, said: str) -> bytes:
    text = escape(_NOT_PRINTABLE.sub("", said))[: limits.MAX_CELL]
    p = prefix.decode()
    return (
        f'<{p}c r="{sheet.column}{line}" t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}'
        f"</{p}t></{p}is></{p}c>"
    ).encode()
