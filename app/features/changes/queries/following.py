"""SQL of what changed, in the order of commits, as far as it concerns a scope.

A scope of few organizations is looked up in each of them. A larger one is found on the way through
the order itself, a window at a time: a request costs no more, however rare what it looks for is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, null, or_, select, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.following import Position
from app.access.principal import Power, Principal
from app.access.visibility import in_subtree, tops_of
from app.db import is_postgresql, plan_by_index
from app.db.rows import AnySelect, find_rows, plain_rows
from app.features.changes.queries.kinds import ISSUED
from app.kit.ids import is_root, is_within, path_ids
from app.models import Event, Organization
from app.models.deadlines import is_one_of

WINDOW: Final = 5000
"""Events that a request looks at on its way, at most."""
FEW: Final = 1000
"""Organizations in which it looks one by one, at most."""
MOVES: Final = ("unit.moved", "branch.moved")
"""What takes a whole subtree along: of concern whatever types of record are wanted."""
_Own: Final = aliased(Organization, name="own")
_Other: Final = aliased(Organization, name="other")


class ChangeRow(NamedTuple):
    """An event, and where its organizations stand now: None for what is not there any more."""

    place: int
    event_id: UUID
    type: str
    resource: str
    resource_id: UUID
    org_id: UUID | None
    other_org_id: UUID | None
    revision: int
    at: datetime
    own_path: str | None
    other_path: str | None


class NewsRow(NamedTuple):
    """What says whom an event may concern."""

    place: int
    type: str
    resource: str
    org_id: UUID | None
    other_org_id: UUID | None
    own_path: str | None
    other_path: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose changes: the subtrees, what is seen of units above, and the types of record."""

    tops: tuple[str, ...]
    above: Sequence[UUID]
    types: Sequence[str]
    is_everything: bool
    """Whether it is all of the tree."""
    working: tuple[str, ...]
    """Where the caller works on drafts."""
    works: bool
    """Whether that is wherever it looks."""

    @classmethod
    def by(cls, caller: Principal, types: Sequence[str], under: str | None) -> "Wanted":
        """Return what a caller may be told; `under` narrows it to a subtree."""
        tops = tuple(tops_of(caller.paths(Power.VIEW), under))
        directing = {unit_id for top in tops for unit_id in path_ids(top)[:-1]}
        above = sorted(directing) if under is None else []
        working = tuple(caller.list_working())
        works = all(any(is_within(top, path) for path in working) for top in tops)
        return cls(tops, above, types, any(map(is_root, tops)), working, works)

    def works_at(self, path: str | None) -> bool:
        """Return whether the caller works on the drafts of an organization, by its path."""
        return self.works or _is_in(path, self.working)

    def holds(self, path: str | None) -> bool:
        """Return whether an organization is in the subtrees, by its path."""
        return self.is_everything or _is_in(path, self.tops)


def _is_in(path: str | None, tops: tuple[str, ...]) -> bool:
    return path is not None and any(is_within(path, top) for top in tops)


async def find_changes(
    session: AsyncSession, wanted: Wanted, after: int, last: int, limit: int
) -> tuple[Sequence[ChangeRow], int]:
    """Return the next changes up to the last place, and the place up to which was looked."""
    if not wanted.tops:
        return [], last
    if is_postgresql(session) and await _is_small(session, wanted):
        statement = _in_each(wanted, after, last, limit)
    else:
        last = min(last, after + WINDOW)
        if not (wanted.is_everything and wanted.works):
            # Of the organizations of a window, each by its id: never all that there are.
            await plan_by_index(session)
        statement = _on_the_way(wanted, after, last, limit)
    return [ChangeRow(*row) for row in await plain_rows(session, statement)], last


async def find_news(session: AsyncSession, after: int, last: int, limit: int) -> Sequence[NewsRow]:
    """Return the next events between two places, whoever they concern."""
    columns = (Event.place, Event.type, Event.resource, Event.org_id, Event.other_org_id)
    there = _joined(select(*columns, *_paths())).where(Event.place > after, Event.place <= last)
    return await find_rows(session, NewsRow, there.order_by(Event.place).limit(limit))


async def find_position(session: AsyncSession, place: int) -> Position:
    """Return the position behind the event at a place."""
    event_id = await session.scalar(select(Event.id).where(Event.place == place))
    return Position.of(place, event_id)


async def _is_small(session: AsyncSession, wanted: Wanted) -> bool:
    if wanted.is_everything:
        return False
    some = select(Organization.id).where(_inside(wanted, Organization.path)).limit(FEW + 1)
    return (await session.scalar(select(func.count()).select_from(some.subquery())) or 0) <= FEW


def _on_the_way(wanted: Wanted, after: int, last: int, limit: int) -> AnySelect:
    """Select in the order itself, between two places that are not far from each other."""
    if wanted.is_everything and wanted.works:
        paths = (null().label("own_path"), null().label("other_path"))
        statement = select(*_columns(), *paths)
    elif wanted.is_everything:
        statement = _joined(select(*_columns(), *_paths()))
    else:
        inside = or_(
            _inside(wanted, _Own.path), _inside(wanted, _Other.path), _is_issued_above(wanted)
        )
        statement = _joined(select(*_columns(), *_paths())).where(inside)
    there = (Event.place > after, Event.place <= last, _is_wanted(wanted))
    return statement.where(*there).order_by(Event.place).limit(limit)


def _in_each(wanted: Wanted, after: int, last: int, limit: int) -> AnySelect:
    """Select in every organization of a small scope, and what is issued above it."""
    there = (Event.place > after, Event.place <= last, _is_wanted(wanted))
    scope = select(Organization.id).where(_inside(wanted, Organization.path)).subquery("scope")
    parts: list[AnySelect] = []
    for column in (Event.org_id, Event.other_org_id):
        of_one = select(Event.place).where(column == scope.c.id, *there)
        found = of_one.order_by(Event.place).limit(limit).lateral()
        parts.append(select(found.c.place).select_from(scope.join(found, true())))
    above = select(Event.place).where(_is_issued_above(wanted), *there)
    parts.append(select(above.order_by(Event.place).limit(limit).subquery().c.place))
    places = union(*parts).subquery("places")
    first = select(places.c.place).order_by(places.c.place).limit(limit).subquery("first")
    statement = _joined(select(*_columns(), *_paths()).join(first, first.c.place == Event.place))
    return statement.order_by(Event.place)


def _columns() -> tuple[Any, ...]:
    return (
        Event.place,
        Event.id.label("event_id"),
        Event.type,
        Event.resource,
        Event.resource_id,
        Event.org_id,
        Event.other_org_id,
        Event.revision,
        Event.at,
    )


def _paths() -> tuple[Any, ...]:
    return (_Own.path.label("own_path"), _Other.path.label("other_path"))


def _joined(statement: AnySelect) -> AnySelect:
    return statement.outerjoin(_Own, _Own.id == Event.org_id).outerjoin(
        _Other, _Other.id == Event.other_org_id
    )


def _inside(wanted: Wanted, column: Any) -> ColumnElement[bool]:
    return or_(*(in_subtree(top, column) for top in wanted.tops))


def _is_wanted(wanted: Wanted) -> ColumnElement[bool]:
    return or_(Event.resource.in_(wanted.types), Event.type.in_(MOVES))


def _is_issued_above(wanted: Wanted) -> ColumnElement[bool]:
    return and_(is_one_of(Event.resource, ISSUED), Event.org_id.in_(wanted.above))
