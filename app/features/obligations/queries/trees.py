"""The tree of a past day: what stands for the tables that say who there is."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Self, TypeVar

from sqlalchemy import ColumnElement, FromClause, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import coalesce

from app.access.visibility import in_subtree
from app.db import among
from app.db.rows import AnySelect
from app.features.counts.queries.reading import Before
from app.features.obligations.queries import owed
from app.features.obligations.queries.changes import Changed, covers
from app.features.obligations.queries.owed import Narrowing, Tree
from app.models import FormerPlace, FormerPost, Leader, Organization, SecondPost

_Table = TypeVar("_Table", Organization, Leader)
_PLACES = ("id", "type", "code", "name", "kind", "sector", "sort_order", "area_id", "zone_id")
_LEADERS = ("id", "position_level", "active_to")


@dataclass(frozen=True, slots=True)
class Then:
    """The tree as it was at the end of a past day, and where a subtree stood in it."""

    day: date
    path: str
    """The path, then, of the unit that is asked for."""
    tree: Tree
    changed: Changed | None = None
    """Who of the subtree stood elsewhere; None: it may be anybody."""

    @classmethod
    def at(cls, day: date, path: str, changed: Changed | None = None) -> Self:
        """The tree of a day."""
        leaders = _standing_for(Leader, _rows_of_posts(day).subquery("posts"))
        tree = Tree(places_on(day), leaders, partial(places_on, day), partial(_second, day))
        return cls(day, path, tree, changed)

    @property
    def before(self) -> Before:
        """The same for counts of work."""
        moved = None if self.changed is None else self.changed.organizations
        return Before(self.day, self.path, self.tree.organizations, moved)

    @property
    def inside(self) -> ColumnElement[bool]:
        """Condition on the organizations of then: they stood in the subtree."""
        return in_subtree(self.path, self.tree.organizations.path)


def narrowed(session: AsyncSession, at: Then, changed: Changed) -> tuple[Then, Narrowing]:
    """The tree of then without all who are not concerned, each table once in the statement."""
    known = among(session, Organization.id, changed.organizations | changed.posts)
    places = _rows_of_places(at.day).where(known).cte("places_then")
    posts = (
        _rows_of_posts(at.day).where(among(session, Leader.id, changed.leaders)).cte("posts_then")
    )
    moved = select(Organization.id).where(among(session, Organization.id, changed.organizations))

    # One alias of each name: SQLAlchemy takes two of a table of a WITH for two such tables.
    @cache
    def named(name: str) -> type[Organization]:
        return _standing_for(Organization, places.alias(name))

    tree = Tree(named("places"), _standing_for(Leader, posts), named, partial(_second, at.day))
    of_them = replace(at, tree=tree)
    mine = and_(of_them.inside, tree.organizations.id.in_(select(moved.cte("moved").c.id)))
    return of_them, Narrowing(mine, of_them.inside, false())


def places_on(day: date, name: str = "places") -> type[Organization]:
    """What stands for the organizations on a day."""
    return _standing_for(Organization, _rows_of_places(day).subquery(name))


def _rows_of_places(day: date) -> AnySelect:
    """The organizations founded by a day, where they stood."""
    return (
        select(
            *(getattr(Organization, name) for name in _PLACES),
            coalesce(FormerPlace.parent_id, Organization.parent_id).label("parent_id"),
            coalesce(FormerPlace.path, Organization.path).label("path"),
            coalesce(FormerPlace.closed_on, Organization.closed_on).label("closed_on"),
        )
        .outerjoin(
            FormerPlace, and_(FormerPlace.org_id == Organization.id, covers(FormerPlace, day))
        )
        .where(or_(Organization.opened_on.is_(None), Organization.opened_on <= day))
    )


def _rows_of_posts(day: date) -> AnySelect:
    """The leaders in post by a day, at the unit that they led."""
    return (
        select(
            *(getattr(Leader, name) for name in _LEADERS),
            coalesce(FormerPost.org_id, Leader.org_id).label("org_id"),
        )
        .outerjoin(FormerPost, and_(FormerPost.leader_id == Leader.id, covers(FormerPost, day)))
        .where(or_(Leader.active_from.is_(None), Leader.active_from <= day))
    )


def _second(day: date, name: str) -> type[SecondPost]:
    """What stands for the second posts on a day: those that were held."""
    held = or_(SecondPost.until.is_(None), SecondPost.until > day)
    return owed.held(and_(SecondPost.since <= day, held), name)


def _standing_for(model: type[_Table], rows: FromClause) -> type[_Table]:
    return aliased(model, rows, adapt_on_names=True)
