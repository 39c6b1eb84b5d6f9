"""One duty of one subject in the independent recount, and its share in the figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
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
    anew: bool = False
    """True if it is owed anew in each period: only days from its opening to its due day count."""

    @property
    def key(self) -> tuple[str, str]:
        """Return the requirement and who owes it."""
        return self.requirement, self.subject

    def takes(self, day: date) -> bool:
        """Return whether what was done on a day counts for it."""
        if not self.anew or self.opens_on is None or self.due_on is None:
            return True
        return self.opens_on <= day <= self.due_on

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


def days_owed(
    requirement: Mapping[str, Any], first: date | None, last: date | None, today: date
) -> Iterator[tuple[tuple[str, ...], date | None, date | None]]:
    """Yield when a requirement is owed: once, or in each period that has begun, with its name."""
    opens_on, due_on = day_of(requirement["opens_on"]), day_of(requirement["due_on"])
    every, first = requirement.get("every"), opens_on or first
    if every is None or first is None:
        yield (), opens_on, due_on
        return
    for begins, ends in periods(every, first, due_on or last, today):
        yield (str(begins),), begins, ends


def periods(every: str, first: date, last: date | None, today: date) -> list[tuple[date, date]]:
    """Return the first and last days of the periods that have begun, going through every day.

    What is left of a period at either end is added to the one beside it, if it is less than half.
    """
    months = {"month": 1, "quarter": 3, "half_year": 6}[every]
    end = last or today + timedelta(days=400)
    parts: dict[date, list[date]] = {}
    for number in range((end - first).days + 1):
        day = first + timedelta(days=number)
        begin = date(day.year, (day.month - 1) // months * months + 1, 1)
        parts.setdefault(begin, []).append(day)
    found = [
        (part[0], part[-1], _is_less_than_half(begin, months, part))
        for begin, part in parts.items()
    ]
    if len(found) > 1 and found[0][2]:
        found[:2] = [(found[0][0], found[1][1], False)]
    if len(found) > 1 and found[-1][2] and last is not None:
        found[-2:] = [(found[-2][0], found[-1][1], False)]
    return [(opens, due) for opens, due, _ in found if opens <= today]


def _is_less_than_half(begin: date, months: int, part: list[date]) -> bool:
    after = begin.year * 12 + begin.month - 1 + months
    whole = date(after // 12, after % 12 + 1, 1) - begin
    return 2 * timedelta(days=len(part)) < whole


def kinds_of_report(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of report that evidence asks for, if it asks for some."""
    return tuple(evidence["kinds"]) if evidence["record"] == "report" else ()


def days_of(campaign: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the first and the last day of a campaign as it was answered."""
    return campaign["starts_on"], campaign["ends_on"]


def day_of(value: str | None) -> date | None:
    """Return a day as it was sent."""
    return date.fromisoformat(value) if value else None


def add(total: Tally, share: Mapping[str, int]) -> None:
    """Add a share to a total."""
    for name, value in share.items():
        total[name] += value
