"""Pure rules of inspections: their life, and that of what must follow from them."""

from typing import Final

from app.features.findings.rules import FINDING
from app.features.submissions.rules import Side, Table, Transition

LIFE: Final[Table] = {
    "edit": Transition(frozenset({"submitted"}), None, Side.SUPERIOR),
    "withdraw": Transition(frozenset({"submitted"}), "withdrawn", Side.SUPERIOR),
    "answer": Transition(frozenset({"submitted"}), None, Side.OWNER),
}
"""Who inspected enters, corrects and withdraws; who was inspected answers."""

FOLLOW_UP: Final[Table] = {
    # An answer is given at once, too: the work on it need not have been called begun.
    **{name: step for name, step in FINDING.items() if name not in {"edit", "amend"}},
    "report_done": Transition(frozenset({"open", "in_progress"}), "reported_done", Side.OWNER),
}
"""The life of what must follow: that of a finding."""
