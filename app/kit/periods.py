"""Months, quarters and half years, as the calendar has them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6}
"""How many months each kind of period has."""
_DAY: Final = timedelta(days=1)
_YEAR: Final = 12
_AHEAD: Final = 2
"""Periods beyond the last that has begun by which its own last day may change."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a period, and the first day of the calendar's period in which it begins."""

    begins_on: date
    opens_on: date
    due_on: date

    def covers(self, day: date) -> bool:
        """Return whether a day lies in it."""
        return self.opens_on <= day <= self.due_on


def list_periods(every: str, first: date, last: date | None, until: date) -> list[Period]:
    """Return the periods from the first to the last day, if any, that have begun by another day.

    The first begins on the first day, the last ends on the last. Of either, less than half a
    period is none of its own: it belongs to the period beside it.
    """
    found = list(_cut(every, first, last, until))
    if len(found) > 1 and _is_short(every, found[0]):
        found[:2] = [replace(found[0], due_on=found[1].due_on)]
    if len(found) > 1 and found[-1].due_on == last and _is_short(every, found[-1]):
        found[-2:] = [replace(found[-2], due_on=found[-1].due_on)]
    return [period for period in found if period.opens_on <= until]


def _cut(every: str, first: date, last: date | None, until: date) -> Iterator[Period]:
    """Yield the calendar's periods, cut to the days: those that have begun, and two more."""
    begins_on, ahead = _start(every, first), 0
    while ahead < _AHEAD and (last is None or begins_on <= last):
        end = _end(every, begins_on)
        opens_on, due_on = max(begins_on, first), min(end, last or end)
        if opens_on <= due_on:
            yield Period(begins_on, opens_on, due_on)
        if end == date.max:
            return
        ahead += begins_on > until
        begins_on = end + _DAY


def _is_short(every: str, period: Period) -> bool:
    """Return whether a period, before it is joined with another, has less than half its days."""
    whole = _end(every, period.begins_on) - period.begins_on + _DAY
    return 2 * (period.due_on - period.opens_on + _DAY) < whole


def _start(every: str, day: date) -> date:
    """Return the first day of the calendar's period in which a day lies."""
    months = MONTHS[every]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _end(every: str, begins_on: date) -> date:
    """Return the last day of the period that begins on a day; the calendar's own end at most."""
    month = begins_on.month + MONTHS[every]
    if month <= _YEAR:
        return date(begins_on.year, month, 1) - _DAY
    return date(begins_on.year, 12, 31)
