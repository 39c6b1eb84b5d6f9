"""One duty of one subject in the independent recount, and its share in the figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Tally = dict[str, int]


@dataclass(slots=True)
class Duty:
    """One requirement owed by one subject; `days` are those of all that counts for it."""

    requirement: str
    subject: str
    organization: str
    opens_on: date | None
    due_on: date | None
    wanted: int
    exempt: bool
    kinds: tuple[str, ...] = ()
    """Of reports, if it asks for some."""
    days: list[date] = field(default_factory=list)
    nil: list[date] = field(default_factory=list)
    """Days of nil returns that settle it."""

    @property
    def open(self) -> bool:
        """Return whether it is still owed."""
        return not self.exempt and len(self.days) < self.wanted

    def tally(self, today: date) -> Tally:
        """Its share in the figures: each 0 or 1, but for the surplus."""
        if self.exempt:
            return {"exempt": 1}
        if self.open and self.nil and min(self.nil) <= today:
            return {"due": 1, "nil": 1}
        if self.open:
            if self.opens_on is not None and self.opens_on > today:
                return {"upcoming": 1}
            missed = self.due_on is not None and self.due_on < today
            return {"due": 1, "open": 1, "overdue": int(missed)}
        finished = sorted(self.days)[self.wanted - 1]
        late = self.due_on is not None and finished > self.due_on
        in_time = {"late": 1} if late else {"on_time": 1}
        return {"due": 1, "done": 1, "surplus": len(self.days) - self.wanted, **in_time}


def kinds_of_report(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of report that evidence asks for, if it asks for some."""
    return tuple(evidence["kinds"]) if evidence["record"] == "report" else ()


def day_of(value: str | None) -> date | None:
    """Return a day as it was sent."""
    return date.fromisoformat(value) if value else None


def add(total: Tally, share: Mapping[str, int]) -> None:
    """Add a share to a total."""
    for name, value in share.items():
        total[name] += value
