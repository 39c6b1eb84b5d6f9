"""Visibility: the one filter that every query of an owned row passes through.

A subtree is a range of paths: segments have a fixed length and end in a slash, so everything
below `p/` sorts between `p/` and `p0` (the character after the slash).
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.access.principal import Power, Principal
from app.db import is_read_only
from app.kit.ids import SEGMENT_LENGTH
from app.kit.problems import Forbidden, NotFound
from app.models import Organization


def in_subtree(path: str, column: Any = Organization.path) -> ColumnElement[bool]:
    """Condition: the organization at `column` is the one at `path` or below it."""
    return and_(column >= path, column < path[:-1] + "0")


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
    reaches_all = any(map(_is_root, caller.paths(power))) and (under is None or _is_root(under))
    if reaches_all and org_id.property.columns[0].foreign_keys:
        return org_id.is_not(None)
    organizations = select(Organization.id).where(visible_organizations(caller, power))
    if under is not None:
        organizations = organizations.where(in_subtree(under))
    return org_id.in_(organizations)


async def organization(
    session: AsyncSession, caller: Principal, org_id: UUID, power: Power = Power.VIEW
) -> Organization:
    """The organization, if the caller sees it and has the power over it.

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


def _is_root(path: str) -> bool:
    """Whether it is the path of the one root, in whose subtree everything is."""
    return len(path) == SEGMENT_LENGTH
