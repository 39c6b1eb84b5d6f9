"""Pure rules of the ledger: what evidence meets which requirement, what became of a deadline."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Evidence:
    """One submitted record, as the ledger sees it.

    `subjects` are all whom it may count for: the organization that held it and leaders.
    """

    record: str
    source_id: UUID
    campaign_id: UUID
    kind: str
    day: date
    subjects: frozenset[UUID]
    topics: frozenset[str] = field(default=frozenset())
    checks: frozenset[str] = field(default=frozenset())
    selected: bool = False
    forwarded: bool = False
    """Its subjects have passed on a writing; false for what they did or wrote themselves."""
    handed_up: bool = False
    """A writing of its subjects that they handed in to a level above them."""
    nil_kinds: frozenset[str] = field(default=frozenset())
    """A nil return, as the record `nil_return`: the kinds of report that it says nothing of."""
    period: tuple[date, date] | None = None
    """A nil return: the days that it is about, all of them where none are named."""


def matches(wanted: Mapping[str, Any], evidence: Evidence) -> bool:
    """Return whether evidence has the wanted record and kind, and every wanted topic and check.

    Of writings also whether they were selected and passed on, where that is asked for: what is
    passed on is never taken for a writing of one's own.
    """
    kinds = wanted.get("kinds") or []
    if evidence.record == "nil_return":
        return wanted["record"] == "report" and bool(kinds) and evidence.nil_kinds >= set(kinds)
    return (
        wanted["record"] == evidence.record
        and _went_the_way(wanted, evidence)
        and (evidence.selected or not wanted.get("selected"))
        and (not kinds or evidence.kind in kinds)
        and evidence.topics.issuperset(wanted.get("topics") or [])
        and evidence.checks.issuperset(wanted.get("checks") or [])
    )


def find_period(written: Mapping[str, str] | None) -> tuple[date, date] | None:
    """Return the first and the last day of a period as it is kept."""
    if written is None:
        return None
    return date.fromisoformat(written["from"]), date.fromisoformat(written["to"])


def is_within_period(evidence: Evidence, opens_on: date | None, due_on: date | None) -> bool:
    """Return whether what is owed falls into the days that evidence is about."""
    if evidence.period is None:
        return True
    first, last = evidence.period
    return (due_on is None or due_on >= first) and (opens_on is None or opens_on <= last)


def _went_the_way(wanted: Mapping[str, Any], evidence: Evidence) -> bool:
    if not wanted.get("forwarded"):
        return not evidence.forwarded
    return evidence.forwarded or (bool(wanted.get("own")) and evidence.handed_up)


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

    @property
    def was_nil(self) -> bool:
        """Return whether a nil return had settled it before it was met."""
        return self.nil_on is not None and self.met_on is not None and self.nil_on < self.met_on

    @property
    def cell(self) -> tuple[UUID, UUID, UUID, str]:
        """Return where it is counted: unit, campaign, requirement, sector."""
        return self.unit_id, self.campaign_id, self.requirement_id, self.sector


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
    if state.status == "open":
        yield None, {"open": 1, "open_returned": int(state.returned)}
    if state.status == "exempt":
        yield None, {"exempt": 1}
    if state.status == "nil":
        yield state.nil_on, {"nil": 1}
    if state.status == "met":
        in_time = bool(on_time(state.met_on, state.due_on))
        if state.was_nil:
            yield state.nil_on, {"nil": 1}
        yield (
            state.met_on,
            {
                "on_time": int(in_time),
                "late": int(not in_time),
                "met_returned": int(state.returned),
                "surplus": state.count - state.min_count,
                "nil": -int(state.was_nil),
            },
        )
