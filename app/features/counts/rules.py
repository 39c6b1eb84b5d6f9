"""What is counted, and in which states."""

from typing import Final

WORK: Final = (
    "activities", "attendances", "members_reached", "branches_with_references", "items",
    "households", "households_visited", "people_received", "volunteers", "volunteer_hours",
    "column_issues", "findings_open", "findings_closed", "findings_overdue", "opinions", "reports",
    "nil_returns", "adopted", "inspections",
)  # fmt: skip
"""What was done, each by the day from which it counts."""

REACH: Final = ("organizations", "branches", "organizations_inspected", "branches_met")
"""How far it reaches: organizations there are, and those of them that were inspected or met."""

ADDED_UP: Final = (*WORK, *REACH)
"""The counts that are read."""

KEPT: Final = (*ADDED_UP, "persons", "person_times")
"""The counts that are kept: with those that the last release answers."""

STANDING: Final = ("submitted", "accepted")
"""States in which a submission counts as done."""
