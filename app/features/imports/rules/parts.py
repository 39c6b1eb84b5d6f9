"""What belongs to an activity and has a record of its own: who took part, findings, opinions."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from app.features.imports.errors import UNEQUAL_PARTS
from app.features.imports.rules.columns import Layout
from app.features.imports.rules.rows import Draft, Surroundings, read_row
from app.kit.problems import FieldError

_ENTRY: Final = re.compile(
    r"(?:^|(?<=[\n;。；]))\s*(?:\(?\d{1,2}[.、)](?!\d)|[①-⑳]|[一二三四五六七八九十]{1,2}、"
    r"|\([一二三四五六七八九十]{1,2}\))\s*"
)
"""The number before each of several entries in one cell."""
_CIRCLED: Final = re.compile(r"([①-⑳])")
_END: Final = " \t\r\n;；"


class Beside(NamedTuple):
    """A row of a further sheet."""

    sheet: int
    line: int
    values: list[Any]


@dataclass(slots=True)
class Origins:
    """From which row of a further sheet each part comes; None where it stands in the row itself."""

    of: dict[str, list[tuple[int, int] | None]] = field(default_factory=dict)

    def find(self, pointer: str) -> tuple[int, int] | None:
        """Return the sheet and line of the part that a pointer is about."""
        head, _, rest = pointer.strip("/").partition("/")
        number = rest.partition("/")[0]
        known = self.of.get(head, [])
        return known[int(number)] if number.isdigit() and int(number) < len(known) else None


def spread(body: dict[str, Any], name: str, main: str, heading: str) -> list[FieldError]:
    """Make the parts that stand in the columns of one row into a list, `main` says how many.

    Several entries in one cell are numbered. What is said once holds for all of them; else there
    is one for each. `heading` is what the column of `main` is called.
    """
    given = body.get(name)
    if not isinstance(given, dict):
        return []
    entries = list(split_entries(given.get(main, "")))
    wrong: list[FieldError] = []
    columns: dict[str, list[Any]] = {}
    for field_name, value in given.items():
        several = list(split_entries(value)) if isinstance(value, str) else [value]
        if len(several) not in {1, len(entries)}:
            place = f"/{name}/{field_name}"
            wrong.append(
                UNEQUAL_PARTS.at(place, count=len(several), heading=heading, expected=len(entries))
            )
            continue
        columns[field_name] = several * len(entries) if len(several) == 1 else several
    body[name] = [
        {field_name: values[place] for field_name, values in columns.items()}
        for place in range(len(entries))
    ]
    return wrong


def split_entries(text: str) -> Iterator[str]:
    """Yield the numbered entries of a cell; a text without numbers is one entry."""
    level = _CIRCLED.sub(r"\n\1", text.translate(_WIDTHS))
    found = [part.strip(_END) for part in _ENTRY.split(level)]
    if len([part for part in found[1:] if part]) < 2 or found[0]:  # noqa: PLR2004 - several
        yield text
        return
    yield from (part for part in found if part)


_WIDTHS: Final = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFF10, 0xFF1A), 0xFF08, 0xFF09, 0xFF0E)
}  # fmt: skip
"""Figures and brackets of full width."""


def read_further(
    draft: Draft,
    more: Sequence[Beside],
    layouts: Mapping[int, tuple[str, Layout]],
    around: Surroundings,
) -> Origins:
    """Give a record what further sheets say that belongs to it; return where each part is from."""
    origins = Origins()
    for sheet, line, values in more:
        name, layout = layouts[sheet]
        known = draft.body.setdefault(name, [])
        places = origins.of.setdefault(name, [None] * len(known))
        part = read_row(values, layout, around, home=draft.home)
        where = {"sheet": sheet, "line": line}
        draft.errors += [error | where for error in part.errors]
        draft.warnings += [warning | where for warning in part.warnings]
        draft.resolved += part.resolved
        said = part.body.get(name, {})
        twice = next((p for p in known if _is_same_person(name, p, said)), None)
        if twice is not None:
            twice.update(said)
        elif said or not part.errors:
            known.append(said)
            places.append((sheet, line))
    _take_only_check(draft.body)
    return origins


def _take_only_check(body: dict[str, Any]) -> None:
    """Let findings that do not say by which check they were found be of the activity's only one."""
    checks, findings = body.get("checks", []), body.get("findings", [])
    for finding in findings if isinstance(findings, list) and len(checks) == 1 else ():
        finding.setdefault("check", checks[0])


def _is_same_person(name: str, known: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    return name == "participants" and known.get("leader_id") == said.get("leader_id")
