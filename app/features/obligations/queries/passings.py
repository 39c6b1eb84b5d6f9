"""SQL of what units passed on: the writings of others that they sent up, each way by itself.

A level forwards; the top, which has no level above, dispatches to a superior outside, or sees the
writing used by an outlet above it. What was passed on before its author handed it in anew counts
no longer: it comes back through every level.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import find_rows
from app.kit import clock
from app.models import Adoption, Dispatch, Organization, Report, Review, Revision
from app.models.base import UtcDateTime

_ABOVE_ANY_CITY: Final = ("province", "national")
"""Levels of outlets that tell that what they used has left the top of the tree."""


class PassingRow(NamedTuple):
    """A unit that passed a report on: its day, or else the moment."""

    unit_id: UUID
    day: date | None
    at: datetime | None


def select_passings() -> Sequence[Subquery]:
    """Return `report_id, unit_id, day, at` of what was passed on, one subquery for each way."""
    return _forwarded(), _dispatched(), _used_above()


def day_of(day: date | None, at: datetime | None) -> date:
    """Return a day, else that of a moment; raises `ValueError` where there is neither."""
    if day is not None:
        return day
    if at is None:
        message = "neither a day nor a moment"
        raise ValueError(message)
    return clock.day_of(at)


def handed_up() -> ColumnElement[bool]:
    """Return whether a report went to a level above its author's; the top is its own superior."""
    return or_(Report.level_id != Report.org_id, Report.status == "returned")


async def list_passings(session: AsyncSession, report_id: UUID) -> Sequence[PassingRow]:
    """Return all who passed one report on."""
    found: list[PassingRow] = []
    for way in select_passings():
        statement = select(way.c.unit_id, way.c.day, way.c.at).where(way.c.report_id == report_id)
        found += await find_rows(session, PassingRow, statement)
    return found


def _forwarded() -> Subquery:
    return (
        select(
            Review.record_id.label("report_id"),
            Review.level_id.label("unit_id"),
            Review.on_day.label("day"),
            Review.at.label("at"),
        )
        .where(Review.decision == "forward", Review.record == "report")
        .where(~_handed_in_since(Review.record_id, Review.at))
        .subquery("forwarded")
    )


def _dispatched() -> Subquery:
    """Return dispatches that did not come back."""
    return (
        select(
            Dispatch.report_id,
            Dispatch.unit_id,
            Dispatch.sent_on.label("day"),
            literal(None, UtcDateTime()).label("at"),
        )
        .where(or_(Dispatch.outcome.is_(None), Dispatch.outcome != "returned"))
        .where(~_handed_in_since(Dispatch.report_id, Dispatch.created_at))
        .subquery("dispatched")
    )


def _used_above() -> Subquery:
    """Return what outlets of above used while the top of the tree had it."""
    return (
        select(
            Adoption.report_id,
            Organization.id.label("unit_id"),
            Adoption.adopted_on.label("day"),
            literal(None, UtcDateTime()).label("at"),
        )
        .join(Report, Report.id == Adoption.report_id)
        .join(Organization, Organization.id == Report.level_id)
        .where(Organization.parent_id.is_(None), Adoption.level.in_(_ABOVE_ANY_CITY))
        .subquery("used_above")
    )


def _handed_in_since(report_id: Any, at: Any) -> ColumnElement[bool]:
    return exists().where(
        Revision.record_id == report_id, Revision.act == "submitted", Revision.at > at
    )
