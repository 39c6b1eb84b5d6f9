"""The rows of one sheet of a workbook, one after the other, whatever its size."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from math import isfinite
from typing import Any, Final

from app.kit.tables import archive, limits, xml
from app.kit.tables.workbook import Sheet, Workbook

Emit = Callable[[int, list[Any]], None]

_EMPTY: Final = re.compile(
    rb"<(?:\w+:)?row\b(?=[^<>]*?\br=\"\d+\")[^<>]*+"
    rb"(?:(?<=/)>|>(?:<(?:\w+:)?c\b[^<>]*+(?<=/)>)*+</(?:\w+:)?row>)|"
    rb"<(?:\w+:)?c\b(?=[^<>]*?\br=\"[A-Z]+\d+\")[^<>]*+(?<=/)>"
)
"""Rows and cells with nothing in them: there may be millions, for they have formats."""
_MERGED: Final = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^<>]{0,100}?\bref=\"([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})\""
)
_REFERENCE: Final = re.compile(r"[A-Z]{1,3}(?=\d)")
_PREFIX: Final = ":"
_VALUES: Final = frozenset({"v", "t"})
_LAST_ROW: Final = 16_777_216
"""Of the largest sheets of any program."""
_LONGEST_MERGER: Final = 200
_MOST_MERGED: Final = 50_000
_EXACT: Final = 10**15
_EPOCH_1904: Final = date(1904, 1, 1)
_EPOCH_1900: Final = date(1899, 12, 30)
_LAST_SERIAL: Final = 109_573
"""The last day of 2199."""
_FIRST_TRUE_SERIAL: Final = 61
"""Before it Excel counts a day too many: the 29th of February 1900."""
ERROR: Final = "error"
LOSSY: Final = "lossy"
DAY: Final = "day"
FORMULA: Final = "="


def read(
    opened: zipfile.ZipFile, sheet: Sheet, book: Workbook, strings: list[str], emit: Emit
) -> None:
    """Tell each row that has anything in it: its number, and its cells from the first column on.

    A cell is a text, a number, a truth value, null, `{"day": …}`, `{"error": …}` (`=` is a formula
    that was never computed), or `{"lossy": …}`: more digits than a number holds.
    """
    reader = _Reader(book, strings, _merged(opened, sheet), emit)
    parts = _without_empty(archive.chunks(opened, sheet.part))
    xml.parse(parts, reader.start, reader.end, reader.text)


def day_of(serial: float, *, from_1904: bool) -> date | None:
    """Return the day that a workbook counts with a number, None where it is no day of our time."""
    number = int(serial)
    if from_1904:
        return _EPOCH_1904 + timedelta(days=number) if 0 <= number <= _LAST_SERIAL else None
    if not 1 <= number <= _LAST_SERIAL:
        return None
    return _EPOCH_1900 + timedelta(days=number + (number < _FIRST_TRUE_SERIAL))


@cache
def column_of(letters: str) -> int:
    """Return the place of a column from 0, by its letters."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


@dataclass(slots=True)
class _Reader:
    """Hears of one element after the other: a sheet has millions, so little is done for each."""

    book: Workbook
    strings: list[str]
    merged: dict[int, dict[int, int]]
    """First row → the columns that are merged downwards from it, each with its last row."""
    emit: Emit
    row: int = 0
    column: int = -1
    cells: dict[int, Any] = field(default_factory=dict)
    given: xml.Attributes = field(default_factory=dict)
    """The attributes of the cell at hand."""
    computed: bool = False
    inside: bool = False
    pieces: list[str] = field(default_factory=list)
    guides: list[int] = field(default_factory=list)
    """How many pieces there were before each phonetic guide that is not over."""
    hanging: dict[int, tuple[int, Any]] = field(default_factory=dict)

    def start(self, name: str, given: xml.Attributes) -> None:
        if _PREFIX in name:
            name = xml.local(name)
        if name == "c":
            self.given = given
            self.computed = self.inside = False
            self.pieces.clear()
            self.guides.clear()
            found = _REFERENCE.match(given.get("r", ""))
            self.column = column_of(found[0]) if found else self.column + 1
        elif name in _VALUES:
            self.inside = True
        elif name == "f":
            self.computed = True
        elif name == "row":
            self.row = _number(given.get("r"), self.row + 1)
            limits.refuse(limits.BROKEN, of=self.row > _LAST_ROW)
            self.column = -1
            self.cells.clear()
        elif name == "rPh":  # a phonetic guide, with a text of its own
            self.guides.append(len(self.pieces))

    def end(self, name: str) -> None:
        if _PREFIX in name:
            name = xml.local(name)
        if name in _VALUES:
            self.inside = False
        elif name == "c":
            if self.pieces or self.computed:
                self._end_cell()
        elif name == "row":
            self._end_row()
        elif name == "rPh" and self.guides:
            del self.pieces[self.guides.pop() :]

    def text(self, piece: str) -> None:
        if self.inside:
            self.pieces.append(piece)

    def _end_cell(self) -> None:
        value = self._value("".join(self.pieces), self.given.get("t", "n"))
        if value is not None:
            limits.refuse(limits.TOO_MANY_COLUMNS, of=self.column >= limits.MAX_COLUMNS)
            self.cells[self.column] = value

    def _value(self, raw: str, kind: str) -> Any:
        if kind == "n" and raw.strip():
            return self._counted(raw.strip())
        if kind == "s":
            place = _number(raw.strip(), -1)
            limits.refuse(limits.BROKEN, of=not 0 <= place < len(self.strings))
            raw = self.strings[place]
        elif kind == "b":
            return raw.strip() == "1"
        elif kind == "e":
            return {ERROR: raw.strip()}
        limits.refuse(limits.CELL_TOO_LONG, of=len(raw) > limits.MAX_CELL)
        if not raw.strip():
            return {ERROR: FORMULA} if self.computed and kind == "n" else None
        return {DAY: raw[:10]} if kind == "d" else raw

    def _counted(self, raw: str) -> Any:
        try:
            number = float(raw)
        except ValueError:
            return raw
        if not isfinite(number):
            return {ERROR: raw[:20]}
        if _number(self.given.get("s"), 0) in self.book.days:
            day = day_of(number, from_1904=self.book.counts_from_1904)
            return {DAY: day.isoformat()} if day else {ERROR: raw[:20]}
        if number.is_integer():
            return int(number) if abs(number) < _EXACT else {LOSSY: raw[:40]}
        return number

    def _end_row(self) -> None:
        if not self.cells:
            return
        for column, (last, value) in list(self.hanging.items()):
            if self.row > last:
                del self.hanging[column]
            else:
                self.cells.setdefault(column, value)
        for column, last in self.merged.get(self.row, {}).items():
            if column in self.cells:
                self.hanging[column] = (last, self.cells[column])
        width = max(self.cells) + 1
        self.emit(self.row, [self.cells.get(column) for column in range(width)])


def _number(raw: str | None, otherwise: int) -> int:
    return int(raw) if raw is not None and raw.isascii() and raw.isdigit() else otherwise


def _without_empty(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the sheet without the rows and cells that only have formats."""
    rest = b""
    for part in parts:
        whole = rest + part
        # An element may be cut in two here, and so may a pair of its beginning and end.
        cut = max(whole.rfind(b"<row"), whole.rfind(b"<c "), 0) or whole.rfind(b"<")
        if cut <= 0:
            cut = len(whole)
        yield _EMPTY.sub(b"", whole[:cut])
        rest = whole[cut:]
    yield rest


def _merged(opened: zipfile.ZipFile, sheet: Sheet) -> dict[int, dict[int, int]]:
    """Return the cells that go on downwards: what is in the first row stands for all of them."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    rest, number = b"", 0
    for part in archive.chunks(opened, sheet.part):
        whole = rest + part
        rest = whole[-_LONGEST_MERGER:]
        if b"mergeCell" not in whole:
            continue
        rest = rest[max(rest.rfind(b"<"), 0) :]
        for letters, first, last in _MERGED.findall(whole):
            number += 1
            limits.refuse(limits.TOO_LARGE, of=number > _MOST_MERGED)
            column = column_of(letters.decode())
            if int(last) > int(first) and column < limits.MAX_COLUMNS:
                found[int(first)][column] = int(last)
    return found
