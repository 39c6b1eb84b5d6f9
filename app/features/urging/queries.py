"""SQL of urging: what is overdue below a unit, by the organization directly below."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.db import among
from app.db.rows import find_rows
from app.features.reminders.queries.sources import SOURCES
from app.features.tree.queries.paths import child_path
from app.http.paging import Sorts
from app.models import FollowUp, Inspection, Organization

SORTS: Final = Sorts(
    {"sort_order": Organization.sort_order, "code": Organization.code, "name": Organization.name},
    id=Organization.id,
    default="sort_order",
)


def select_children(
    session: AsyncSession,
    unit_id: UUID,
    org_ids: Collection[UUID],
    *conditions: ColumnElement[bool],
) -> Select[Organization]:
    """Select those of these organizations that stand directly below a unit."""
    named = among(session, Organization.id, list(org_ids))
    return select(Organization).where(Organization.parent_id == unit_id, named, *conditions)


class LateRow(NamedTuple):
    """What of one kind is overdue in the subtree of an organization."""

    child: str
    """The path of the organization directly below."""
    kind: str
    number: int
    since: date


async def sum_overdue(
    session: AsyncSession, campaign_id: UUID, unit: Organization, today: date
) -> Sequence[LateRow]:
    """Return what is overdue, but for obligations.

    It is what reminders are made of.
    """
    parts = []
    for source in SOURCES:
        if source.kind != "obligation":
            rows = select(source.model).where(
                source.due_on < today, source.campaign_id == campaign_id
            )
            parts.append(source.read(rows, today).subquery())
    late = union_all(*(select(part.c.kind, part.c.org_id, part.c.due_on) for part in parts))
    rows_of = late.subquery("late")
    child = child_path(Organization.path, unit.path).label("child")
    statement = (
        select(child, rows_of.c.kind, func.count().label("number"))
        .add_columns(func.min(rows_of.c.due_on).label("since"))
        .join(Organization, Organization.id == rows_of.c.org_id)
        .where(in_subtree(unit.path))
        .group_by(child, rows_of.c.kind)
    )
    return await find_rows(session, LateRow, statement)


async def sum_without_day(
    session: AsyncSession, campaign_id: UUID, unit: Organization
) -> dict[str, int]:
    """Return how many follow-ups wait “promptly”, by the path of the organization below."""
    child = child_path(Organization.path, unit.path).label("child")
    acting = func.coalesce(FollowUp.handler_org_id, Inspection.answering_org_id, Inspection.org_id)
    statement = (
        select(child, func.count())
        .select_from(FollowUp)
        .join(Inspection, Inspection.id == FollowUp.inspection_id)
        .join(Organization, Organization.id == acting)
        .where(
            Inspection.campaign_id == campaign_id,
            Inspection.status == "submitted",
            FollowUp.is_unsettled,
            FollowUp.due_on.is_(None),
            in_subtree(unit.path),
        )
        .group_by(child)
    )
    return {path: int(number) for path, number in await session.execute(statement)}
