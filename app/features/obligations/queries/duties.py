"""SQL of what subjects owe of requirements: locked to be credited, or read to be told."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db.conditions import one_of
from app.db.rows import AnySelect, find_rows
from app.features.obligations.queries import counting, existence
from app.features.obligations.rules import OwedRow
from app.kit.pacing import sliced
from app.models import Leader, Obligation, Organization
from app.models.obligations import NO_PERIOD

_TOGETHER: Final = 200
"""Subjects up to which one statement reads all; of more, what is near is read in parts."""


async def lock_obligations(
    session: AsyncSession,
    requirement_ids: Collection[UUID],
    subject_ids: Collection[UUID],
    between: tuple[date, date] | None = None,
    near_ids: Collection[UUID] = (),
) -> Sequence[OwedRow]:
    """Lock obligations, in the order of their ids.

    Of what is owed anew in each period, the periods that have a day between the two, if given.
    Also returned, and not locked, is what the subjects still owe of the requirements `near_ids`.
    """
    named, near = _named(requirement_ids, subject_ids, between), list(near_ids)
    if near and len(subject_ids) <= _TOGETHER:
        return await find_rows(session, OwedRow, _locked_and_near(), **named, near=near)
    found = list(await find_rows(session, OwedRow, _obligations(), **named))
    if near:
        del named["requirements"]
        for some in sliced(named.pop("subjects")):
            found += await find_rows(session, OwedRow, _near(), **named, near=near, subjects=some)
    return found


async def load_obligations(
    session: AsyncSession,
    requirement_ids: Collection[UUID],
    subject_ids: Collection[UUID],
    between: tuple[date, date],
) -> Sequence[OwedRow]:
    """Return the same obligations as `lock_obligations`, and lock none."""
    named = _named(requirement_ids, subject_ids, between)
    return await find_rows(session, OwedRow, _select_owed("requirements"), **named)


def _named(
    requirement_ids: Collection[UUID],
    subject_ids: Collection[UUID],
    between: tuple[date, date] | None,
) -> dict[str, Any]:
    first, last = between or (date.min, date.max)
    ids = {"requirements": list(requirement_ids), "subjects": list(subject_ids)}
    return {**ids, "first": first, "last": last}


@cache
def _obligations() -> AnySelect:
    return _select_owed("requirements").order_by(Obligation.id).with_for_update(of=Obligation)


@cache
def _locked_and_near() -> Any:
    """Return one statement for both: what is not changed need not be locked."""
    return select(_obligations().cte("locked")).union_all(_near())


@cache
def _near() -> AnySelect:
    return _select_owed("near").where(Obligation.status.in_(("open", "nil")))


@cache
def _select_owed(requirements: str) -> AnySelect:
    """Return obligations by requirements and subjects, with their subjects' days and names."""
    home, leader = aliased(Organization, name="home"), aliased(Leader, name="cadre")
    of_leader = and_(Obligation.subject_type == "leader", leader.id == Obligation.subject_id)
    return (
        select(
            *counting.STATE,
            Obligation.org_id,
            Obligation.subject_id,
            Obligation.opens_on,
            existence.first_day().label("first_day"),
            existence.last_day().label("last_day"),
            Obligation.subject_type,
            func.coalesce(leader.name, home.name).label("name"),
            home.path,
        )
        .join(home, home.id == Obligation.org_id)
        .outerjoin(leader, of_leader)
        .where(
            one_of(Obligation.requirement_id, requirements),
            one_of(Obligation.subject_id, "subjects"),
            or_(
                Obligation.period_id == NO_PERIOD,
                and_(
                    Obligation.opens_on <= bindparam("last"),
                    Obligation.due_on >= bindparam("first"),
                ),
            ),
        )
    )
