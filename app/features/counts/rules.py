"""What is counted, and in which states."""

from typing import Final

WORK: Final = (
    "activities", "persons", "person_times", "findings_open", "findings_closed",
    "findings_overdue", "opinions", "reports", "nil_returns", "adopted", "inspections",
)  # fmt: skip
"""The counts, each by the day from which it counts."""

STANDING: Final = ("submitted", "accepted")
"""States in which a submission counts as done."""

UNSETTLED: Final = ("open", "in_progress")
"""States in which a finding can be overdue: later the superior has it."""
