"""What is written in cells: days, numbers, codes and lists, in all the ways that people write."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from app.features.imports.errors import (
    ERROR_CELL,
    LOSSY_NUMBER,
    NEVER_COMPUTED,
    NOT_A_DAY,
    NOT_A_NUMBER,
    UNKNOWN_LABEL,
    YEAR_MISSING,
)
from app.kit import clock
from app.kit.choices import choices
from app.kit.language import Text
from app.kit.levelling import compose
from app.kit.problems import FieldErrorKind
from app.kit.tables.sheet import DAY, ERROR, FORMULA, LOSSY, day_of

ABOUT: Final = Text("“{value}”按 {number} 计", "“{value}” is taken as {number}")
YEAR_FOUND: Final = Text(
    "“{value}”没有写全年份，按 {day} 计", "“{value}” has no full year and is taken as {day}"
)
_EMPTY: Final = frozenset({"", "-", "--", "—", "——", "–", "/", "\\", "无", "空", "n/a", "null"})
_LONGEST_SHOWN: Final = 40
_LONGEST_DAY: Final = 60
"""Characters of a day as it is written, with its weekday and its time."""
# No more than one space anywhere: `read_day` leaves no more, for several in a row that fit several
# places are tried in all of them.
_REST: Final = (
    r" ?(?:\(?(?:星期|周)[一二三四五六日天]\)?)? ?(?:上午|下午|晚上|全天)?"
    r" ?(?:T?\d{1,2}[:时点](?:\d{1,2}分?)?(?::\d{2}(?:\.\d+)?)?Z?)?"
)
_FULL: Final = re.compile(r"(\d{4}) ?[年./-] ?(\d{1,2}) ?[月./-] ?(\d{1,2}) ?[日号]?" + _REST)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT: Final = re.compile(r"(\d{2}) ?[年./-] ?(\d{1,2}) ?[月./-] ?(\d{1,2}) ?[日号]?" + _REST)
_NO_YEAR: Final = re.compile(r"(\d{1,2}) ?[月./-] ?(\d{1,2}) ?[日号]?" + _REST)
_NUMBER: Final = re.compile(
    r"(约|大约|近|将近|超过|逾)?(\d{1,30})(?:\.0+)?(余|多|左右)?"
    r"(人次|人|名|位|户|件|条|期|次|小时|个|篇|场|项|家)?(余|多|左右)?"
)
_LIST: Final = re.compile(r"[、,，;；/\n]+")
_SPACES: Final = re.compile(r"\s+")
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
"""Numbers that are days of 1954 to 2119 and nothing else."""


class CellError(ValueError):
    """A cell that cannot be read: what is wrong with it."""

    def __init__(self, kind: FieldErrorKind, **parameters: object) -> None:
        """Keep it to be told."""
        super().__init__(kind.code)
        self.kind = kind
        self.parameters = parameters


@dataclass(slots=True)
class Reading:
    """How the cells of a file are read, and what was taken for what by the way."""

    from_1904: bool = False
    starts_on: date | None = None
    """The first day of the campaign, from which days without a year have theirs."""
    ends_on: date | None = None
    warnings: list[Text] = field(default_factory=list)


def is_empty(cell: Any) -> bool:
    """Return whether a cell says nothing: empty, a dash, or 无."""
    if cell is None:
        return True
    return isinstance(cell, str) and _plain(cell).lower() in _EMPTY


def read_text(cell: Any) -> str:
    """Return a cell as text: a number without decimals of its own as it is shown."""
    if isinstance(cell, dict):
        if DAY in cell:
            return str(cell[DAY])
        if LOSSY in cell:
            raise CellError(LOSSY_NUMBER, value=cell[LOSSY])
        shown = cell.get(ERROR, "")
        raise CellError(NEVER_COMPUTED) if shown == FORMULA else CellError(ERROR_CELL, value=shown)
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def read_count(cell: Any, reading: Reading) -> int:
    """Return a number of things; its unit is left out, what is about a number is told."""
    text = _plain(read_text(cell)).replace(",", "").replace(" ", "")
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise CellError(NOT_A_NUMBER, value=shorten(read_text(cell)))
    number = int(found[2])
    if found[1] or found[3] or found[5]:
        reading.warnings.append(ABOUT.filled(value=shorten(read_text(cell)), number=number))
    return number


def read_day(cell: Any, reading: Reading) -> str:
    """Return a day as the API has it, whatever way it is written."""
    if isinstance(cell, dict) and DAY in cell:
        return str(cell[DAY])
    text = _SPACES.sub(" ", _plain(read_text(cell)))
    if len(text) > _LONGEST_DAY:
        raise CellError(NOT_A_DAY, value=shorten(text))
    if text.isascii() and text.replace(".", "", 1).isdigit():
        if _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
            day = day_of(float(text), from_1904=reading.from_1904)
            if day is not None:
                return day.isoformat()
        if digits := _DIGITS.fullmatch(text):
            return _day(text, *digits.groups())
    if full := _FULL.fullmatch(text):
        return _day(text, *full.groups())
    if short := _SHORT.fullmatch(text):
        day_text = _day(text, f"20{short[1]}", short[2], short[3])
        return _told(reading, text, day_text)
    if partly := _NO_YEAR.fullmatch(text):
        return _told(reading, text, _of_campaign(text, partly[1], partly[2], reading))
    raise CellError(NOT_A_DAY, value=shorten(text))


def read_code(cell: Any, labels: Mapping[str, str]) -> str:
    """Return the code of a label; `labels` are those of `app.features.imports.rules.labels`."""
    text = read_text(cell)
    code = labels.get(level_label(text))
    if code is None:
        known = list(dict.fromkeys(labels.values()))
        raise CellError(UNKNOWN_LABEL, value=shorten(text), expected=choices(known))
    return code


def read_codes(cell: Any, labels: Mapping[str, str]) -> list[str]:
    """Return the codes of several labels, each once."""
    return list(dict.fromkeys(read_code(part, labels) for part in split(read_text(cell))))


def split(text: str) -> Iterator[str]:
    """Yield the parts of a list, parted by 、，；/ or spaces; a name may be written with one.

    Two characters alone, one after the other, are a name of two: 张 三.
    """
    for part in _LIST.split(compose(text)):
        single = ""
        for word in _SPACES.split(part.strip()):
            if single and len(word) == 1:
                yield single + word
                single = ""
                continue
            if single:
                yield single
            single = word if len(word) == 1 else ""
            if len(word) > 1:
                yield word
        if single:
            yield single


def level_label(text: str) -> str:
    """Return a label without what differs between two that say the same."""
    return _SPACES.sub("", _plain(text)).lower()


def shorten(text: str) -> str:
    """Return a text that is short enough for a sentence."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _plain(text: str) -> str:
    return compose(text).strip()


def _day(text: str, year: str | int, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise CellError(NOT_A_DAY, value=shorten(text)) from None


def _of_campaign(text: str, month: str, day: str, reading: Reading) -> str:
    """Return the one day of the campaign that has this month and day."""
    _day(text, 2000, month, day)  # which any of these is, be it the 29th of February
    if reading.starts_on is None:
        raise CellError(YEAR_MISSING, value=shorten(text))
    last = reading.ends_on or max(clock.today(), reading.starts_on + timedelta(days=1))
    found = []
    for year in range(reading.starts_on.year, last.year + 1):
        try:
            here = date(year, int(month), int(day))
        except ValueError:
            continue
        if reading.starts_on <= here <= last:
            found.append(here)
    if len(found) != 1:
        raise CellError(YEAR_MISSING, value=shorten(text))
    return found[0].isoformat()


def _told(reading: Reading, text: str, day: str) -> str:
    reading.warnings.append(YEAR_FOUND.filled(value=shorten(text), day=day))
    return day
