"""Pure rules of campaigns: document numbers, codes, the reach and the dates of requirements."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, count
from typing import Any, Final
from uuid import UUID, uuid5

from app.features.campaigns import asking
from app.kit import ids
from app.kit.ids import is_within
from app.kit.language import Text
from app.kit.periods import MONTHS, list_periods

DOCUMENT_NUMBER: Final = re.compile(
    r"(?P<agency>[\u4e00-\u9fff]{2,20})〔(?P<year>(?:19|20)[0-9]{2})〕(?P<seq>[1-9][0-9]{0,5})号"
)
"""A document number as GB/T 9704-2012, 7.2.5 writes it: 佛组通〔2013〕5号."""

_LONGEST_CODE: Final = 64
_AS_TYPED: Final = re.compile(r"(.+)〔([0-9]{4})〕第?0*([1-9][0-9]*)号")
_BRACKETS: Final = dict.fromkeys("[［(（【❲﹝〔", "〔") | dict.fromkeys("]］)）】❳﹞〕", "〕")
_DIGITS: Final = {chr(ord("０") + digit): str(digit) for digit in range(10)}
_CHARACTERS: Final = str.maketrans(_BRACKETS | _DIGITS | dict.fromkeys(" \u3000\u00a0", ""))


OUTSIDE: Final = {
    "activity": Text(
        "有 {count} 条活动记录的日期不在主题活动期间，记录保留并继续计入。",
        "{count} activities are of days outside of the campaign; they stay and count.",
    ),
    "leader_record": Text(
        "有 {count} 条“三个一”记录的日期不在主题活动期间，记录保留并继续计入。",
        "{count} leaders' records are of days outside of the campaign; they stay and count.",
    ),
    "report": Text(
        "有 {count} 篇报送材料的日期早于主题活动开始日期，材料保留并继续计入。",
        "{count} reports are of days before the campaign; they stay and count.",
    ),
    "inspection": Text(
        "有 {count} 次指导检查的日期不在主题活动期间，记录保留并继续计入。",
        "{count} inspections are of days outside of the campaign; they stay and count.",
    ),
}
"""What a change of days tells of records of each kind."""


def document_number(text: str) -> str | None:
    """Return the document number in its one written form, None for what is no document number.

    Takes every kind of bracket, full-width digits, spaces, 第 and leading zeros, as people type
    them; the standard has hexagonal brackets and none of the rest.
    """
    typed = _AS_TYPED.fullmatch(text.translate(_CHARACTERS))
    if typed is None:
        return None
    number = "{}〔{}〕{}号".format(*typed.groups())
    return number if DOCUMENT_NUMBER.fullmatch(number) else None


def notice_id(campaign_id: UUID, number: str) -> UUID:
    """Return the id of a campaign's own notice, which follows from its document number."""
    return uuid5(campaign_id, number)


def free_code(code: str, taken: Collection[str]) -> str:
    """Return the code, with the first number behind it under which none is taken."""
    numbers = (f"-{number}" for number in count(2))
    ways = (f"{code[: _LONGEST_CODE - len(end)]}{end}" for end in chain([""], numbers))
    return next(way for way in ways if way not in taken)


def repeated(codes: Sequence[str]) -> Iterator[int]:
    """Places of the codes that stand before already."""
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            yield place
        seen.add(code)


def unknown_parents(items: Iterable[tuple[str, str | None]], known: Iterable[str]) -> Iterator[int]:
    """Places of the (code, parent) pairs whose parent is neither known nor before them.

    A parent stands before its children, so there are no cycles.
    """
    before = set(known)
    for place, (code, parent) in enumerate(items):
        if parent is not None and parent not in before:
            yield place
        before.add(code)


def outside(day: date | None, starts_on: date, ends_on: date | None) -> bool:
    """Return whether a day is given and lies outside the campaign."""
    return day is not None and (day < starts_on or (ends_on is not None and day > ends_on))


_YEAR: Final = timedelta(days=365)
PERIODS_MOST: Final = 60
"""Periods that a requirement may have: five years of months."""
LOCAL_MOST: Final = 10
"""How often all units on one line may ask more of one subject than the campaign's root does."""


def asks_more(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the fields by which a requirement asks more, sooner, or of others than before."""
    found = [name for name in ("evidence", "applies_to") if before[name] != after[name]]
    due_on, was_due_on = after["due_on"], before["due_on"]
    if due_on is not None and (was_due_on is None or due_on < was_due_on):
        found.append("due_on")
    if after["min_count"] > before["min_count"]:
        found.append("min_count")
    every, was_every = after.get("every"), before.get("every")
    if every and (not was_every or is_oftener(every, was_every)):
        found.append("every")
    return found


def is_oftener(one: str, other: str) -> bool:
    """Return whether one kind of period comes round more often than another."""
    return MONTHS[one] < MONTHS[other]


def count_times(every: str | None, min_count: int, first: date, last: date | None) -> int:
    """Return how often a requirement is to be met between two days, in a year if there is no end.

    What is asked anew in each period is asked that often in each.
    """
    if every is None:
        return min_count
    end = last or first + _YEAR
    return min_count * len(list_periods(every, first, end, end))


def find_first_due(
    every: str | None, due_on: date | None, first: date, last: date | None
) -> date | None:
    """Return the day by which a requirement is to be met first."""
    if every is None:
        return due_on
    found = list_periods(every, first, due_on or last, first)
    return found[0].due_on if found else due_on


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a requirement applies to: a place in the tree, how far below it, and who there."""

    path: str
    scope: str
    sectors: frozenset[str] = frozenset()
    unit_kinds: frozenset[str] = frozenset()
    position_levels: frozenset[str] = frozenset()


def holds_all(one: Reach, other: Reach) -> bool:
    """Return whether `one` reaches every subject that `other` may reach."""
    filters = (
        (one.sectors, other.sectors),
        (one.unit_kinds, other.unit_kinds),
        (one.position_levels, other.position_levels),
    )
    wide = all(not a or (bool(b) and b <= a) for a, b in filters)
    return wide and one.scope == "subtree" and is_within(other.path, one.path)


def may_meet(one: Reach, other: Reach) -> bool:
    """Return whether some subject could owe both: no place and no filter keeps the two apart."""
    filters = (
        (one.sectors, other.sectors),
        (one.unit_kinds, other.unit_kinds),
        (one.position_levels, other.position_levels),
    )
    apart = any(a and b and a.isdisjoint(b) for a, b in filters)
    return not apart and (_places_meet(one, other) or _places_meet(other, one))


def shortens(own: date | None, superior: date | None) -> bool:
    """Return whether a subordinate's date is earlier than its superior's.

    A superior's "promptly" has no day that could be shortened, and "promptly" shortens none.
    """
    return own is not None and superior is not None and own < superior


def superiors_date(
    code: str | None, by_code: Mapping[str, tuple[str | None, date | None]]
) -> date | None:
    """Return the nearest date up the line that a requirement passes on.

    `code` is what it extends; `by_code` holds what each code itself extends and its date.
    """
    passed: set[str] = set()
    while code is not None and code in by_code and code not in passed:
        passed.add(code)
        above, due_on = by_code[code]
        if due_on is not None:
            return due_on
        code = above
    return None


def line_above(code: str | None, extends: Mapping[str, str | None]) -> set[str]:
    """All codes up the line from the one that a requirement extends, that one included."""
    line: set[str] = set()
    while code is not None and code not in line:
        line.add(code)
        code = extends.get(code)
    return line


def line_head(code: str, items: Mapping[str, tuple[str | None, Mapping[str, Any]]]) -> str | None:
    """Return the highest code up the line of which whatever meets it meets this one, too, if any.

    `items` holds what each code extends, and its evidence.
    """
    head, passed = None, {code}
    above, evidence = items[code]
    while above is not None and above in items and above not in passed:
        passed.add(above)
        if asking.covers(items[above][1], evidence):
            head = above
        above = items[above][0]
    return head


def dropped(before: Iterable[str], after: Collection[str]) -> list[str]:
    """Codes that were there and are no longer, in their order."""
    return [code for code in before if code not in after]


def _places_meet(one: Reach, other: Reach) -> bool:
    """Return whether `one`'s place reaches into `other`'s; ask both ways round."""
    match one.scope, other.scope:
        case "subtree", "direct_reporters":
            # Below `one`, or `one` is itself one of the direct reporters.
            return is_within(other.path, one.path) or ids.above(one.path) == other.path
        case "subtree", _:
            return is_within(other.path, one.path)
        case "direct_reporters", "self":
            return ids.above(other.path) == one.path
        case scope, other_scope:
            return scope == other_scope and one.path == other.path
