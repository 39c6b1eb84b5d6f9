"""SQL of days on which subjects exist: nothing counts on others, and nothing is owed before."""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.functions import coalesce

from app.features.obligations.queries import counting, owed
from app.features.obligations.queries.owed import Narrowing
from app.features.obligations.rules import State
from app.models import Campaign, Credit, Leader, Obligation, Organization, SecondPost


@cache
def first_day() -> ColumnElement[Any]:
    """Return the day from which the subject of an obligation exists; null: always."""
    return _either(Organization.opened_on, Leader.active_from)


@cache
def last_day() -> ColumnElement[Any]:
    """Return the last day on which the subject of an obligation exists; null: for ever."""
    return _either(Organization.closed_on, Leader.active_to)


def exists_on(day: Any) -> ColumnElement[bool]:
    """Return the condition on obligations that their subject existed on a day."""
    return and_(coalesce(first_day(), day) <= day, coalesce(last_day(), day) >= day)


async def lock_strayed(session: AsyncSession, narrowing: Narrowing) -> list[State]:
    """Lock the obligations to which something counts of days without their subject."""
    statement = (
        select(*counting.STATE)
        .where(narrowing.obligations, is_strayed())
        .order_by(Obligation.id)
        .with_for_update(of=Obligation)
    )
    return await counting.read_states(await session.execute(statement))


async def list_live_obligations(session: AsyncSession, narrowing: Narrowing) -> list[UUID]:
    """Return the ids of obligations of live campaigns."""
    statement = select(Obligation.id).where(narrowing.obligations, _live())
    return list((await session.execute(statement.order_by(Obligation.id))).scalars())


async def find_begun_or_not(
    session: AsyncSession, first: date, today: date
) -> tuple[list[UUID], list[UUID]]:
    """Return organizations and leaders who begin to owe, who owe too early, whose credits stray.

    Who begins has begun since `first`.
    """
    owing = exists().where(Obligation.subject_id == Organization.id, Obligation.wanted, _live())
    leading = exists().where(Obligation.subject_id == Leader.id, Obligation.wanted, _live())
    starts = select(func.min(Campaign.starts_on)).where(owed.live()).scalar_subquery()
    organizations = select(Organization.id).where(
        or_(
            Organization.opened_on.between(first, today) & ~owing,
            (Organization.opened_on > today) & owing,
            (Organization.opened_on > starts) & _strays_from(Organization.id),
            Organization.closed_on.is_not(None) & _strays_from(Organization.id),
        )
    )
    leaders = select(Leader.id).where(
        or_(
            Leader.active_from.between(first, today) & ~leading,
            (Leader.active_from > today) & leading,
            (Leader.active_from > starts) & _strays_from(Leader.id),
            Leader.active_to.is_not(None) & _strays_from(Leader.id),
        )
    )
    return (
        list((await session.execute(organizations)).scalars()),
        list((await session.execute(leaders)).scalars()),
    )


async def list_ended(
    session: AsyncSession, first: date, today: date
) -> tuple[list[UUID], list[UUID]]:
    """Organizations and leaders that ended in the period and are not yet marked as ended."""
    unmarked = and_(Obligation.wanted, Obligation.ended.is_(False))
    own = select(Obligation.subject_id).where(unmarked)
    # With the unit of a second post ends what is owed there.
    at_second_posts = (
        select(Obligation.org_id)
        .join(SecondPost, SecondPost.leader_id == Obligation.subject_id)
        .where(SecondPost.unit_id == Obligation.org_id, SecondPost.until.is_(None), unmarked)
    )
    organizations = select(Organization.id).where(
        Organization.closed_on.between(first, today),
        or_(Organization.id.in_(own), Organization.id.in_(at_second_posts)),
    )
    leaders = (
        select(Leader.id)
        .where(Leader.active_to >= first, Leader.active_to < today)
        .where(Leader.id.in_(select(Obligation.subject_id).where(unmarked)))
    )
    return (
        list((await session.execute(organizations)).scalars()),
        list((await session.execute(leaders)).scalars()),
    )


def _strays_from(subject_id: Any) -> ColumnElement[bool]:
    return exists().where(Obligation.subject_id == subject_id, is_strayed())


def strays() -> ColumnElement[bool]:
    """Return the condition on credits that they are of a day on which the subject was not there."""
    return ~exists_on(Credit.on_day)


def is_strayed() -> ColumnElement[bool]:
    """Return the condition on obligations that something counts of a day without their subject."""
    return _live() & _strayed()


def _strayed() -> ColumnElement[bool]:
    return exists().where(Credit.obligation_id == Obligation.id, strays())


def _live() -> ColumnElement[bool]:
    return Obligation.campaign_id.in_(select(Campaign.id).where(owed.live()))


def _either(of_organization: Any, of_leader: Any) -> ColumnElement[Any]:
    """Return a day of the subject, be it an organization or a leader."""
    organization = select(of_organization).where(Organization.id == Obligation.subject_id)
    leader = select(of_leader).where(Leader.id == Obligation.subject_id)
    return coalesce(
        organization.correlate_except(Organization).scalar_subquery(),
        leader.correlate_except(Leader).scalar_subquery(),
    )
