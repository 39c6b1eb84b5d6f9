"""The figures that are compared: their names, and a subtree's by group."""

from dataclasses import dataclass
from typing import Final

from app.demo.duties import Tally

FIGURES: Final = ("due", "done", "on_time", "late", "nil", "open", "overdue", "returned", "exempt",
                  "upcoming", "surplus")  # fmt: skip
COUNTS: Final = ("activities", "attendances", "members_reached", "branches_with_references",
                 "items", "households", "households_visited", "people_received", "volunteers",
                 "volunteer_hours", "column_issues", "findings_open", "findings_closed",
                 "findings_overdue", "opinions", "reports", "nil_returns",
                 "inspections", "inspected/n", "inspected/of", "branches_met/n",
                 "branches_met/of")  # fmt: skip
"""Counts by name; what has parts by its name and theirs."""


@dataclass(frozen=True, slots=True)
class Groups:
    """A unit's subtree and its parts: figures by requirement, and counts, of whole and parts."""

    whole: dict[str, Tally]
    whole_counts: Tally
    parts: dict[str, dict[str, Tally]]
    parts_counts: dict[str, Tally]
