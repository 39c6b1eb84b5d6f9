"""Pure rules of the ledger: what became of a deadline, and what is counted of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.models.vocabulary.measures import MEASURES


def existed(first_day: date | None, last_day: date | None, day: date) -> bool:
    """Return whether who is there between two days, if any, was there on this one."""
    return (first_day or day) <= day <= (last_day or day)


def on_time(met_on: date | None, due_on: date | None) -> bool | None:
    """Return whether it was met by its day; None while unmet. Without a day ("promptly") always."""
    if met_on is None:
        return None
    return due_on is None or met_on <= due_on


def overdue(status: str, due_on: date | None, today: date, *, returned: bool) -> bool:
    """Return whether an open obligation's day has passed; false if "promptly" or returned."""
    return status == "open" and due_on is not None and due_on < today and not returned


@dataclass(frozen=True, slots=True)
class State:
    """An obligation as the counters see it, at one moment."""

    id: UUID
    unit_id: UUID
    campaign_id: UUID
    requirement_id: UUID
    sector: str
    status: str
    count: int
    min_count: int
    returned: bool
    met_on: date | None
    due_on: date | None
    nil_on: date | None
    period_id: UUID

    @property
    def was_nil(self) -> bool:
        """Return whether a nil return had settled it before it was met."""
        return self.nil_on is not None and self.met_on is not None and self.nil_on < self.met_on

    @property
    def cell(self) -> tuple[UUID, UUID, UUID, str]:
        """Return where it is counted: unit, campaign, period or requirement, sector."""
        counted_as = self.period_id if self.period_id.int else self.requirement_id
        return self.unit_id, self.campaign_id, counted_as, self.sector


class RequirementRow(NamedTuple):
    """An active requirement and what meets it."""

    id: UUID
    campaign_id: UUID
    evidence: dict[str, Any]
    code: str
    title: str
    title_en: str | None
    sort_order: int


@dataclass(frozen=True, slots=True)
class OwedRow(State):
    """An obligation with the days on which its subject is there, and whom it is told of."""

    org_id: UUID
    subject_id: UUID
    opens_on: date | None
    first_day: date | None
    last_day: date | None
    subject_type: str
    name: str
    path: str
    """That of the organization that answers for it."""


Measures = dict[str, int]


def find_differences(before: Iterable[State], after: Iterable[State]) -> list[dict[str, Any]]:
    """Return the changes to the counters when obligations went from one state to another.

    One row for each cell and day whose counts differ: the columns of `counter_deltas`. What has
    no day of its own goes with the cell's first row.
    """
    cells: dict[tuple[UUID, UUID, UUID, str], dict[date | None, Measures]] = defaultdict(dict)
    for sign, states in ((-1, before), (1, after)):
        for state in states:
            for day, measures in _measured(state):
                found = cells[state.cell].setdefault(day, {})
                for name, value in measures.items():
                    found[name] = found.get(name, 0) + sign * value
    rows = []
    for cell, days in cells.items():
        undated = days.pop(None, {})
        changed = [(day, found) for day, found in days.items() if any(found.values())]
        if any(undated.values()):
            changed = changed or [(None, {})]
            changed[0] = (changed[0][0], {**changed[0][1], **undated})
        rows += [dict(zip(_CELL, (*cell, day), strict=True)) | found for day, found in changed]
    return rows


_CELL: Final = ("unit_id", "campaign_id", "requirement_id", "sector", "day")


def _measured(state: State) -> Iterator[tuple[date | None, Measures]]:
    """Yield days and measures of one obligation; nothing if it is void."""
    counted = measure(state, state.status)
    if state.status == "met" and state.was_nil:
        before = measure(state, "nil")
        yield state.nil_on, before
        counted |= {name: counted.get(name, 0) - before[name] for name in before}
    yield {"met": state.met_on, "nil": state.nil_on}.get(state.status), counted


def measure(state: State, status: str) -> Measures:
    """Return what is counted of an obligation that has a status, as `MEASURES` say."""
    late = not on_time(state.met_on, state.due_on)
    return {
        name: state.count - state.min_count if MEASURES[name].surplus else 1
        for name in _list_names(status, late=late, returned=state.returned)
    }


@cache
def _list_names(status: str, *, late: bool, returned: bool) -> tuple[str, ...]:
    return tuple(
        name
        for name, measure in MEASURES.items()
        if status in measure.statuses
        and measure.late in {None, late}
        and (returned or not measure.returned)
    )
