"""Pure rules of urging: what is overdue of one organization, added up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

FIELDS: Final = {
    "obligation": "obligations", "resubmission": "resubmissions", "finding": "findings",
    "opinion": "opinions", "follow_up": "follow_ups",
}  # fmt: skip
"""Kind of a reminder → the field of the answer."""
Late = tuple[str, int, date | None]
"""What it is, how many, the earliest of their days."""


@dataclass(slots=True)
class Urged:
    """What is overdue in the subtree of an organization, and what has no day."""

    overdue: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS.values(), 0))
    since: date | None = None
    promptly: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("obligations", "follow_ups"), 0)
    )

    @property
    def total(self) -> int:
        """Return how much is overdue."""
        return sum(self.overdue.values())

    def add(self, found: Iterable[Late]) -> None:
        """Count what is overdue."""
        for kind, number, day in found:
            if not number or day is None:
                continue
            self.overdue[FIELDS[kind]] += number
            self.since = day if self.since is None else min(self.since, day)
