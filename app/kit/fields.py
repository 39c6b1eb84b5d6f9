"""Field types of request bodies: text without traps, days, counts, codes.

Every input model derives from `Input`, which refuses fields it does not know.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from app.kit.language import Text
from app.kit.levelling import has_many_marks
from app.kit.personal import find_resident_number
from app.kit.validation import DAY, INSTANT, PERSONAL_NUMBER

# Overrides, embeddings and isolates turn text around without showing it (Unicode TR 9).
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
# Comes along when text is copied, and is never seen: two texts that differ only in it are one.
_INVISIBLE: Final = re.compile("[\u00ad\u180e\u200b\u2060\ufeff]")
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that show nothing."""
_SHOWS_NOTHING: Final = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})
_LINE_BREAK: Final = re.compile("[\t\n]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
MAX_COUNT: Final = 2_000_000_000
CONTROLS: Final = Text("控制字符", "control characters")
_HALF: Final = Text("不成对的代理字符", "half of a character")
_NUL: Final = Text("空字符", "NUL")
_TURNING: Final = Text("文字方向控制符", "controls of the direction of text")
_MARKS: Final = Text("连续过多的组合符号", "too many combining marks in a row")
_BREAKS: Final = Text("换行", "line breaks")
_CALENDAR: Final = Text(
    f"{_FIRST_YEAR} 年至 {_LAST_YEAR} 年的日期", f"a day of the years {_FIRST_YEAR} to {_LAST_YEAR}"
)


class Input(BaseModel):
    """Base of request bodies: unknown fields are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(from_attributes=True)


DEFAULTED: Final = (
    "Fields that were filled in, for they were not sent. 未填报而由系统按已有信息补全的字段。"
)
"""What `defaulted` is, in the answer to what was entered just now."""


class Warned(BaseModel):
    """Something unusual that was accepted."""

    code: str
    detail: str
    count: int | None = Field(default=None, description="How many records it concerns. 涉及条数。")


class Filter(BaseModel):
    """Base of what a list can be narrowed to: each field is a query parameter of that name.

    Other parameters are left alone: the route class refuses those that the route does not take.
    """

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


def find_unfit(value: str) -> Text | None:
    """Return what of an address's or a header's text cannot be asked for, for no text has it."""
    if _CONTROL.search(value) or _SURROGATE.search(value) or _LINE_BREAK.search(value):
        return CONTROLS
    return _MARKS if has_many_marks(value) else None


def _clean(value: str) -> str:
    """Return it in NFC, without what is never seen, line ends as line feeds.

    Raises on characters that no honest text needs, on text that shows nothing, and on identity
    numbers.
    """
    if _SURROGATE.search(value):
        raise _bad_text(_HALF)
    if "\x00" in value:
        raise _bad_text(_NUL)
    _refuse_many_marks(value)
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if _BIDI.search(value):
        raise _bad_text(_TURNING)
    if _CONTROL.search(value):
        raise _bad_text(CONTROLS)
    if not value.isascii():
        value = _without_invisible(value)
        _refuse_many_marks(value)  # what is invisible may have stood between them
    refuse_personal_number(value)
    return value


def refuse_personal_number(value: str, *, checked: bool = True) -> None:
    """Raise where a text holds an identity number; `checked` as in `find_resident_number`."""
    place = find_resident_number(value, checked=checked)
    if place is not None:
        kind = PERSONAL_NUMBER.code
        raise PydanticCustomError(kind, "a resident identity number", {"place": place + 1})


def _impersonal(value: str) -> str:
    refuse_personal_number(value)
    return value


def _without_invisible(value: str) -> str:
    value, number = _INVISIBLE.subn("", value)
    value = value.strip() if number else value
    if not any(map(_is_seen, value)):
        raise PydanticCustomError("string_too_short", "text that shows nothing", {"min_length": 1})
    return value


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _SHOWS_NOTHING and character not in _BLANK


def _refuse_many_marks(value: str) -> None:
    if has_many_marks(value):
        raise _bad_text(_MARKS)


def _clean_line(value: str) -> str:
    value = _clean(value)
    if _LINE_BREAK.search(value):
        raise _bad_text(_BREAKS)
    return value


def _bad_text(what: Text) -> PydanticCustomError:
    return PydanticCustomError("bad_text", "characters that are not allowed", {"what": what})


def _instant(value: Any) -> Any:
    """Only RFC 3339: Pydantic alone would also take numbers and times without a zone."""
    fits = isinstance(value, str) and _INSTANT.fullmatch(value)
    if isinstance(value, datetime) or (fits and _FIRST_YEAR <= int(value[:4]) <= _LAST_YEAR):
        return value
    raise PydanticCustomError("bad_format", "an instant", {"expected": INSTANT})


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _day(value: Any) -> Any:
    """Only `YYYY-MM-DD`: Pydantic alone would also take numbers and instants."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("bad_format", "a day", {"expected": DAY})
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("bad_format", "a day", {"expected": DAY}) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise PydanticCustomError("bad_format", "a day", {"expected": _CALENDAR})
    return day


def patterned(pattern: str, zh: str, en: str) -> tuple[AfterValidator, FieldInfo]:
    """Return the marks of a text that has a pattern, told in words where it is broken."""
    expected, fitting = Text(zh, en), re.compile(pattern)

    def check(value: str) -> str:
        if fitting.search(value) is None or value.endswith("\n"):
            raise PydanticCustomError("bad_format", "a pattern", {"expected": expected})
        return _impersonal(value)

    return AfterValidator(check), Field(json_schema_extra={"pattern": pattern})


_Text = Annotated[str, StringConstraints(strip_whitespace=True)]

Line = Annotated[_Text, Field(min_length=1, max_length=200), AfterValidator(_clean_line)]
"""One line of 1 to 200 characters: a name, a title, a place."""

LongLine = Annotated[_Text, Field(min_length=1, max_length=2000), AfterValidator(_clean_line)]
"""One line of up to 2,000 characters: an address of a page, a reference."""

Paragraphs = Annotated[_Text, Field(min_length=1, max_length=20_000), AfterValidator(_clean)]
"""Text of up to 20,000 characters with line breaks."""

Code = Annotated[_Text, Field(min_length=1, max_length=64), AfterValidator(_clean_line)]
"""A code as its authority writes it: kept as a string, leading zeros and all."""

Slug = Annotated[
    str,
    *patterned(
        r"^[a-z0-9][a-z0-9_-]{0,63}$",
        "1 至 64 个小写英文字母、数字、“-”或“_”，以字母或数字开头",
        "1 to 64 lower case letters, digits, - or _, beginning with a letter or digit",
    ),
]
"""A code of this service's own data: lower case letters, digits, `-`, `_`."""

KnownCode = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"pattern": r"^[a-z0-9][a-z0-9_-]{0,63}$"}),
    AfterValidator(_impersonal),
]
"""A code that must be one of a campaign's: which ones there are is told, not how they look."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(examples=["2013-01-15"], json_schema_extra={"format": "date"}),
]
"""A day on the calendar of China, `YYYY-MM-DD`."""

Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_utc)]
"""An instant of RFC 3339 with its zone, in UTC from here on."""

Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
"""A count of persons, person-times, items or households."""

SortOrder = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
"""Place in the authority's own order, ascending."""
