"""SQL of what has changed in the tree since a past day, and whom it concerns."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, literal, or_, select, union, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.models import FormerPlace, FormerPost, Leader, Organization, SecondPost

MOST: Final = 10_000
"""Subjects that are still corrected one by one; with more the whole is counted anew."""

_ORGANIZATION: Final = 0
_LEADER: Final = 1
_POST: Final = 2


@dataclass(frozen=True, slots=True)
class Changed:
    """Who may have owed or done something elsewhere, or not at all, in one of two trees.

    Whoever is not named stands in both at the same place and in the same posts.
    """

    organizations: frozenset[UUID]
    leaders: frozenset[UUID]
    posts: frozenset[UUID]
    """Where these leaders hold or held posts, changed or not."""

    @property
    def subjects(self) -> frozenset[UUID]:
        """All of them, as obligations name their subjects."""
        return self.organizations | self.leaders


def covers(former: type[FormerPlace] | type[FormerPost], day: date) -> ColumnElement[bool]:
    """Condition: it was so on the day."""
    return and_(former.until > day, or_(former.since.is_(None), former.since <= day))


async def find_changed(
    session: AsyncSession, before: str, now: str, day: date, today: date
) -> Changed | None:
    """Whom the changes since a day concern, of the subtree at `before` then and at `now` today.

    None if they are more than `MOST`.
    """
    moved = _moved(day, today)
    concerned = or_(in_subtree(now, moved.c.now), in_subtree(before, moved.c.before))
    posts = _posts(moved, day, today)
    leaders = _leaders(posts, moved, before, now)
    statement = union(
        select(literal(_ORGANIZATION).label("kind"), moved.c.id).where(concerned),
        select(literal(_LEADER), leaders.c.id),
        select(literal(_POST), posts.c.org_id).join(leaders, leaders.c.id == posts.c.id),
    ).limit(MOST + 1)
    rows = (await session.execute(statement)).all()
    if len(rows) > MOST:
        return None
    found = (
        frozenset(id_ for its, id_ in rows if its == kind)
        for kind in (_ORGANIZATION, _LEADER, _POST)
    )
    return Changed(*found)


def _moved(day: date, today: date) -> CTE:
    """Return the organizations changed since a day, with their paths then and now.

    They are few, found by their days, and only then looked for in a subtree: what a subtree costs
    does not follow from its size. PostgreSQL would not know that the whole tree is large where it
    plans for any path, and must not begin with the organizations below it.
    """
    path = Organization.path
    closed = and_(Organization.closed_on > day, Organization.closed_on <= today)
    return (
        union_all(
            select(Organization.id, FormerPlace.path.label("before"), path.label("now"))
            .join(FormerPlace, FormerPlace.org_id == Organization.id)
            .where(covers(FormerPlace, day)),
            select(Organization.id, path, path).where(or_(closed, Organization.opened_on > day)),
        )
        .cte("moved")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _posts(moved: CTE, day: date, today: date) -> CTE:
    """Rows of `id, org_id`: the posts, then and now, of leaders with other ones, or moved ones."""
    left = and_(Leader.active_to >= day, Leader.active_to < today)
    held = or_(SecondPost.until.is_(None), SecondPost.until > day)
    others = (
        union(
            select(FormerPost.leader_id.label("id")).where(covers(FormerPost, day)),
            select(Leader.id).where(or_(left, Leader.active_from > day)),
            select(SecondPost.leader_id).where(or_(SecondPost.since > day, SecondPost.until > day)),
            select(Leader.id).join(moved, moved.c.id == Leader.org_id),
            select(SecondPost.leader_id).join(moved, moved.c.id == SecondPost.unit_id).where(held),
        )
        .cte("others")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return (
        union_all(
            select(others.c.id, Leader.org_id).join(Leader, Leader.id == others.c.id),
            select(others.c.id, FormerPost.org_id)
            .join(FormerPost, FormerPost.leader_id == others.c.id)
            .where(covers(FormerPost, day)),
            select(others.c.id, SecondPost.unit_id)
            .join(SecondPost, SecondPost.leader_id == others.c.id)
            .where(held),
        )
        .cte("posts")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _leaders(posts: CTE, moved: CTE, before: str, now: str) -> CTE:
    """Return the leaders of `posts` who hold a post in the subtree."""
    return (
        select(posts.c.id)
        .join(Organization, Organization.id == posts.c.org_id)
        .outerjoin(moved, moved.c.id == posts.c.org_id)
        .where(or_(in_subtree(now, Organization.path), in_subtree(before, moved.c.before)))
        .cte("concerned")
    )
