"""Field types of request bodies: text without traps, days, counts, codes.

Every input model derives from `Input`, which refuses fields it does not know.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.kit.personal import find_resident_number
from app.kit.validation import PERSONAL_NUMBER

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
# Runs of what is neither Latin nor Chinese, where marks that combine with a letter stand.
_RARE: Final = re.compile("[^\x00-\u02ff\u2000-\u206f\u3000-\u3029\u3400-\u9fff\uff00-\uffef]{31,}")
_MADE_OF_MARKS: Final = "\u0f73\u0f75\u0f81"
_MOST_MARKS: Final = 30
"""Combining marks in a row (Unicode TR 15, stream-safe text): sorting them costs their square."""
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
MAX_COUNT: Final = 2_000_000_000


class Input(BaseModel):
    """Base of request bodies: unknown fields are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Output(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(from_attributes=True)


class Filter(BaseModel):
    """Base of what a list can be narrowed to: each field is a query parameter of that name.

    Other parameters are left alone: the route class refuses those that the route does not take.
    """

    model_config = ConfigDict(extra="ignore")


def fit_parameter(value: str) -> bool:
    """Return whether an address's or a header's text can be asked for: no control characters."""
    return not (_CONTROL.search(value) or _SURROGATE.search(value) or _LINE_BREAK.search(value))


def _clean(value: str) -> str:
    """Return it in NFC, without what is never seen, line ends as line feeds.

    Raises on characters that no honest text needs, on text that shows nothing, and on identity
    numbers.
    """
    if _SURROGATE.search(value):
        raise _bad_text("surrogate")
    if "\x00" in value:
        raise _bad_text("NUL")
    _refuse_many_marks(value)
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if _BIDI.search(value):
        raise _bad_text("bidirectional control")
    if _CONTROL.search(value):
        raise _bad_text("control")
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


def _without_invisible(value: str) -> str:
    value, number = _INVISIBLE.subn("", value)
    value = value.strip() if number else value
    if not any(map(_is_seen, value)):
        raise PydanticCustomError("too_short", "text that shows nothing", {"min_length": 1})
    return value


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _SHOWS_NOTHING and character not in _BLANK


def _refuse_many_marks(value: str) -> None:
    if any(_has_too_many_marks(run) for run in _RARE.findall(value)):
        raise _bad_text("too many combining marks in a row")


def _has_too_many_marks(text: str) -> bool:
    marks = 0
    for character in text:
        is_mark = unicodedata.combining(character) or character in _MADE_OF_MARKS
        marks = marks + 1 if is_mark else 0
        if marks > _MOST_MARKS:
            return True
    return False


def _clean_line(value: str) -> str:
    value = _clean(value)
    if _LINE_BREAK.search(value):
        raise _bad_text("line break")
    return value


def _bad_text(what: str) -> PydanticCustomError:
    return PydanticCustomError("bad_text", "characters that are not allowed", {"what": what})


def _instant(value: Any) -> Any:
    """Only RFC 3339: Pydantic alone would also take numbers and times without a zone."""
    fits = isinstance(value, str) and _INSTANT.fullmatch(value)
    if isinstance(value, datetime) or (fits and _FIRST_YEAR <= int(value[:4]) <= _LAST_YEAR):
        return value
    raise PydanticCustomError("bad_format", "an instant", {"expected": "2026-01-31T12:00:00Z"})


def _day(value: Any) -> Any:
    """Only `YYYY-MM-DD`: Pydantic alone would also take numbers and instants."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("bad_format", "a day", {"expected": "YYYY-MM-DD"})
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("bad_format", "a day", {"expected": "YYYY-MM-DD"}) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise PydanticCustomError(
            "bad_format", "a day", {"expected": f"{_FIRST_YEAR}-01-01 … {_LAST_YEAR}-12-31"}
        )
    return day


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean_line)]
"""One line of 1 to 200 characters: a name, a title, a place."""

LongLine = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_clean_line)]
"""One line of up to 2,000 characters: an address of a page, a reference."""

Paragraphs = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_clean)]
"""Text of up to 20,000 characters with line breaks."""

Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_clean_line)]
"""A code as its authority writes it: kept as a string, leading zeros and all."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A code of this service's own data: lower case letters, digits, `-`, `_`."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(examples=["2013-01-15"], json_schema_extra={"format": "date"}),
]
"""A day on the calendar of China, `YYYY-MM-DD`."""

Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""An instant of RFC 3339 with its zone."""

Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
"""A count of persons, person-times, items or households."""

SortOrder = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
"""Place in the authority's own order, ascending."""
