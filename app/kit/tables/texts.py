"""Tables in plain text: separated values in the encodings that China writes, and JSON lines."""

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import IO, Any, Final

from app.kit.sandbox import RefusedError
from app.kit.tables import limits
from app.kit.tables.sheet import ERROR, Emit

_CHUNK: Final = 256 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODINGS: Final = ("utf-8", "gb18030")
_DELIMITERS: Final = (",", "\t", ";", "|", "，")
_NUL: Final = "\x00"
"""In no text that a database keeps, but JSON can say it."""
_SAMPLE_LINES: Final = 20
_SAMPLE: Final = 64 * 1024


def encoding_of(file: IO[bytes]) -> str:
    """Return how a text is encoded; raises `RefusedError` where it is no text that is known."""
    file.seek(0)
    head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding in _ENCODINGS:
        if _decodes(file, encoding):
            return encoding
    raise RefusedError(limits.UNREADABLE_TEXT)


def delimiter_of(file: IO[bytes], encoding: str) -> str:
    """Return what separates the values: what parts most of the first lines alike."""
    file.seek(0)
    sample = codecs.getincrementaldecoder(encoding)(errors="replace").decode(file.read(_SAMPLE))
    best, fitting = ",", (0, 0)
    for delimiter in _DELIMITERS:
        rows = csv.reader(io.StringIO(sample), delimiter=delimiter)
        try:
            widths = Counter(len(row) for _, row in zip(range(_SAMPLE_LINES), rows, strict=False))
        except csv.Error:
            continue
        width, times = max(
            ((w, n) for w, n in widths.items() if w > 1), key=lambda e: (e[1], e[0]),
            default=(0, 0),
        )  # fmt: skip
        if (times, width) > fitting:
            best, fitting = delimiter, (times, width)
    return best


def read_separated(file: IO[bytes], encoding: str, delimiter: str, emit: Emit) -> None:
    """Tell each row of separated values that has anything in it."""
    csv.field_size_limit(limits.MAX_CELL)
    file.seek(0)
    lines = io.TextIOWrapper(file, encoding, newline="")
    try:
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter), 1):
            cells: list[Any] = [cell if cell.strip() else None for cell in row]
            while cells and cells[-1] is None:
                cells.pop()
            limits.refuse(limits.TOO_MANY_COLUMNS, of=len(cells) > limits.MAX_COLUMNS)
            if cells:
                emit(number, cells)
    except csv.Error as error:
        raise RefusedError(limits.CELL_TOO_LONG) from error
    except UnicodeError as error:
        raise RefusedError(limits.UNREADABLE_TEXT) from error
    finally:
        lines.detach()


def read_lines(file: IO[bytes], emit: Emit) -> None:
    """Tell the names of all fields as row 0, then each object by them, by its line."""
    names: dict[str, int] = {}
    for _, fields in _objects(file):
        for name in fields:
            limits.refuse(limits.UNREADABLE_TEXT, of=_NUL in name)
            names.setdefault(name, len(names))
        limits.refuse(limits.TOO_MANY_COLUMNS, of=len(names) > limits.MAX_COLUMNS)
    if names:
        emit(0, list(names))
    for number, fields in _objects(file):
        cells: list[Any] = [None] * len(names)
        for name, value in fields.items():
            cells[names[name]] = _cell(value)
        emit(number, cells)


def _objects(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    file.seek(0)
    for number, line in enumerate(file, 1):
        limits.refuse(limits.TOO_MANY_ROWS, of=number > limits.MAX_ROWS)
        text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if not text.strip():
            continue
        reason = f"{limits.BAD_LINE} {number}"
        try:
            found = json.loads(
                text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number
            )
        except (ValueError, RecursionError) as error:
            raise RefusedError(reason) from error
        limits.refuse(reason, of=not isinstance(found, dict))
        yield number, found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_number(_name: str) -> Any:
    raise ValueError


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        if not all(isinstance(each, str | int | float) for each in value):
            return {ERROR: "[…]"}
        value = "、".join(map(str, value))
    if isinstance(value, dict):
        return {ERROR: "{…}"}
    if isinstance(value, float) and not isfinite(value):
        return {ERROR: str(value)}
    if isinstance(value, str):
        limits.refuse(limits.CELL_TOO_LONG, of=len(value) > limits.MAX_CELL)
        limits.refuse(limits.UNREADABLE_TEXT, of=_NUL in value)
        return value if value.strip() else None
    return value


def _decodes(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            if b"\x00" in chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
