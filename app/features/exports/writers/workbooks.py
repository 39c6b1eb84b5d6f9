"""Tables as workbooks: written row by row, so that a large one takes no more memory than a small.

Only typed cells: text is written as text, whatever it begins with, and is marked as such, so that
it stays text when it is edited.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from app.features.exports.writers.tables import Column, Table, Value, shower
from app.kit.formulas import is_risky

_FIRST_DAY: Final = date(1899, 12, 30)
_AFTER_NO_DAY: Final = 61
"""Serial of 1 March 1900: spreadsheets count a 29 February before it that there never was."""
_LONGEST: Final = 32_767
"""UTF-16 units that a cell can hold."""
_CUT: Final = "……（本格内容过长，以下从略；全文请用 CSV 或 NDJSON 导出。Cut: too long for a cell.）"
_A4: Final = 9
_MARGINS: Final = {"left": 0.5, "right": 0.5, "top": 0.6, "bottom": 0.7}
_ROWS_OF_A_SHEET: Final = 1_000_000
_ON_ONE_PAGE: Final = 240
"""Characters that are still legible when the width of a page holds them all."""
_LONGEST_HEADER: Final = 255
_IDS: Final = frozenset({"id", "leader_id"})
"""Last columns that programs need, and nobody on paper."""
_FONT: Final[Mapping[str, Any]] = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_FRAMED: Final[Mapping[str, Any]] = {**_FONT, "border": 1, "text_wrap": True}
_FORMATS: Final[Mapping[str, Mapping[str, Any]]] = {
    "title": {"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"},
    "note": {**_FONT, "align": "left"},
    "head": {**_FRAMED, "bold": True, "align": "center", "bg_color": "#F2F2F2"},
    "text": {**_FRAMED, "num_format": "@"},
    "quoted": {**_FRAMED, "num_format": "@", "quote_prefix": True},
    "number": {**_FRAMED, "num_format": "#,##0"},
    "day": {**_FRAMED, "num_format": "yyyy-mm-dd", "align": "center"},
    "share": {**_FRAMED, "num_format": "0.0%"},
}


class WorkbookWriter:
    """Writes a table as a workbook of one sheet, or more where one cannot hold its rows."""

    def __init__(self, path: Path, table: Table, rows_of_a_sheet: int = _ROWS_OF_A_SHEET) -> None:
        """Begin the first sheet."""
        self._book = Workbook(str(path), {"constant_memory": True, "strings_to_urls": False})
        self._formats = {name: self._book.add_format(dict(of)) for name, of in _FORMATS.items()}
        self._table = table
        self._limit = rows_of_a_sheet
        self._sheets = self._row = 0
        self._sheet: Worksheet
        self._begin()

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Write more rows."""
        for row in rows:
            if self._row - self._head > self._limit:
                self._begin()
            number = self._row
            for write, place, value in zip(self._cells, range(len(row)), row, strict=True):
                write(number, place, value)
            self._row += 1

    def close(self) -> None:
        """Write the workbook: until then there is no file."""
        _set_print_area(self._sheet, self._table, self._row - 1)
        self._book.close()

    def _begin(self) -> None:
        if self._sheets:
            _set_print_area(self._sheet, self._table, self._row - 1)
        self._sheets += 1
        name = self._table.sheet[:25]
        sheet = self._book.add_worksheet(
            _sheet_name(name if self._sheets == 1 else f"{name} {self._sheets}")
        )
        self._sheet = sheet
        self._row = self._head = _write_head(sheet, self._table, self._formats)
        self._row += 1
        self._cells = [
            _cell_writer(sheet, column, self._table, self._formats)
            for column in self._table.columns
        ]


def _write_head(sheet: Worksheet, table: Table, formats: Mapping[str, Any]) -> int:
    """Write title, notes and headings; return the row of the last of these."""
    last = len(table.columns) - 1
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
    sheet.set_row(0, 30)
    _write_across(sheet, 0, (0, last), table.title, formats["title"])
    row = 1
    for note in table.notes:
        _write_across(sheet, row, (0, last), note, formats["note"])
        row += 1
    if any(column.group for column in table.columns):
        _write_groups(sheet, row, table, formats["head"])
        row += 1
    for place, column in enumerate(table.columns):
        sheet.write_string(row, place, column.title.say(table.language), formats["head"])
    _lay_out(sheet, table, row)
    return row


def _write_groups(sheet: Worksheet, row: int, table: Table, form: Any) -> None:
    first = 0
    columns = table.columns
    for place, column in enumerate(columns):
        if place + 1 < len(columns) and columns[place + 1].group == column.group:
            continue
        text = column.group.say(table.language) if column.group else ""
        _write_across(sheet, row, (first, place), text, form)
        first = place + 1


def _write_across(
    sheet: Worksheet, row: int, places: tuple[int, int], text: str, form: Any
) -> None:
    """Write one text over several cells of a row."""
    first, last = places
    if last > first and text:
        sheet.merge_range(row, first, row, last, "", form)
        sheet.write_string(row, first, text, form)
        return
    for place in range(first, last + 1):
        sheet.write_string(row, place, text if place == first else "", form)


def _lay_out(sheet: Worksheet, table: Table, head: int) -> None:
    """Set how the sheet is shown and printed: on A4 across, title and headings on each page."""
    sheet.freeze_panes(head + 1, table.fixed)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    if _is_wide(table):
        sheet.set_margins(**{**_MARGINS, "top": 1.0})
        sheet.set_header(_page_header(table))
        sheet.repeat_rows(_first_head(table), head)
        sheet.repeat_columns(0, table.fixed - 1)
    else:
        sheet.set_margins(**_MARGINS)
        sheet.repeat_rows(0, head)
        sheet.fit_to_pages(1, 0)
    of = "第 &P 页 共 &N 页" if table.language == "zh" else "Page &P of &N"
    sheet.set_footer(f"&C{of}")


def _set_print_area(sheet: Worksheet, table: Table, last: int) -> None:
    """Have all printed but ids and, where the page's own header says it, the title."""
    columns = table.columns
    right = len(columns) - 1 - (columns[-1].key in _IDS)
    sheet.print_area(_first_head(table) if _is_wide(table) else 0, 0, last, right)


def _is_wide(table: Table) -> bool:
    """Return whether a table goes over several pages beside each other."""
    return sum(c.width for c in table.columns if c.key not in _IDS) > _ON_ONE_PAGE


def _first_head(table: Table) -> int:
    return 1 + len(table.notes)


def _page_header(table: Table) -> str:
    """Return title and notes as the header of each page, as far as it holds them."""
    title, *notes = (text.replace("&", "&&") for text in (table.title, *table.notes))
    header = f"&C&14{title}\n&10 " + " ".join(notes)
    return header if len(header) <= _LONGEST_HEADER else f"&C&14{title[: _LONGEST_HEADER - 20]}"


def _cell_writer(
    sheet: Worksheet, column: Column, table: Table, formats: Mapping[str, Any]
) -> Callable[[int, int, Value], object]:
    """Return what writes a value of a column into a cell."""
    form = formats[column.kind]
    if column.kind == "day":
        return lambda row, place, day: (
            sheet.write_blank(row, place, None, form)
            if day is None
            else sheet.write_number(row, place, serial(day), form)
        )
    if column.kind != "text":
        return lambda row, place, number: (
            sheet.write_blank(row, place, None, form)
            if number is None
            else sheet.write_number(row, place, number, form)
        )
    show, quoted = shower(column, table.language), formats["quoted"]

    def write(row: int, place: int, value: Value) -> None:
        text = show(value)
        if text is None or text == "":
            sheet.write_blank(row, place, None, form)
        else:
            text = _fitting(str(text))
            sheet.write_string(row, place, text, quoted if is_risky(text) else form)

    return write


def serial(day: date) -> int:
    """Return the number by which spreadsheets know a day."""
    number = (day - _FIRST_DAY).days
    return number if number >= _AFTER_NO_DAY else number - 1


def _fitting(text: str) -> str:
    """Return a text as far as a cell holds it; where it is cut, it says so."""
    if len(text) <= _LONGEST // 2 or _units(text) <= _LONGEST:
        return text
    kept = text[: _LONGEST - len(_CUT)]
    while _units(kept) > _LONGEST - len(_CUT):
        kept = kept[: len(kept) - max(1, (_units(kept) - _LONGEST + len(_CUT)) // 2)]
    return kept + _CUT


def _units(text: str) -> int:
    return len(text) + sum(letter > "\uffff" for letter in text)


def _sheet_name(title: str) -> str:
    """Return the title without what the name of a sheet cannot have."""
    return "".join("_" if letter in "[]:*?/\\'" else letter for letter in title)
