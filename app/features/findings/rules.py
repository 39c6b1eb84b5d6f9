"""Pure rules of findings and opinions: their life, and when a finding is overdue."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from app.features.counts.rules import UNSETTLED
from app.features.submissions.rules import Side, Table, Transition
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
    """Return whether a finding's day has passed; one without a day or kept up for long has none."""
    late = due_on is not None and due_on < today
    return late and status in UNSETTLED and nature != "long_term"


def handling_errors(
    pointer: str, handling: str, handler: str | None, answer: str | None
) -> Iterator[FieldError]:
    """Yield an error if what was assigned has no handler, or answered or resolved no answer."""
    if handling == "assigned" and handler is None:
        yield REQUIRED.at(f"{pointer}/handler")
    if handling in {"answered", "resolved"} and answer is None:
        yield REQUIRED.at(f"{pointer}/answer")
