"""Pure rules of inspections: their life, and when an answer is overdue."""

from datetime import date
from typing import Final

from app.features.submissions.rules import Side, Table, Transition

LIFE: Final[Table] = {
    "edit": Transition(frozenset({"submitted"}), None, Side.SUPERIOR),
    "withdraw": Transition(frozenset({"submitted"}), "withdrawn", Side.SUPERIOR),
    "answer": Transition(frozenset({"submitted"}), None, Side.OWNER),
}
"""Who inspected enters, corrects and withdraws; who was inspected answers."""


def overdue(due_on: date | None, today: date, *, answered: bool) -> bool:
    """Return whether an answer's day has passed; "promptly" has none."""
    return not answered and due_on is not None and due_on < today
