"""SQL of progress: the ledger's counters over a subtree.

What a unit's subtree owes costs the unit's children, not the subtree: the folded counters of its
units, what is not yet folded below them, and the few obligations counted at the unit itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.functions import coalesce

from app.access.visibility import in_subtree
from app.db import among
from app.db.rows import AnySelect, find_rows
from app.features.counts.queries.covering import is_inspected
from app.features.obligations.queries.counting import select_ledger
from app.features.obligations.rules import existed
from app.features.progress.rules import Own, Slot, Tallies
from app.features.tree.queries.paths import child_path, select_opened
from app.kit.pacing import paced
from app.models import (
    Counter,
    CounterDelta,
    Inspection,
    Obligation,
    Organization,
    Requirement,
    RequirementPeriod,
)
from app.models.counters import MEASURES, TOTALS
from app.models.vocabulary import Every


class RequirementRow(NamedTuple):
    """A requirement whose figures are asked."""

    id: UUID
    code: str
    title: str
    subject: Literal["branch", "unit", "leader"]
    opens_on: date | None
    due_on: date | None
    every: Every | None


def as_row(requirement: Requirement) -> RequirementRow:
    """Return a requirement as a row whose figures are asked."""
    return RequirementRow(*(getattr(requirement, name) for name in RequirementRow._fields))


async def load_requirements(
    session: AsyncSession, campaign_id: UUID, path: str
) -> Sequence[RequirementRow]:
    """Return the active requirements that reach into the subtree or contain it, in their order."""
    issuer = select(Organization.path).where(Organization.id == Requirement.org_id)
    above = issuer.scalar_subquery()
    statement = (
        select(
            Requirement.id,
            Requirement.code,
            Requirement.title,
            Requirement.subject,
            Requirement.opens_on,
            Requirement.due_on,
            Requirement.every,
        )
        .where(
            Requirement.campaign_id == campaign_id,
            Requirement.active,
            or_(in_subtree(path, above), func.substr(path, 1, func.length(above)) == above),
        )
        .order_by(Requirement.sort_order, Requirement.id)
    )
    return await find_rows(session, RequirementRow, statement)


async def load_slots(
    session: AsyncSession, requirements: Sequence[RequirementRow], day: date
) -> dict[UUID, list[Slot]]:
    """Return, by requirement, what it is counted as: itself, or its periods begun by the day."""
    found: dict[UUID, list[Slot]] = {
        row.id: [] if row.every else [Slot(row.id, row.opens_on, row.due_on)]
        for row in requirements
    }
    anew = [row.id for row in requirements if row.every]
    if anew:
        period = RequirementPeriod
        statement = (
            select(period)
            .where(period.requirement_id.in_(anew), period.active, period.opens_on <= day)
            .order_by(period.opens_on)
        )
        for row in (await session.execute(statement)).scalars():
            found[row.requirement_id].append(Slot(row.id, row.opens_on, row.due_on))
    return found


async def list_children(session: AsyncSession, *unit_ids: UUID) -> Sequence[Organization]:
    """Return the organizations directly below units, in the authority's own order."""
    statement = (
        select(Organization)
        .where(among(session, Organization.parent_id, unit_ids))
        .order_by(Organization.sort_order, Organization.id)
    )
    return (await session.execute(statement)).scalars().all()


async def load_own(
    session: AsyncSession, campaign_id: UUID, organizations: Sequence[Organization], day: date
) -> dict[UUID, Own]:
    """Return of each organization whether it is there on a day and was inspected up to it."""
    there = [o.id for o in organizations if existed(o.opened_on, o.closed_on, day)]
    statement = select(Inspection.org_id).where(
        among(session, Inspection.org_id, there), *is_inspected(campaign_id, day)
    )
    inspected = set((await session.execute(statement.distinct())).scalars())
    found: dict[UUID, Own] = {o.id: (0, 0) for o in organizations}
    return found | {org_id: (1, int(org_id in inspected)) for org_id in there}


async def sum_by_child(
    session: AsyncSession, campaign_id: UUID, unit: Organization, as_of: date, depth: int = 1
) -> Tallies:
    """Return the ledger's counts by the path of each child, and of the unit itself for its own.

    Units below by their counters; branches and the unit itself by their own obligations. A branch
    has no counters and nothing below it. With a depth of 2, the child units like the unit.
    """
    opened = select_opened(unit, depth)
    folded = (
        select(Organization.path.label("group"), *_counted(Counter))
        .join(Organization, Organization.id == Counter.unit_id)
        .where(
            Organization.parent_id.in_(opened),
            Organization.id.not_in(opened),
            Counter.campaign_id == campaign_id,
        )
    )
    group = child_path(Organization.path, unit.path, depth)
    unfolded = _unfolded(campaign_id, unit.path, group)
    parts = _of_counters(folded, unfolded.where(CounterDelta.unit_id.not_in(opened)), as_of)
    counted = _counted_at(unit) if depth == 1 else Obligation.unit_id.in_(opened)
    own = _of_ledger(campaign_id, Organization.path, counted, as_of)
    return await _tallies(session, [*parts, *own])


async def sum_by_sector(
    session: AsyncSession, campaign_id: UUID, unit: Organization, as_of: date
) -> Tallies:
    """Return the ledger's counts by the sector of the organizations."""
    if unit.type == "branch":
        own = _of_ledger(campaign_id, None, _counted_at(unit), as_of)
        return await _tallies(session, own)
    folded = select(Counter.sector.label("group"), *_counted(Counter)).where(
        Counter.unit_id == unit.id, Counter.campaign_id == campaign_id
    )
    unfolded = _unfolded(campaign_id, unit.path, CounterDelta.sector)
    return await _tallies(session, _of_counters(folded, unfolded, as_of))


async def sum_of_subjects(
    session: AsyncSession,
    campaign_id: UUID,
    unit: Organization,
    subject_ids: Collection[UUID],
    as_of: date,
    *,
    by_sector: bool,
) -> Tallies:
    """Return the part of these subjects in `by_child` or `by_sector`."""
    # The sector by which they are counted: in a closed campaign that of its closing.
    group = None if by_sector else child_path(Organization.path, unit.path)
    theirs = among(session, Obligation.subject_id, subject_ids)
    here = in_subtree(unit.path)
    return await _tallies(session, _of_ledger(campaign_id, group, theirs, as_of, here))


def _counted_at(unit: Organization) -> ColumnElement[bool]:
    """Condition on obligations: they are counted at the unit itself, or are the branch's own."""
    if unit.type == "branch":
        return Obligation.org_id == unit.id
    return Obligation.unit_id == unit.id


Part = tuple[AnySelect, bool]


def _of_counters(folded: AnySelect, unfolded: AnySelect, as_of: date) -> list[Part]:
    """All that is counted, and what of it was met after the day."""
    return [
        (folded.where(Counter.day == TOTALS), False),
        (folded.where(Counter.day > as_of), True),
        (unfolded, False),
        (unfolded.where(CounterDelta.day > as_of), True),
    ]


def _of_ledger(
    campaign_id: UUID,
    group: Any,
    which: ColumnElement[bool],
    as_of: date,
    *at: ColumnElement[bool],
) -> list[Part]:
    """Obligations themselves, by the place of their organization, or by sector; both parts."""
    source = select_ledger(which, Obligation.campaign_id == campaign_id)
    rows = (
        select(
            (source.c.sector if group is None else group).label("group"),
            source.c.requirement_id,
            *(coalesce(func.sum(source.c[name]), 0).label(name) for name in MEASURES),
        )
        .select_from(source)
        .join(Organization, Organization.id == source.c.org_id)
        .where(*at)
        .group_by("group", source.c.requirement_id)
    )
    return [(rows, False), (rows.where(source.c.day > as_of), True)]


def _counted(table: type[Counter | CounterDelta]) -> list[Any]:
    return [table.requirement_id, *(getattr(table, name) for name in MEASURES)]


def _unfolded(campaign_id: UUID, path: str, group: Any) -> AnySelect:
    return (
        select(group.label("group"), *_counted(CounterDelta))
        .join(Organization, Organization.id == CounterDelta.unit_id)
        .where(CounterDelta.campaign_id == campaign_id, in_subtree(path))
    )


async def _tallies(session: AsyncSession, parts: Iterable[Part]) -> Tallies:
    """Add the parts up, all in one statement."""
    rows = union_all(
        *(statement.add_columns(literal(later).label("later")) for statement, later in parts)
    ).subquery("rows")
    keys = (rows.c.group, rows.c.requirement_id, rows.c.later)
    sums = (func.sum(rows.c[name]).label(name) for name in MEASURES)
    result = await session.execute(select(*keys, *sums).group_by(*keys))
    counted = [row async for row in paced(result)]
    return await asyncio.to_thread(_by_group, counted)


def _by_group(rows: Iterable[Sequence[Any]]) -> Tallies:
    """Return counted rows by group: ten thousand of them where a unit has a thousand children."""
    found: Tallies = defaultdict(lambda: defaultdict(dict))
    for group, requirement_id, later, *sums in rows:
        found[group][requirement_id][later] = dict(zip(MEASURES, map(int, sums), strict=True))
    return found
