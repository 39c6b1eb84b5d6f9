"""Tables: columns with their headings in two languages, and what their values look like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from app.kit.language import Labelled, Language, Text

ColumnKind = Literal["text", "number", "day", "share"]
Value = Any
"""Text, a number, a day, a truth, a list of texts or codes; None where there is nothing."""
_YES, _NO = Text("是", "yes"), Text("否", "no")
_BETWEEN: Final[Mapping[Language, str]] = {"zh": "、", "en": "; "}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    """Its name for programs."""
    title: Text
    width: int = 12
    """In characters of the standard font; a Chinese one takes two."""
    kind: ColumnKind = "text"
    labels: Mapping[str, Labelled] | None = None
    """What codes are called; a code without a label stands as it is."""
    group: Text | None = None
    """The heading above those of several columns."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is said of a table beside its rows."""

    title: str
    notes: Sequence[str]
    """Lines below the title: whose it is, of which day, when it was made."""
    columns: Sequence[Column]
    language: Language
    sheet: str
    """What the sheet of a workbook is called."""
    fixed: int = 3
    """Columns on the left that stay in sight and are repeated on each page."""


class TableWriter(Protocol):
    """Writes one table to a file, a part of its rows at a time."""

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Write more rows: one value for each column."""

    def close(self) -> None:
        """Write what is left; only then the file is whole."""


def heading(column: Column, language: Language) -> str:
    """Return the heading of a column by itself, that of its group in front."""
    title = column.title.say(language)
    return title if column.group is None else f"{column.group.say(language)}：{title}"


def shower(column: Column, language: Language) -> Callable[[Value], Value]:
    """Return what makes of a column's value that which people read: text, a number or a day."""
    if column.kind != "text":
        return lambda value: value
    labels = {code: str(getattr(of, language)) for code, of in (column.labels or {}).items()}
    between = _BETWEEN[language]
    yes, no = _YES.say(language), _NO.say(language)

    def show(value: Value) -> Value:
        if value is None:
            return None
        if value is True or value is False:
            return yes if value else no
        if isinstance(value, list | tuple):
            return between.join(labels.get(each, str(each)) for each in value) or None
        return labels.get(value, value)

    return show
