"""The way in: a file of any kind that tables come in, told as lines of JSON.

The first line says what it is: `{"format", "encoding"?, "delimiter"?, "from_1904"?, "sheets"}`;
each other one is a row, `[sheet, number, cells]`, with the cells of `app.kit.tables.sheet`.
"""

import json
from typing import IO, Any, Final

from app.kit.sandbox import RefusedError
from app.kit.tables import archive, limits, sheet, texts, workbook

WORKBOOK, SEPARATED, LINES = "xlsx", "csv", "ndjson"
FORMATS: Final = {".xlsx": WORKBOOK, ".csv": SEPARATED, ".tsv": SEPARATED, ".txt": SEPARATED,
                  ".ndjson": LINES, ".jsonl": LINES}  # fmt: skip
_OLD: Final = b"\xd0\xcf\x11\xe0"
_ARCHIVE: Final = b"PK\x03\x04"
_OBJECT: Final = b"{"
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<table", b"%pdf")


def read(file: IO[bytes], result: IO[bytes], suffix: str) -> None:
    """Write a table as lines of JSON; what it is its bytes say, else the end of its name.

    To be run in a sandbox. Raises `RefusedError` with a reason of `limits`.
    """
    kind = kind_of(file, suffix)
    rows = _Rows(result)
    if kind == WORKBOOK:
        _read_workbook(file, rows)
    elif kind == LINES:
        rows.begin({"format": LINES, "sheets": [_sheet("")]})
        texts.read_lines(file, rows.of(0))
    else:
        encoding = texts.encoding_of(file)
        delimiter = texts.delimiter_of(file, encoding)
        found = {"format": SEPARATED, "encoding": encoding, "delimiter": delimiter}
        rows.begin(found | {"sheets": [_sheet("")]})
        texts.read_separated(file, encoding, delimiter, rows.of(0))
    limits.refuse(limits.EMPTY, of=rows.number == 0)


def kind_of(file: IO[bytes], suffix: str) -> str:
    """Return which of the formats a file has; raises `RefusedError` where none of them."""
    file.seek(0)
    head = file.read(4096)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    limits.refuse(limits.EMPTY, of=not start)
    limits.refuse(limits.OLD, of=head.startswith(_OLD))
    if head.startswith(_ARCHIVE):
        return WORKBOOK
    limits.refuse(limits.OTHER_TYPE, of=start.startswith(_MARKUP))
    kind = FORMATS.get(suffix.lower())
    limits.refuse(limits.BROKEN, of=kind == WORKBOOK)
    if kind is None:
        return LINES if start.startswith(_OBJECT) else SEPARATED
    return kind


class _Rows:
    """Writes rows, as many as there may be."""

    def __init__(self, result: IO[bytes]) -> None:
        self.number = 0
        self._result = result

    def begin(self, found: dict[str, Any]) -> None:
        """Say what it is."""
        self._write(found)

    def of(self, place: int) -> sheet.Emit:
        """Return what takes the rows of a sheet."""

        def emit(number: int, cells: list[Any]) -> None:
            self.number += 1
            limits.refuse(limits.TOO_MANY_ROWS, of=self.number > limits.MAX_ROWS)
            self._write([place, number, cells])

        return emit

    def _write(self, line: Any) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        try:
            self._result.write(text.encode() + b"\n")
        except UnicodeEncodeError as error:
            raise RefusedError(limits.UNREADABLE_TEXT) from error


def _read_workbook(file: IO[bytes], rows: _Rows) -> None:
    file.seek(0)
    with archive.opened(file) as opened:
        book = workbook.read(opened)
        sheets = [_sheet(each.name, hidden=each.hidden) for each in book.sheets]
        rows.begin({"format": WORKBOOK, "from_1904": book.counts_from_1904, "sheets": sheets})
        strings = workbook.strings(opened, book.strings)
        for place, each in enumerate(book.sheets):
            sheet.read(opened, each, book, strings, rows.of(place))


def _sheet(name: str, *, hidden: bool = False) -> dict[str, Any]:
    return {"name": name, "hidden": hidden}
