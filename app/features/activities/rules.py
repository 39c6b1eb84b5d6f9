"""Pure rules of activities: what must agree within one, and with its campaign.

Of findings: their life, and when they are overdue.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final

from app.features.activities import errors
from app.features.counts.rules import UNSETTLED
from app.features.reviews.errors import TWICE
from app.features.reviews.rules import Side, Table, Transition
from app.kit.problems import FieldError
from app.kit.validation import REQUIRED

FINDING: Final[Table] = {
    "edit": Transition(frozenset({"open", "in_progress"}), None, Side.OWNER),
    "start": Transition(frozenset({"open"}), "in_progress", Side.OWNER),
    "report_done": Transition(frozenset({"in_progress"}), "reported_done", Side.OWNER),
    "return": Transition(frozenset({"reported_done"}), "in_progress", Side.SUPERIOR, reasoned=True),
    "verify": Transition(frozenset({"reported_done"}), "verified", Side.SUPERIOR),
    "close": Transition(frozenset({"verified"}), "closed", Side.SUPERIOR),
    "reopen": Transition(frozenset({"verified", "closed"}), "open", Side.SUPERIOR, reasoned=True),
}
"""The life of a finding: its unit works on it, a superior verifies and closes it (销号)."""

FINDING_DONE: Final = {
    "start": "started", "report_done": "reported_done", "return": "returned",
    "verify": "verified", "close": "closed", "reopen": "reopened",
}  # fmt: skip
"""Action → what the finding's history and its events call it once it is done."""


def overdue(status: str, nature: str, due_on: date | None, today: date) -> bool:
    """Whether a finding's day has passed; what has none, or is kept up for long, has no day."""
    late = due_on is not None and due_on < today
    return late and status in UNSETTLED and nature != "long_term"


def handling_errors(
    pointer: str, handling: str, handler: str | None, answer: str | None
) -> Iterator[FieldError]:
    """What was assigned was so to somebody; what was answered or resolved has its answer."""
    if handling == "assigned" and handler is None:
        yield REQUIRED.at(f"{pointer}/handler")
    if handling in {"answered", "resolved"} and answer is None:
        yield REQUIRED.at(f"{pointer}/answer")


def date_errors(held_on: date, ended_on: date | None) -> Iterator[FieldError]:
    """The last day must not be before the first."""
    if ended_on is not None and ended_on < held_on:
        yield errors.ENDS_BEFORE_START.at("/ended_on")


def attendance_errors(due: int | None, present: int | None) -> Iterator[FieldError]:
    """No more members can attend than were due."""
    if due is not None and present is not None and present > due:
        yield errors.MORE_THAN_DUE.at("/members_present", due=due)


def code_errors(
    pointer: str, given: Sequence[str], known: Collection[str], what: str
) -> Iterator[FieldError]:
    """Every code must be one of the campaign's, and stand once."""
    for index, code in enumerate(given):
        if code not in known:
            expected = ", ".join(sorted(known))
            place = f"{pointer}/{index}"
            yield errors.NOT_IN_CAMPAIGN.at(place, what=what, expected=expected)
    yield from repeated(pointer, given)


def repeated(pointer: str, given: Sequence[object], suffix: str = "") -> Iterator[FieldError]:
    """Nothing may stand twice in a list."""
    seen: set[object] = set()
    for index, value in enumerate(given):
        if value in seen:
            yield TWICE.at(f"{pointer}/{index}{suffix}")
        seen.add(value)
