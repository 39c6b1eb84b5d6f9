"""SQL that reads the ledger for its callers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.kit.problems import NotFound
from app.kit.rows import AnyRow, AnySelect
from app.models import Credit, Leader, Obligation, Organization, Requirement


def listed(caller: Principal, *conditions: ColumnElement[bool], under: str | None) -> AnySelect:
    """Obligations that the caller sees: `Obligation, code, title, name of the subject`."""
    name = case(
        (Obligation.subject_type == "leader", Leader.name),
        else_=func.coalesce(Organization.name, ""),
    )
    return (
        select(Obligation, Requirement.code, Requirement.title, name.label("name"))
        .join(Requirement, Requirement.id == Obligation.requirement_id)
        .join(Organization, Organization.id == Obligation.org_id)
        .outerjoin(
            Leader, and_(Obligation.subject_type == "leader", Leader.id == Obligation.subject_id)
        )
        .where(visible(caller, Obligation.org_id, under=under), *conditions)
    )


def listed_then(caller: Principal, rows: Subquery, *conditions: ColumnElement[bool]) -> AnySelect:
    """The same of a past day, `rows` of `past.ledger`; then `status` and `org_id` as of that day.

    Whoever sees it is who sees it now.
    """
    statement = listed(caller, *conditions, under=None)
    return statement.add_columns(rows.c.status, rows.c.org_id).join(
        rows, rows.c.obligation_id == Obligation.id
    )


def is_overdue(today: date) -> ColumnElement[bool]:
    """Condition: open, and its day has passed."""
    return and_(
        Obligation.status == "open", Obligation.due_on < today, Obligation.returned.is_(False)
    )


async def one(session: AsyncSession, caller: Principal, obligation_id: UUID) -> AnyRow:
    """One obligation that the caller sees; raises `NotFound`."""
    statement = listed(caller, Obligation.id == obligation_id, under=None)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def locked(
    session: AsyncSession, caller: Principal, obligation_id: UUID
) -> tuple[Obligation, bool]:
    """An obligation locked for change, and whether the caller may review it."""
    statement = (
        select(Obligation)
        .where(Obligation.id == obligation_id, visible(caller, Obligation.org_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    obligation = (await session.execute(statement)).scalar_one_or_none()
    if obligation is None:
        raise NotFound
    allowed = select(Organization.id).where(
        Organization.id == obligation.org_id,
        visible(caller, Organization.id, Power.REVIEW),
    )
    return obligation, (await session.execute(allowed)).first() is not None


async def credits_of(
    session: AsyncSession, obligation_ids: Sequence[UUID]
) -> dict[UUID, list[AnyRow]]:
    """The credits of obligations, by the day the work was done."""
    statement = (
        select(Credit.obligation_id, Credit.record, Credit.source_id, Credit.on_day)
        .where(Credit.obligation_id.in_(obligation_ids), Credit.standing)
        .order_by(Credit.on_day, Credit.source_id)
    )
    found: dict[UUID, list[AnyRow]] = defaultdict(list)
    for row in await session.execute(statement):
        found[row.obligation_id].append(row)
    return found
