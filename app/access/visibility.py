"""Visibility: the one filter that every query of an owned row passes through.

A subtree is a range of paths: segments have a fixed length and end in a slash, so everything
below `p/` sorts between `p/` and `p0` (the character after the slash).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.principal import Power, Principal
from app.db import is_read_only
from app.db.rows import AnySelect, plain_rows
from app.kit.ids import AREA_LENGTH, ZONE_LENGTH, is_root, is_within, path_ids, zones_of
from app.kit.problems import Forbidden, NotFound
from app.models import Activity, Organization, Report
from app.models.base import Owned

Kind = type[Organization] | type[Owned]
"""Organizations, or what belongs to one."""
_Issuer: Final = aliased(Organization, name="issuer")


def in_subtree(path: str, column: Any = Organization.path) -> ColumnElement[bool]:
    """Condition: the organization at `column` is the one at `path` or below it."""
    first, after = bounds_of(path)
    return and_(column >= first, column < after)


def bounds_of(path: str) -> tuple[str, str]:
    """Return where a subtree begins among all paths, and the first path behind it."""
    return path, path[:-1] + "0"


def visible_organizations(
    caller: Principal, power: Power = Power.VIEW, column: Any = Organization.path
) -> ColumnElement[bool]:
    """Condition on `organizations`: those over which the caller has the power."""
    paths = caller.paths(power)
    if not paths:
        return false()
    return or_(*(in_subtree(path, column) for path in paths))


def visible(
    caller: Principal,
    org_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
    power: Power = Power.VIEW,
    *,
    under: str | None = None,
) -> ColumnElement[bool]:
    """Condition on an owned row by its `org_id`; `under` narrows it to one more subtree.

    Whoever covers the root covers every organization: nothing is looked up row by row then. A
    column that outlives its organization (no foreign key) is always looked up.
    """
    reaches_all = any(map(is_root, caller.paths(power))) and (under is None or is_root(under))
    if reaches_all and org_id.property.columns[0].foreign_keys:
        return org_id.is_not(None)
    organizations = select(Organization.id).where(visible_organizations(caller, power))
    if under is not None:
        organizations = organizations.where(in_subtree(under))
    return org_id.in_(organizations)


def seen_as_own(
    caller: Principal,
    leader_id: InstrumentedAttribute[Any],
    org_id: InstrumentedAttribute[UUID],
) -> list[ColumnElement[bool]]:
    """Return the condition, where the caller is a leading cadre, that a row is about them.

    It belongs to the subtree of the unit that said who they are; of anybody else nothing is seen.
    """
    return [
        and_(leader_id == own_id, org_id.in_(select(Organization.id).where(in_subtree(path))))
        for own_id, path in caller.own
    ]


def no_draft_of_others(
    caller: Principal,
    status: InstrumentedAttribute[Any],
    org_id: InstrumentedAttribute[UUID],
    *own: ColumnElement[bool],
) -> list[ColumnElement[bool]]:
    """Return the condition that a submission is no draft but of who works on it.

    These are who reports for its organization, and who reviews there; `own` says what else is the
    caller's. None where the caller does either wherever it looks.
    """
    working = caller.list_working()
    if all(any(is_within(path, top) for top in working) for path in caller.paths(Power.VIEW)):
        return []
    theirs = select(Organization.id).where(or_(false(), *map(in_subtree, working)))
    return [or_(status != "draft", org_id.in_(theirs), *own)]


def show(
    caller: Principal, kind: type[Activity] | type[Report], *public: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """Return what a submission must be to be shown to who sees it: public, or no other's draft."""
    if caller.public_only:
        return list(public)
    return no_draft_of_others(caller, kind.status, kind.org_id)


def taking_part(caller: Principal, org_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Condition on what a unit issues for its subtree: it comes from the scope or reaches it.

    That is: the unit is in the scope, or directs a unit in it. It is looked up for each of the few
    rows, never gathered: the scope may be most of the tree.
    """
    paths = caller.paths(Power.VIEW)
    directing = sorted({unit_id for path in paths for unit_id in path_ids(path)})
    takes_part = or_(visible_organizations(caller, column=_Issuer.path), _Issuer.id.in_(directing))
    return exists().where(_Issuer.id == org_id, takes_part)


def belongs_under(
    place: str | None, *columns: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]
) -> list[ColumnElement[bool]]:
    """Return the condition, where a list is narrowed to a subtree: one of its sides is there."""
    if place is None:
        return []
    organizations = select(Organization.id).where(in_subtree(place))
    return [or_(*(column.in_(organizations) for column in columns))]


def list_visible(
    caller: Principal, kind: Kind, *conditions: ColumnElement[bool], under: str | None
) -> AnySelect:
    """Select rows of a kind that the caller sees, for a page of a list; `under` as in `visible`.

    The subtree of a unit high up is an area or a zone, which an index has in the order of the list.
    What is below is looked for by its organizations, in its zone (`docs/decisions/0054-zones.md`).
    """
    statement = select(kind).where(*conditions)
    tops = tops_of(caller.paths(Power.VIEW), under)
    if any(map(is_root, tops)):
        return statement
    if len(tops) != 1:
        return statement.where(_within(kind, tops))
    (top,) = tops
    of = zones_of(top)
    if len(top) <= AREA_LENGTH:
        return statement.where(kind.area_id == of["area_id"])
    statement = statement.where(kind.zone_id == of["zone_id"])
    return statement if len(top) <= ZONE_LENGTH else statement.where(_within(kind, tops))


def tops_of(paths: Sequence[str], under: str | None) -> list[str]:
    """Return the subtrees that are left of those at `paths`, none inside another."""
    if under is None:
        return list(paths)
    if any(is_within(under, path) for path in paths):
        return [under]
    return [path for path in paths if is_within(path, under)]


def _within(kind: Kind, tops: Sequence[str]) -> ColumnElement[bool]:
    """Condition: belongs to an organization in one of the subtrees."""
    inside = or_(false(), *(in_subtree(path) for path in tops))
    if issubclass(kind, Organization):
        return inside
    return kind.org_id.in_(select(Organization.id).where(inside))


async def find_path(session: AsyncSession, caller: Principal, org_id: UUID | None) -> str | None:
    """Return the path of what a list is narrowed to, None where it is not; raises `NotFound`."""
    if org_id is None:
        return None
    rows = await plain_rows(session, _placed(), id=org_id)
    path: str | None = rows[0][0] if rows else None
    if path is None or not caller.may(Power.VIEW, path):
        raise NotFound
    return path


@cache
def _placed() -> AnySelect:
    return select(Organization.path).where(Organization.id == bindparam("id", type_=Uuid()))


async def get_organization(
    session: AsyncSession, caller: Principal, org_id: UUID, power: Power = Power.VIEW
) -> Organization:
    """Return the organization, if the caller sees it and has the power over it.

    Whoever has the power over it sees it, even without `VIEW`.

    Raises `NotFound` if it is absent or out of sight, `Forbidden` if it is in sight but the
    power is missing. The row is share-locked in a writing transaction, so that it cannot be
    moved or closed under a record that is being attached to it.
    """
    in_sight = or_(visible_organizations(caller), visible_organizations(caller, power))
    statement = select(Organization).where(Organization.id == org_id, in_sight)
    if power is not Power.VIEW and not is_read_only(session):
        statement = statement.with_for_update(read=True, key_share=True)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound
    if not caller.may(power, row.path):
        raise Forbidden
    return row
