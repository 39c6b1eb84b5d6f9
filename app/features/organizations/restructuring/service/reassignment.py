"""Handing over: leaders and what stands below a unit go to another one, set by set."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.obligations import service as obligations
from app.features.organizations.queries import history
from app.features.organizations.queries import organizations as queries
from app.features.organizations.schemas.organizations import digested, way
from app.features.organizations.succession import rules as succession_rules
from app.features.organizations.succession import service as succession
from app.models import Organization


async def move_children(
    session: AsyncSession,
    unit: Organization,
    into: Organization,
    reason: str | None,
    since: date,
    child_ids: Collection[UUID] | None = None,
) -> None:
    """Let what stands below a unit, all of it unless some is named, stand below another one.

    With its events and what it owes. To be called under the structure lock, all of it locked.
    """
    children = await queries.list_children(session, unit.id)
    before = {c.id: digested(c) for c in children if child_ids is None or c.id in child_ids}
    if not before:
        return
    handed = queries.below(unit, child_ids)
    moved_ids = await queries.list_ids(session, handed)
    await history.keep_places(session, handed, since)
    await queries.hand_over(session, unit, into, handed, since=since)
    rows = [row for row in await queries.list_children(session, into.id) if row.id in before]
    told = way(unit.id, into.id) | ({} if reason is None else {"reason": reason})
    await events.record(session, *(_moved(row, before[row.id], told, unit.id) for row in rows))
    branch_ids = [row.id for row in rows if row.type == "branch"]
    await obligations.move_branches(session, unit.id, into.id, branch_ids)
    for row in rows:
        if row.type == "unit":
            await obligations.follow_move(session, row, unit.id)
    await obligations.reconcile_organizations(session, moved_ids)
    levels = succession_rules.levels(unit.path, into.path)
    await succession.moved(session, queries.below(into, set(before)), levels, reason)


def _moved(row: Organization, before: str, told: dict[str, Any], left: UUID) -> events.Change:
    kind, after = f"{row.type}.moved", digested(row)
    return events.Change(kind, row.id, row.id, row.revision, before, after, told, other_org_id=left)
