"""SQL of what units passed on: the writings of others that they sent up, each way by itself.

A level forwards; the top, which has no level above, dispatches to a superior outside, or sees the
writing used by an outlet above it. What was passed on before its author handed it in anew counts
no longer: it comes back through every level.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnyRow
from app.kit import clock
from app.models import Adoption, Dispatch, Organization, Report, Review, Revision
from app.models.base import UtcDateTime

_ABOVE_ANY_CITY: Final = ("province", "national")
"""Levels of outlets that tell that what they used has left the top of the tree."""


def select_passings() -> Sequence[Subquery]:
    """Return `report_id, unit_id, day, at` of what was passed on, one subquery for each way."""
    return _forwarded(), _dispatched(), _used_above()


def day_of(row: Any) -> date:
    """Return the day of a row: its `day`, else that of its `at`."""
    day: date = row.day or row.at.astimezone(clock.CHINA).date()
    return day


def handed_up() -> ColumnElement[bool]:
    """Return whether a report went to a level above its author's; the top is its own superior."""
    return or_(Report.level_id != Report.org_id, Report.status == "returned")


async def list_passings(session: AsyncSession, report_id: UUID) -> Sequence[AnyRow]:
    """Return `unit_id, day, at` of all who passed one report on."""
    found: list[AnyRow] = []
    for way in select_passings():
        statement = select(way.c.unit_id, way.c.day, way.c.at).where(way.c.report_id == report_id)
        found += (await session.execute(statement)).all()
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
