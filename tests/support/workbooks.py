"""Reads workbooks and documents as they lie in their archives, by the standard library alone."""

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read_sheets(content: bytes) -> list[list[list[Any]]]:
    """The cells of each sheet: text, numbers as floats, None; a formula fails."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = sorted(n for n in archive.namelist() if n.startswith("xl/worksheets/sheet"))
        return [_rows(ET.fromstring(archive.read(name))) for name in names]  # noqa: S314 - our own


def read_part(content: bytes, name: str) -> str:
    """One part of an archive as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def read_paragraphs(content: bytes) -> list[str]:
    """The text of every paragraph of a document, those of tables too."""
    body = ET.fromstring(read_part(content, "word/document.xml"))  # noqa: S314 - our own
    paragraphs = body.iter(f"{_WORDS}p")
    return ["".join(t.text or "" for t in p.iter(f"{_WORDS}t")) for p in paragraphs]


def _rows(sheet: ET.Element) -> list[list[Any]]:
    assert next(sheet.iter(f"{_MAIN}f"), None) is None, "a cell is a formula"
    return [[_cell(cell) for cell in row] for row in sheet.iter(f"{_MAIN}row")]


def _cell(cell: ET.Element) -> Any:
    if cell.get("t") == "inlineStr":
        text = "".join(t.text or "" for t in cell.iter(f"{_MAIN}t"))
        return re.sub("_x005F_", "_", text)
    value = cell.find(f"{_MAIN}v")
    return None if value is None else float(value.text or "")
