"""SQL of units and branches."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access import visibility
from app.access.principal import Power, Principal
from app.access.visibility import in_subtree, visible_organizations
from app.db import take_time
from app.db.conditions import containing, equals
from app.features.organizations.schemas.filters import BranchFilter, UnitFilter
from app.http.paging import Sorts
from app.kit import clock
from app.kit.ids import AREA_LENGTH, SEGMENT_LENGTH, ZONE_LENGTH, path_segment, zones_of
from app.kit.problems import Forbidden, NotFound
from app.models import Organization

SORTS: Final = Sorts(
    {
        "sort_order": Organization.sort_order,
        "code": Organization.code,
        "name": Organization.name,
        "updated_at": Organization.updated_at,
        "created_at": Organization.created_at,
    },
    id=Organization.id,
    default="sort_order",
)


def list_visible(
    caller: Principal, kind: str, wanted: UnitFilter | BranchFilter, under: str | None
) -> Select[Organization]:
    """Select the units or branches that the caller sees, filtered; `under` is a path."""
    parent_id = wanted.parent_id if isinstance(wanted, UnitFilter) else wanted.unit_id
    asked = {
        Organization.kind: wanted.kind,
        Organization.sector: wanted.sector,
        Organization.parent_id: parent_id,
        Organization.code: wanted.code,
        Organization.source: wanted.source,
        Organization.external_id: wanted.external_id,
    }
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    if wanted.closed is not None:
        today = clock.today()
        conditions.append(Organization.closed_on <= today if wanted.closed else _open_on(today))
    conditions += containing(wanted.q, Organization.name, Organization.code)
    of_kind = Organization.type == kind
    return visibility.list_visible(caller, Organization, of_kind, *conditions, under=under)


async def get(session: AsyncSession, caller: Principal, kind: str, org_id: UUID) -> Organization:
    """Return a unit or branch that the caller sees; raises `NotFound`."""
    statement = (
        select(Organization)
        .where(Organization.id == org_id, Organization.type == kind, visible_organizations(caller))
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


async def get_for_update(
    session: AsyncSession, caller: Principal, kind: str, org_id: UUID
) -> Organization:
    """Return a unit or branch that the caller may organize; raises `NotFound`, `Forbidden`.

    To be read under the structure lock: it is not locked by itself.
    """
    row = await get(session, caller, kind, org_id)
    if not caller.may(Power.ORGANIZE, row.path):
        raise Forbidden
    return row


async def exists(session: AsyncSession, org_id: UUID) -> bool:
    """Return whether there is an organization of this id, seen by the caller or not."""
    statement = select(Organization.id).where(Organization.id == org_id)
    return (await session.execute(statement)).first() is not None


async def get_parent(session: AsyncSession, row: Organization) -> Organization | None:
    """Return the unit above, seen by the caller or not; None above the root."""
    if row.parent_id is None:
        return None
    return await session.get(Organization, row.parent_id, populate_existing=True)


async def find_visible(
    session: AsyncSession, caller: Principal, ids: Collection[UUID]
) -> dict[UUID, Organization]:
    """Return those of these units and branches that the caller sees, by id."""
    if not ids:
        return {}
    statement = select(Organization).where(Organization.id.in_(ids), visible_organizations(caller))
    return {row.id: row for row in (await session.execute(statement)).scalars()}


async def find_known(
    session: AsyncSession,
    ids: Collection[UUID],
    codes: Collection[str],
    keys: Collection[tuple[str, str]],
) -> Sequence[Organization]:
    """Every organization with one of these ids, codes or natural keys, seen or not."""
    conditions: list[ColumnElement[bool]] = [Organization.code.in_(codes)]
    if ids:
        conditions.append(Organization.id.in_(ids))
    if keys:
        conditions.append(tuple_(Organization.source, Organization.external_id).in_(keys))
    statement = select(Organization).where(or_(*conditions))
    return (await session.execute(statement)).scalars().all()


async def count_open_children(session: AsyncSession, org_id: UUID, day: date) -> int:
    """Return how many organizations directly below are not closed by a day."""
    statement = select(func.count()).where(Organization.parent_id == org_id, _open_on(day))
    return int((await session.execute(statement)).scalar_one())


async def lock(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    """Lock organizations in the order of their ids: writers of evidence wait, or are waited for."""
    rows = select(Organization.id).where(condition).order_by(Organization.id).with_for_update()
    await session.execute(select(func.count()).select_from(rows.subquery()))


async def list_children(session: AsyncSession, org_id: UUID) -> Sequence[Organization]:
    """Return what stands directly below a unit, closed or not, in the order of ids."""
    statement = (
        select(Organization)
        .where(Organization.parent_id == org_id)
        .order_by(Organization.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalars().all()


async def list_ids(session: AsyncSession, condition: ColumnElement[bool]) -> list[UUID]:
    """Return the ids of some organizations, in their order."""
    statement = select(Organization.id).where(condition).order_by(Organization.id)
    return list((await session.execute(statement)).scalars())


async def relocate(
    session: AsyncSession, moved_id: UUID, old: str, new: str, *, since: date
) -> None:
    """Give everything below the path `old` its path below `new`, in one statement.

    What is below shows its new ancestors, so it is revised too; the moved one already was.
    Rows whose area or zone becomes another one go along, in the same statement.
    """
    await take_time(session)
    revision = case(
        (Organization.id == moved_id, Organization.revision), else_=Organization.revision + 1
    )
    statement = (
        update(Organization)
        .where(in_subtree(old))
        .values(
            path=_replanted(old, new),
            **_zones(old, new),
            placed_on=since,
            revision=revision,
            updated_at=clock.now(),
        )
    )
    await session.execute(statement)


def below(unit: Organization, child_ids: Collection[UUID] | None = None) -> ColumnElement[bool]:
    """Condition: stands below a unit; of these organizations directly below it, if they are named.

    The next segment of the path says whose part of the tree it is.
    """
    everything = and_(in_subtree(unit.path), Organization.id != unit.id)
    if child_ids is None:
        return everything
    segment = func.substr(Organization.path, len(unit.path) + 1, SEGMENT_LENGTH, type_=Text())
    return and_(everything, segment.in_([path_segment(child_id) for child_id in child_ids]))


async def hand_over(
    session: AsyncSession,
    unit: Organization,
    into: Organization,
    handed: ColumnElement[bool],
    *,
    since: date,
) -> None:
    """Let what stands below a unit (`below`) stand below another one, in one statement."""
    await take_time(session)
    direct = Organization.parent_id == unit.id
    statement = (
        update(Organization)
        .where(handed)
        .values(
            path=_replanted(unit.path, into.path),
            **_zones(unit.path, into.path),
            placed_on=since,
            parent_id=case((direct, literal(into.id, Uuid())), else_=Organization.parent_id),
            revision=Organization.revision + 1,
            updated_at=clock.now(),
        )
    )
    await session.execute(statement)


def _replanted(old: str, new: str) -> ColumnElement[str]:
    """Return the path below `new` of what stands below the path `old`."""
    return literal(new) + func.substr(Organization.path, len(old) + 1, type_=Text())


def _zones(old: str, new: str) -> dict[str, ColumnElement[UUID]]:
    """`kit.ids.zones_of` in SQL, below `new`, for what stands below the path `old`."""
    known = zones_of(new)
    return {
        name: literal(known[name], Uuid()) if len(new) >= length else _head(old, new, length)
        for name, length in (("area_id", AREA_LENGTH), ("zone_id", ZONE_LENGTH))
    }


def _head(old: str, new: str, length: int) -> ColumnElement[UUID]:
    """Return the id of who stands at the first characters of the new path.

    Looked for where it stands and where it will: SQLite may have moved it already.
    """
    head = aliased(Organization, name="head")
    before = func.substr(Organization.path, 1, len(old) + length - len(new), type_=Text())
    after = func.substr(_replanted(old, new), 1, length, type_=Text())
    found = select(head.id).where(head.path.in_((before, after)))
    return found.correlate(Organization).scalar_subquery()


def _open_on(day: date) -> ColumnElement[bool]:
    return or_(Organization.closed_on.is_(None), Organization.closed_on > day)


async def find_namesake(session: AsyncSession, row: Organization) -> str | None:
    """Return the code of another organization of a name below the same unit, if there is one."""
    statement = select(Organization.code).where(
        Organization.parent_id == row.parent_id,
        Organization.type == row.type,
        Organization.name == row.name,
        Organization.id != row.id,
        Organization.closed_on.is_(None),
    )
    return await session.scalar(statement.limit(1))
