"""Periods of what is owed anew in each: opened when they begin, all that have begun at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.obligations.queries import owed, periods
from app.features.obligations.queries.periods import AskedRow
from app.kit import clock
from app.kit.periods import Period, list_periods
from app.models import Campaign, Requirement, RequirementPeriod


async def follow_days(session: AsyncSession, requirement_ids: Sequence[UUID]) -> None:
    """Make the periods of requirements those that their days and today ask for.

    To be called under the structure lock, before what is owed is reconciled.
    """
    await _follow(session, Requirement.id.in_(requirement_ids))


async def follow_days_of(session: AsyncSession, campaign_id: UUID) -> None:
    """Make the periods of all requirements of a campaign those that have begun."""
    await _follow(session, Requirement.campaign_id == campaign_id)


@dataclass(frozen=True, slots=True)
class Behind:
    """A requirement whose periods are not yet those of its days."""

    requirement_id: UUID
    campaign_id: UUID
    org_id: UUID
    """Who issued it."""
    only_new: bool
    """Whether periods have begun, and those that are there stay as they are."""


async def find_behind(session: AsyncSession) -> list[Behind]:
    """Return the requirements of open campaigns whose periods are not those of their days."""
    is_open = Campaign.status == "open"
    asked = await periods.list_asked(session, owed.live(), is_open, Requirement.active.is_(True))
    kept, found = await _load(session, asked), []
    for row in asked:
        there = {id(period) for period in kept[row.id]}
        changes = [id(period) for period, _ in _changes(row, kept[row.id], clock.today())]
        if changes:
            only_new = there.isdisjoint(changes)
            found.append(Behind(row.id, row.campaign_id, row.org_id, only_new))
    return found


async def _follow(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    asked = await periods.list_asked(session, owed.live(), condition)
    kept = await _load(session, asked)
    for row in asked:
        for period, wanted in _changes(row, kept[row.id], clock.today()):
            if wanted is None:
                period.active = False
            else:
                period.active, period.opens_on = True, wanted.opens_on
                period.due_on = wanted.due_on
                session.add(period)
    await session.flush()


async def _load(
    session: AsyncSession, asked: Sequence[AskedRow]
) -> defaultdict[UUID, list[RequirementPeriod]]:
    found: defaultdict[UUID, list[RequirementPeriod]] = defaultdict(list)
    for period in await periods.load(session, [row.id for row in asked]) if asked else ():
        found[period.requirement_id].append(period)
    return found


def _changes(
    row: AskedRow, kept: Iterable[RequirementPeriod], today: date
) -> Iterator[tuple[RequirementPeriod, Period | None]]:
    """Yield each period that is to be other than it is, with its days; none if to be no more."""
    listed = list_periods(row.every, row.first, row.last, today) if row.every else []
    wanted = {period.begins_on: period for period in listed}
    for period in kept:
        days = wanted.pop(period.begins_on, None)
        if days is None and period.active:
            yield period, None
        elif days is not None and (period.active, period.opens_on, period.due_on) != (
            True, days.opens_on, days.due_on,
        ):  # fmt: skip
            yield period, days
    for days in wanted.values():
        yield RequirementPeriod(requirement_id=row.id, begins_on=days.begins_on), days
