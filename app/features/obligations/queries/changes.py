"""SQL of what has changed in the tree since a past day."""

from datetime import date

from sqlalchemy import CTE, ColumnElement, and_, or_, select, union_all

from app.models import FormerPlace, FormerPost, Leader, Organization, SecondPost


def covers(former: type[FormerPlace] | type[FormerPost], day: date) -> ColumnElement[bool]:
    """Condition: it was so on the day."""
    return and_(former.until > day, or_(former.since.is_(None), former.since <= day))


def places_changed(day: date, today: date) -> CTE:
    """The paths, then and now, of all that has changed since a day.

    They are few, found by their days, and looked through until one is in the subtree: what a
    subtree costs does not follow from its size. PostgreSQL would not know that the whole tree is
    large where it plans for any path, and must not begin with the organizations below it.
    """
    now = Organization.path.label("path")
    leader_left = and_(Leader.active_to >= day, Leader.active_to < today)
    closed = and_(Organization.closed_on > day, Organization.closed_on <= today)
    moved, transferred = covers(FormerPlace, day), covers(FormerPost, day)
    second = or_(SecondPost.since > day, SecondPost.until > day)
    leads = Organization.id == Leader.org_id
    return (
        union_all(
            select(FormerPlace.path.label("path")).where(moved),
            select(now).join(FormerPlace, FormerPlace.org_id == Organization.id).where(moved),
            select(now).join(FormerPost, FormerPost.org_id == Organization.id).where(transferred),
            select(now)
            .join(Leader, leads)
            .join(FormerPost, FormerPost.leader_id == Leader.id)
            .where(transferred),
            select(now).join(SecondPost, SecondPost.unit_id == Organization.id).where(second),
            select(now)
            .join(Leader, leads)
            .join(SecondPost, SecondPost.leader_id == Leader.id)
            .where(second),
            select(now).where(or_(closed, Organization.opened_on > day)),
            select(now).join(Leader, leads).where(or_(leader_left, Leader.active_from > day)),
        )
        .cte("changed")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
