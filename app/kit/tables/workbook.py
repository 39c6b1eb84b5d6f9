"""What stands around the sheets of a workbook: their names, its epoch, texts and formats."""

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from typing import Final

from app.kit.tables import archive, limits, xml

_RELATIONS: Final = "_rels/.rels"
_DATE_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
"""Formats that every program knows by their numbers, and that show a day."""
_NO_CODE: Final = re.compile(r'"[^"]*"|\[[^\[\]]*\]|\\.|_.|\*.')
"""What of a format is text, a colour or a condition."""
_LONGEST_FORMAT: Final = 255
"""Characters: what Excel itself takes."""


@dataclass(slots=True)
class Sheet:
    """A sheet of a workbook: how it is called, and in which part it stands."""

    name: str
    hidden: bool
    part: str


@dataclass(slots=True)
class Workbook:
    """A workbook as far as it is not its sheets."""

    sheets: list[Sheet]
    counts_from_1904: bool
    styles: str | None
    strings: str | None
    days: set[int] = field(default_factory=set)
    """Styles of cells that show a day."""


def read(opened: zipfile.ZipFile) -> Workbook:
    """Read the directory of a workbook and its formats; the sheets are read one by one."""
    main = _main_part(opened)
    limits.refuse(limits.OTHER_TYPE, of=main not in opened.namelist() or main.endswith(".bin"))
    sheets: list[tuple[str, bool, str]] = []
    epoch = []

    def start(name: str, given: xml.Attributes) -> None:
        if xml.local(name) == "sheet":
            relation = next((v for k, v in given.items() if xml.local(k) == "id"), "")
            state = given.get("state", "visible")
            sheets.append((given.get("name", ""), state != "visible", relation))
        elif xml.local(name) == "workbookPr":
            epoch.append(given.get("date1904", "0") in {"1", "true"})

    xml.parse([archive.read(opened, main)], start)
    limits.refuse(limits.TOO_MANY_SHEETS, of=len(sheets) > limits.MAX_SHEETS)
    parts = _relations(opened, main)
    found = [
        Sheet(name, hidden, parts[relation][1])
        for name, hidden, relation in sheets
        if relation in parts and parts[relation][0] == "worksheet"
    ]
    kinds = dict(parts.values())
    book = Workbook(found, any(epoch), kinds.get("styles"), kinds.get("sharedStrings"))
    book.days = _days(opened, book.styles)
    return book


def strings(opened: zipfile.ZipFile, part: str | None) -> list[str]:
    """Return the texts that cells point at; phonetic guides are none of them."""
    if part is None or part not in opened.namelist():
        return []
    reader = _Strings()
    xml.parse(archive.chunks(opened, part), reader.start, reader.end, reader.text)
    return reader.found


class _Strings:
    """Collects the shared texts."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._inside = self._guides = False
        self._size = 0

    def start(self, name: str, _given: xml.Attributes) -> None:
        tag = xml.local(name)
        if tag == "si":
            self._pieces.clear()
        elif tag == "rPh":
            self._guides = True
        elif tag == "t":
            self._inside = not self._guides

    def end(self, name: str) -> None:
        tag = xml.local(name)
        if tag == "t":
            self._inside = False
        elif tag == "rPh":
            self._guides = False
        elif tag == "si":
            self.found.append("".join(self._pieces))
            self._pieces.clear()
            limits.refuse(limits.TOO_LARGE, of=len(self.found) > limits.MAX_STRINGS)

    def text(self, piece: str) -> None:
        if self._inside:
            self._size += len(piece)
            limits.refuse(limits.TOO_LARGE, of=self._size > limits.MAX_STRINGS_CHARACTERS)
            self._pieces.append(piece)


def _days(opened: zipfile.ZipFile, part: str | None) -> set[int]:
    if part is None or part not in opened.namelist():
        return set()
    formats: dict[str, str] = {}
    known: dict[str, bool] = {}
    found: list[bool] = []
    inside = [False]

    def start(name: str, given: xml.Attributes) -> None:
        tag = xml.local(name)
        if tag == "numFmt":
            formats[given.get("numFmtId", "")] = given.get("formatCode", "")[:_LONGEST_FORMAT]
        elif tag == "cellXfs":
            inside[0] = True
        elif tag == "xf" and inside[0]:
            number = given.get("numFmtId", "0")
            if number not in known:
                known[number] = shows_day(number, formats.get(number))
            found.append(known[number])

    def end(name: str) -> None:
        if xml.local(name) == "cellXfs":
            inside[0] = False

    xml.parse([archive.read(opened, part)], start, end)
    return {index for index, is_day in enumerate(found) if is_day}


def shows_day(number: str, code: str | None) -> bool:
    """Return whether a number format shows a day, and not a number or a time of day."""
    if code is None:
        return number.isdigit() and int(number) in _DATE_FORMATS
    letters = set(_NO_CODE.sub("", code.partition(";")[0]).lower())
    if "general" in code.lower() or letters & set("0#?"):
        return False
    return bool(letters & set("yde")) or ("m" in letters and not letters & set("hs"))


def _relations(opened: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return the parts that a part points at: by the id of the relation its kind and name."""
    folder, name = posixpath.split(part)
    file = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    if file not in opened.namelist():
        return found

    def start(tag: str, given: xml.Attributes) -> None:
        if xml.local(tag) == "Relationship" and given.get("TargetMode") != "External":
            kind = given.get("Type", "").rpartition("/")[2]
            path = posixpath.normpath(posixpath.join("/", folder, given.get("Target", "")))
            found[given.get("Id", "")] = (kind, path.lstrip("/"))

    xml.parse([archive.read(opened, file)], start)
    names = set(opened.namelist())
    return {key: value for key, value in found.items() if value[1] in names}


def _main_part(opened: zipfile.ZipFile) -> str:
    """Return where the workbook itself is."""
    found = ["xl/workbook.xml"]

    def start(tag: str, given: xml.Attributes) -> None:
        if xml.local(tag) == "Relationship" and given.get("Type", "").endswith("/officeDocument"):
            found[0] = given.get("Target", "").lstrip("/")

    if _RELATIONS in opened.namelist():
        xml.parse([archive.read(opened, _RELATIONS)], start)
    return found[0]
