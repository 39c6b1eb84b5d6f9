"""Months, quarters and half years, day by day: what the service makes of them, made otherwise."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

MONTHS = {"month": 1, "quarter": 3, "half_year": 6}


def cut(every: str, first: date, last: date) -> list[tuple[date, date]]:
    """First and last day of each period; less than half of one goes with the one beside it."""

    def of(day: date) -> tuple[int, int]:
        return day.year, (day.month - 1) // MONTHS[every]

    parts = [list(part) for _, part in groupby(every_day(first, last), of)]
    if not parts:
        return []
    around = list(every_day(first - timedelta(days=200), last + timedelta(days=200)))
    short = [len(p) * 2 < sum(of(day) == of(p[0]) for day in around) for p in parts]
    if len(parts) > 1 and short[0]:
        parts[:2], short[:2] = [parts[0] + parts[1]], [False]
    if len(parts) > 1 and short[-1]:
        parts[-2:] = [parts[-2] + parts[-1]]
    return [(part[0], part[-1]) for part in parts]


def every_day(first: date, last: date) -> Iterator[date]:
    """The days from one to another."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
