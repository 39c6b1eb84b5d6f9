"""SQL of leaders."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.access import visibility
from app.access.principal import Power, Principal
from app.access.visibility import seen_as_own, visible
from app.db.conditions import containing, equals
from app.db.rows import find_rows
from app.features.organizations.schemas.filters import LeaderFilter
from app.http.paging import Sorts
from app.kit import clock
from app.kit.problems import Forbidden, NotFound
from app.models import Leader, LeaderRecord, Organization

SORTS: Final = Sorts(
    {
        "sort_order": Leader.sort_order,
        "name": Leader.name,
        "updated_at": Leader.updated_at,
        "created_at": Leader.created_at,
    },
    id=Leader.id,
    default="sort_order",
)

BRANCH_SORTS: Final = Sorts(
    {"sort_order": Leader.sort_order, "name": Leader.name}, id=Leader.id, default="sort_order"
)
"""Of what a branch is answered of its leaders: they tell nothing else by their order."""


def select_of_branch(branch_id: UUID, q: str | None) -> Select[Leader]:
    """Select the leaders who belong to a branch, whatever unit they lead."""
    found = containing(q, Leader.name, Leader.post)
    return select(Leader).where(Leader.branch_id == branch_id, *found)


def list_visible(caller: Principal, wanted: LeaderFilter, under: str | None) -> Select[Leader]:
    """Select the leaders that the caller sees, filtered; `under` is a path."""
    asked = {
        Leader.org_id: wanted.unit_id,
        Leader.branch_id: wanted.branch_id,
        Leader.position_level: wanted.position_level,
        Leader.delegate_level: wanted.delegate_level,
        Leader.source: wanted.source,
        Leader.external_id: wanted.external_id,
    }
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    if wanted.active is not None:
        conditions.append(_active() if wanted.active else not_(_active()))
    conditions += containing(wanted.q, Leader.name, Leader.post)
    return visibility.list_visible(caller, Leader, *conditions, under=under)


async def get(session: AsyncSession, caller: Principal, leader_id: UUID) -> Leader:
    """Return a leader that the caller sees; raises `NotFound`."""
    seen = or_(visible(caller, Leader.org_id), *seen_as_own(caller, Leader.id, Leader.org_id))
    statement = select(Leader).where(Leader.id == leader_id, seen)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


async def get_for_update(session: AsyncSession, caller: Principal, leader_id: UUID) -> Leader:
    """Lock and return a leader whom the caller may organize; raises `NotFound`, `Forbidden`."""
    statement = (
        select(Leader, Organization.path)
        .join(Organization, Organization.id == Leader.org_id)
        .where(Leader.id == leader_id, visible(caller, Leader.org_id))
        .with_for_update(of=Leader)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound
    row, path = found
    if not caller.may(Power.ORGANIZE, path):
        raise Forbidden
    return row


async def exists(session: AsyncSession, leader_id: UUID) -> bool:
    """Return whether there is a leader of this id, seen by the caller or not."""
    statement = select(Leader.id).where(Leader.id == leader_id)
    return (await session.execute(statement)).first() is not None


async def find_known(
    session: AsyncSession, ids: Collection[UUID], keys: Collection[tuple[str, str]]
) -> Sequence[Leader]:
    """Every leader with one of these ids or natural keys, seen or not."""
    conditions: list[ColumnElement[bool]] = []
    if ids:
        conditions.append(Leader.id.in_(ids))
    if keys:
        conditions.append(tuple_(Leader.source, Leader.external_id).in_(keys))
    if not conditions:
        return ()
    return (await session.execute(select(Leader).where(or_(*conditions)))).scalars().all()


async def lock_to_hand_over(
    session: AsyncSession,
    place: InstrumentedAttribute[Any],
    of: UUID | Collection[UUID],
    *also: ColumnElement[bool],
) -> Sequence[Leader]:
    """All leaders of a unit or branch, or of these ids, locked in the order of their ids."""
    statement = (
        select(Leader)
        .where(place == of if isinstance(of, UUID) else place.in_(of), *also)
        .order_by(Leader.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalars().all()


class MovedRow(NamedTuple):
    """A record that went along with its leader."""

    id: UUID
    leader_id: UUID
    revision: int


async def transfer_records(
    session: AsyncSession, leader_ids: Collection[UUID], unit: Mapping[str, UUID]
) -> list[MovedRow]:
    """Let the leaders' own records belong to the unit that they lead now, named by its columns.

    Return which they are.
    """
    statement = (
        update(LeaderRecord)
        .where(LeaderRecord.leader_id.in_(leader_ids))
        .values(**unit, revision=LeaderRecord.revision + 1, updated_at=clock.now())
        .returning(LeaderRecord.id, LeaderRecord.leader_id, LeaderRecord.revision)
    )
    return await find_rows(session, MovedRow, statement)


def _active() -> ColumnElement[bool]:
    today = clock.today()
    return and_(
        or_(Leader.active_from.is_(None), Leader.active_from <= today),
        or_(Leader.active_to.is_(None), Leader.active_to >= today),
    )


async def has_namesake(session: AsyncSession, row: Leader) -> bool:
    """Return whether the unit has another leader of the name."""
    statement = select(Leader.id).where(
        Leader.org_id == row.org_id, Leader.name == row.name, Leader.id != row.id
    )
    return await session.scalar(statement.limit(1)) is not None
