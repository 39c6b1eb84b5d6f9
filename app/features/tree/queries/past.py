"""The tree of a past day: what stands for the tables that say who there is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple, Self, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import coalesce

from app.access.visibility import in_subtree
from app.db.rows import AnySelect
from app.features.tree.queries.changes import Changed, covers, find_changed
from app.features.tree.queries.tables import Tree, select_held
from app.kit import clock
from app.models import (
    FormerPlace,
    FormerPost,
    Leader,
    Organization,
    SecondPost,
)

_Table = TypeVar("_Table", Organization, Leader)
_PLACES = (
    "id", "type", "code", "name", "kind", "sector", "sort_order", "area_id", "zone_id", "opened_on",
)  # fmt: skip
_LEADERS = ("id", "position_level", "active_from", "active_to")


class Before(NamedTuple):
    """The tree of a past day, as far as counts need it."""

    day: date
    path: str
    """Where the unit that is asked for stood."""
    places: type[Organization]
    """What stands for the organizations."""
    moved: Collection[UUID] | None
    """Those that stood elsewhere; None: it may be any."""


@dataclass(frozen=True, slots=True)
class PastTree:
    """The tree as it was at the end of a past day, and where a subtree stood in it."""

    day: date
    path: str
    """The path, then, of the unit that is asked for."""
    tree: Tree
    changed: Changed | None = None
    """Who of the subtree stood elsewhere; None: it may be anybody."""

    @classmethod
    def at(cls, day: date, path: str, changed: Changed | None = None) -> Self:
        """Return the tree of a day."""
        leaders = stand_for(Leader, select_rows_of_posts(day).subquery("posts"))
        tree = Tree(
            select_places(day),
            leaders,
            partial(select_places, day),
            partial(select_second_posts, day),
        )
        return cls(day, path, tree, changed)

    @property
    def before(self) -> Before:
        """Return this tree as counts of work take it."""
        moved = None if self.changed is None else self.changed.organizations
        return Before(self.day, self.path, self.tree.organizations, moved)

    @property
    def inside(self) -> ColumnElement[bool]:
        """Condition on the organizations of then: they stood in the subtree."""
        return in_subtree(self.path, self.tree.organizations.path)


def select_places(day: date, name: str = "places") -> type[Organization]:
    """Return what stands for the organizations on a day."""
    return stand_for(Organization, select_rows_of_places(day).subquery(name))


def select_rows_of_places(day: date) -> AnySelect:
    """Return the organizations founded by a day, where they stood."""
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


def select_rows_of_posts(day: date) -> AnySelect:
    """Return the leaders in post by a day, at the unit that they led."""
    return (
        select(
            *(getattr(Leader, name) for name in _LEADERS),
            coalesce(FormerPost.org_id, Leader.org_id).label("org_id"),
        )
        .outerjoin(FormerPost, and_(FormerPost.leader_id == Leader.id, covers(FormerPost, day)))
        .where(or_(Leader.active_from.is_(None), Leader.active_from <= day))
    )


def select_second_posts(day: date, name: str) -> type[SecondPost]:
    """Return what stands for the second posts on a day: those that were held."""
    not_ended = or_(SecondPost.until.is_(None), SecondPost.until > day)
    return select_held(and_(SecondPost.since <= day, not_ended), name)


def stand_for(model: type[_Table], rows: FromClause) -> type[_Table]:
    """Return what is used like a table, but holds these rows."""
    return aliased(model, rows, adapt_on_names=True)


async def find_past_tree(session: AsyncSession, unit: Organization, day: date) -> PastTree | None:
    """Return the tree of a past day if a unit's subtree is another one today; else None."""
    today = clock.today()
    if day >= today:
        return None
    path = await find_path(session, unit, day)
    others = await find_changed(session, path, unit.path, day, today)
    if others is not None and not (others.organizations or others.leaders):
        return None
    return PastTree.at(day, path, others)


async def find_path(session: AsyncSession, unit: Organization, day: date) -> str:
    """Return the path of a unit on a day; its path now if it was not there yet."""
    places = select_places(day)
    known = select(places.path).where(places.id == unit.id)
    return (await session.execute(known)).scalar() or unit.path


async def list_children(
    session: AsyncSession, unit_id: UUID, at: PastTree
) -> Sequence[Organization]:
    """Return the organizations that stood directly below a unit, in the authority's own order."""
    known = or_(Organization.opened_on.is_(None), Organization.opened_on <= at.day)
    former = and_(FormerPlace.org_id == Organization.id, covers(FormerPlace, at.day))
    children = select(Organization).where(known)
    # Each is found by its index: who stands there since, and who stood there.
    ever_since = children.outerjoin(FormerPlace, former).where(
        Organization.parent_id == unit_id, FormerPlace.org_id.is_(None)
    )
    once = children.join(FormerPlace, former).where(FormerPlace.parent_id == unit_id)
    both = union_all(ever_since, once)
    columns = both.selected_columns
    ordered = both.order_by(columns.sort_order, columns.id)
    found = await session.execute(select(Organization).from_statement(ordered))
    return found.scalars().all()
