"""Pure rules of activities: what must agree within one, and with its campaign.

Of findings: their life, and when they are overdue.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from app.features.activities import errors
from app.features.submissions.errors import TWICE
from app.kit.levelling import compose
from app.kit.problems import FieldError


def date_errors(held_on: date, ended_on: date | None) -> Iterator[FieldError]:
    """Yield an error where the last day is before the first."""
    if ended_on is not None and ended_on < held_on:
        yield errors.ENDS_BEFORE_START.at("/ended_on")


def attendance_errors(due: int | None, present: int | None) -> Iterator[FieldError]:
    """Yield an error where more members attended than were due."""
    if due is not None and present is not None and present > due:
        yield errors.MORE_THAN_DUE.at("/members_present", due=due)


def repeated(pointer: str, given: Sequence[object], suffix: str = "") -> Iterator[FieldError]:
    """Yield an error for every value that stands in a list again."""
    seen: set[object] = set()
    for index, value in enumerate(given):
        if value in seen:
            yield TWICE.at(f"{pointer}/{index}{suffix}")
        seen.add(value)


Likeness = tuple[str, frozenset[str]]
"""The numbers in a title, and its other letters in twos."""


def likeness(title: str) -> Likeness:
    """Return what makes titles near: width, case and whatever is no letter are left out.

    By it two titles are compared in time linear in their length.
    """
    letters = [c for c in compose(title).casefold() if c.isalnum()]
    numbers = "".join(c for c in letters if c.isdigit())
    twos = frozenset(map("".join, pairwise(letters)))
    return numbers, twos or frozenset(letters) or frozenset({title})


def is_near(one: Likeness, other: Likeness) -> bool:
    """Return whether two titles say the same but for a slip of the pen; other numbers are none."""
    return one[0] == other[0] and 2 * len(one[1] & other[1]) >= _NEAR * (
        len(one[1]) + len(other[1])
    )


_NEAR: Final = 0.6
