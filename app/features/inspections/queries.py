"""SQL of inspections and of what must follow from them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import visibility
from app.access.principal import Principal
from app.access.visibility import visible
from app.db.conditions import equals
from app.db.rows import AnySelect
from app.db.unit_of_work import UnitOfWork
from app.kit import clock
from app.kit.problems import NotFound
from app.models import FollowUp, Inspection


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[Inspection]:
    """Select the inspections of organizations that the caller sees, for a list."""
    return visibility.list_visible(caller, Inspection, *conditions, under=under)


def taken_over(
    caller: Principal, org_ids: list[UUID], *conditions: ColumnElement[bool], under: str | None
) -> Select[Inspection]:
    """Select the inspections from which something must follow that passed to others, for a list."""
    answering, handler = Inspection.answering_org_id, FollowUp.handler_org_id
    passed = (*equals(answering, org_ids), visible(caller, answering))
    handed = _is_handled(visible(caller, handler), *equals(handler, org_ids))
    narrowed = visibility.belongs_under(under, Inspection.org_id, answering)
    if narrowed:
        narrowed = [or_(*narrowed, _is_handled(*visibility.belongs_under(under, handler)))]
    return select(Inspection).where(or_(and_(*passed), handed), *narrowed, *conditions)


def is_unanswered() -> ColumnElement[bool]:
    """Return the condition on `inspections` that something that must follow has no answer yet."""
    return exists().where(FollowUp.inspection_id == Inspection.id, FollowUp.answer.is_(None))


async def get(session: AsyncSession, caller: Principal, inspection_id: UUID) -> Inspection:
    """Return one inspection that the caller sees, or raise `NotFound`."""
    return await _found(session, _seen(caller, inspection_id))


async def get_for_update(
    session: AsyncSession, caller: Principal, inspection_id: UUID
) -> Inspection:
    """Lock and return one inspection that the caller sees, or raise `NotFound`."""
    statement = _seen(caller, inspection_id).with_for_update()
    return await _found(session, statement.execution_options(populate_existing=True))


async def known(session: AsyncSession, inspection_id: UUID) -> bool:
    """Return whether there is an inspection of this id at all."""
    statement = select(Inspection.id).where(Inspection.id == inspection_id)
    return (await session.execute(statement)).first() is not None


async def by_id(session: AsyncSession, inspection_id: UUID) -> Inspection | None:
    """Return the inspection of an id, whoever sees it."""
    statement = select(Inspection).where(Inspection.id == inspection_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def find_by_natural_key(
    session: AsyncSession, org_id: UUID, source: str, external_id: str
) -> Inspection | None:
    """Return the inspection of an organization by the caller's own key."""
    statement = select(Inspection).where(
        Inspection.org_id == org_id,
        Inspection.source == source,
        Inspection.external_id == external_id,
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def load_follow_ups(
    session: AsyncSession, inspection_ids: Collection[UUID]
) -> dict[UUID, list[FollowUp]]:
    """Map inspections to what must follow from them, in its order."""
    statement = (
        select(FollowUp)
        .where(FollowUp.inspection_id.in_(inspection_ids))
        .order_by(FollowUp.number, FollowUp.id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[FollowUp]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        found[row.inspection_id].append(row)
    return found


async def find_existing_follow_ups(session: AsyncSession, part_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these ids that what must follow from some inspection has."""
    if not part_ids:
        return set()
    statement = select(FollowUp.id).where(FollowUp.id.in_(part_ids))
    return set((await session.execute(statement)).scalars())


async def add(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Insert an inspection."""
    work = UnitOfWork.of(session)
    work.insert(Inspection, [values])
    await work.flush()


async def change(session: AsyncSession, inspection: Inspection, values: Mapping[str, Any]) -> None:
    """Set values of one inspection and read it again; the revision counts up."""
    statement = (
        update(Inspection)
        .where(Inspection.id == inspection.id)
        .values(**values, revision=Inspection.revision + 1, updated_at=clock.now())
    )
    await session.execute(statement)
    await session.refresh(inspection)


async def put_follow_ups(
    session: AsyncSession, inspection: Inspection, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Make these what must follow: known ones changed, new ones added, the others gone."""
    kept = [row["id"] for row in rows]
    gone = delete(FollowUp).where(FollowUp.inspection_id == inspection.id, FollowUp.id.not_in(kept))
    await session.execute(gone)
    there = select(FollowUp.id).where(FollowUp.inspection_id == inspection.id)
    before = set((await session.execute(there)).scalars())
    for row in rows:
        if row["id"] in before:
            values = {name: row[name] for name in ("number", "what", "due_on")}
            await change_follow_up(session, row["id"], values)
    new = [
        {**row, "inspection_id": inspection.id, "org_id": inspection.org_id}
        for row in rows
        if row["id"] not in before
    ]
    work = UnitOfWork.of(session)
    work.insert(FollowUp, new)
    await work.flush()


async def change_follow_up(
    session: AsyncSession, follow_up_id: UUID, values: Mapping[str, Any]
) -> None:
    """Set values of what must follow."""
    statement = update(FollowUp).where(FollowUp.id == follow_up_id).values(**values)
    await session.execute(statement)


def _is_handled(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that something that must follow was passed on to such a one."""
    of_it = FollowUp.inspection_id == Inspection.id
    return exists().where(of_it, FollowUp.handler_org_id.is_not(None), *conditions)


def in_sight(caller: Principal) -> ColumnElement[bool]:
    """Return the condition that the caller sees an inspection, as one of those concerned."""
    return or_(
        visible(caller, Inspection.org_id),
        visible(caller, Inspection.answering_org_id),
        _is_handled(visible(caller, FollowUp.handler_org_id)),
    )


def _seen(caller: Principal, inspection_id: UUID) -> AnySelect:
    return select(Inspection).where(Inspection.id == inspection_id, in_sight(caller))


async def _found(session: AsyncSession, statement: AnySelect) -> Inspection:
    found: Inspection | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
