"""The counts of a subtree: what was added up, and what is marked counted from its records.

Every question is two statements of one snapshot: whether anything below is marked, which is rare,
and the sum, whose cost follows the unit's children and the marks. Without marks the records are
not asked for: to build and to plan that half of the statement takes far longer than to answer the
other.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    FromClause,
    Subquery,
    Uuid,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import bounds_of, in_subtree
from app.db import among
from app.db.rows import AnySelect
from app.features.counts.queries import records
from app.features.counts.rules import ADDED_UP
from app.features.tree.queries.past import Before
from app.features.tree.queries.paths import child_path, select_opened
from app.models import Organization, OwnCount, SubtreeCount, Uncounted
from app.models.counters import TOTALS
from app.models.counts import EVERYWHERE

Counts = dict[str, dict[str, int]]
"""Group → counts."""
Part = tuple[AnySelect, int]
"""Rows of `group` and all counts, and how many times they count."""


async def sum_by_child(
    session: AsyncSession, campaign_id: UUID, unit: Organization, as_of: date, depth: int = 1
) -> Counts:
    """Return counts up to a day by the path of each child, and of the unit itself for its own.

    With a depth of 2, of each child's children, and of the child units for their own.
    """
    is_marked = await _is_marked(session, unit)
    parts = await asyncio.to_thread(_by_child, campaign_id, unit, as_of, depth, is_marked=is_marked)
    return await _sums(session, parts, **_given(campaign_id, unit))


async def sum_by_sector(
    session: AsyncSession, campaign_id: UUID, unit: Organization, as_of: date
) -> Counts:
    """Return counts up to a day by the sector of the organizations."""
    is_marked = await _is_marked(session, unit)
    parts = await asyncio.to_thread(_by_sector, campaign_id, unit, as_of, is_marked=is_marked)
    return await _sums(session, parts, **_given(campaign_id, unit))


def _by_child(
    campaign_id: UUID, unit: Organization, as_of: date, depth: int = 1, *, is_marked: bool
) -> list[Part]:
    opened = select_opened(unit, depth)
    path = Organization.path.label("group")
    below = (
        select(path, SubtreeCount)
        .join(Organization, Organization.id == SubtreeCount.unit_id)
        .where(
            Organization.parent_id.in_(opened),
            Organization.id.not_in(opened),
            _counts_in(SubtreeCount, campaign_id),
        )
    )
    branches = Organization.parent_id.in_(opened) & (Organization.type == "branch")
    own = (
        select(path, OwnCount)
        .join(Organization, Organization.id == OwnCount.org_id)
        .where(
            or_(Organization.id.in_(opened), branches),
            _counts_in(OwnCount, campaign_id),
            OwnCount.day <= as_of,
        )
    )
    parts = [*_up_to(below, as_of), (own, 1)]
    if is_marked:
        child = child_path(_marked().c.path, unit.path, depth)
        parts += _corrections(campaign_id, child, child, as_of)
    return parts


def _by_sector(
    campaign_id: UUID, unit: Organization, as_of: date, *, is_marked: bool
) -> list[Part]:
    corrections: list[Part] = []
    if is_marked:
        corrections = _corrections(campaign_id, _marked().c.sector, OwnCount.sector, as_of)
    if unit.type == "branch":
        own = select(OwnCount.sector.label("group"), OwnCount).where(
            OwnCount.org_id == unit.id,
            _counts_in(OwnCount, campaign_id),
            OwnCount.day <= as_of,
        )
        return [(own, 1), *corrections]
    whole = select(SubtreeCount.sector.label("group"), SubtreeCount).where(
        SubtreeCount.unit_id == unit.id, _counts_in(SubtreeCount, campaign_id)
    )
    return [*_up_to(whole, as_of), *corrections]


async def sum_by_day(
    session: AsyncSession, campaign_id: UUID, unit: Organization
) -> dict[date, int]:
    """Activities by the day on which they were held."""
    kept = select(SubtreeCount.day, SubtreeCount.activities.label("held")).where(
        SubtreeCount.unit_id == unit.id,
        SubtreeCount.campaign_id == campaign_id,
        SubtreeCount.day > TOTALS,
    )
    if unit.type == "branch":
        kept = select(OwnCount.day, OwnCount.activities.label("held")).where(
            OwnCount.org_id == unit.id, OwnCount.campaign_id == campaign_id
        )
    corrections: list[AnySelect] = []
    if await _is_marked(session, unit):
        corrections = await asyncio.to_thread(_corrections_by_day, campaign_id)
    parts = union_all(kept, *corrections).subquery("parts")
    total = func.sum(parts.c.held)
    statement = select(parts.c.day, total).group_by(parts.c.day).having(total != 0)
    rows = await session.execute(statement, _given(campaign_id, unit))
    return {day: int(held) for day, held in rows}


async def sum_past(
    session: AsyncSession, campaign_id: UUID, unit: Organization, before: Before, *, by_sector: bool
) -> Counts:
    """Return counts up to a past day by the tree of then: by sector or by each child's path.

    What was added up by the tree of now, put right for those that stood elsewhere.
    """
    day, path, places, moved = before
    if moved is None:
        rows: FromClause = _work()
        group = places.sector if by_sector else child_path(places.path, path)
        found = _done(rows, group, day).join(places, places.id == rows.c.org_id)
        parts = [(found.where(in_subtree(path, places.path)), 1)]
        return await _sums(session, parts, **_given(campaign_id, unit))
    these = _these(session, moved, places)
    rows = records.select_work(campaign_id, select(these.c.id)).cte("work")
    add_up = _by_sector if by_sector else _by_child
    parts = add_up(campaign_id, unit, day, is_marked=await _is_marked(session, unit))
    for top, column, times in ((unit.path, these.c.now, -1), (path, these.c.then, 1)):
        group = these.c.sector if by_sector else child_path(column, top)
        found = _done(rows, group, day).join(these, these.c.id == rows.c.org_id)
        parts.append((found.where(in_subtree(top, column)), times))
    return await _sums(session, parts, **_given(campaign_id, unit))


def _done(rows: FromClause, group: Any, day: date) -> AnySelect:
    """Return what was done up to a day by a group, for the organizations that are joined to it."""
    measures = (rows.c[name] for name in ADDED_UP)
    return select(group.label("group"), *measures).select_from(rows).where(rows.c.day <= day)


def _these(session: AsyncSession, ids: Collection[UUID], places: type[Organization]) -> CTE:
    """Organizations by their ids, with their paths now and then."""
    return (
        select(
            Organization.id,
            Organization.sector,
            Organization.path.label("now"),
            places.path.label("then"),
        )
        .outerjoin(places, places.id == Organization.id)
        .where(among(session, Organization.id, ids))
        .cte("these")
    )


@cache
def _work() -> Subquery:
    """Return all work of the campaign that is a parameter; made once, which is dear."""
    return records.select_work(_campaign()).subquery("work")


@cache
def _marked_work() -> Subquery:
    """Return the work of what is marked in the subtree and for the campaign that are parameters."""
    return records.select_work(_campaign(), select(_marked().c.id)).subquery("work")


@cache
def _marked() -> CTE:
    """Return the organizations that are to be counted again of the subtree that is a parameter."""
    path = Organization.path
    first, after = (bindparam(name, type_=path.type) for name in ("first_path", "path_after"))
    return (
        select(Organization.id, path, Organization.sector)
        .where(path >= first, path < after, Organization.id.in_(select(Uncounted.org_id)))
        .cte("marked")
    )


def _campaign() -> BindParameter[UUID]:
    return bindparam("of_campaign", type_=Uuid())


def _given(campaign_id: UUID, unit: Organization) -> dict[str, Any]:
    """Return the parameters of what is made once."""
    first, after = bounds_of(unit.path)
    return {"of_campaign": campaign_id, "first_path": first, "path_after": after}


async def _is_marked(session: AsyncSession, unit: Organization) -> bool:
    """Return whether anything of a subtree is to be counted again."""
    marked = (
        select(Organization.id)
        .join(Uncounted, Uncounted.org_id == Organization.id)
        .where(in_subtree(unit.path))
        .limit(1)
    )
    return (await session.execute(marked)).first() is not None


def _up_to(counted: AnySelect, as_of: date) -> list[Part]:
    """All that is counted, without what counts after the day only."""
    totals = counted.where(SubtreeCount.day == TOTALS)
    return [(totals, 1), (counted.where(SubtreeCount.day > as_of), -1)]


def _corrections(campaign_id: UUID, group: Any, group_before: Any, as_of: date) -> list[Part]:
    """Return what is marked, as the records say, without what was counted of it."""
    marked, rows = _marked(), _marked_work()
    now = (
        select(group.label("group"), *(rows.c[name] for name in ADDED_UP))
        .join(marked, marked.c.id == rows.c.org_id)
        .where(rows.c.day <= as_of)
    )
    before = (
        select(group_before.label("group"), *(getattr(OwnCount, name) for name in ADDED_UP))
        .join(marked, marked.c.id == OwnCount.org_id)
        .where(_counts_in(OwnCount, campaign_id), OwnCount.day <= as_of)
    )
    return [(now, 1), (before, -1)]


def _corrections_by_day(campaign_id: UUID) -> list[AnySelect]:
    """Return activities of what is marked, as the records say, without what was counted of it."""
    marked, rows = _marked(), _marked_work()
    before = (
        select(OwnCount.day, -OwnCount.activities)
        .join(marked, marked.c.id == OwnCount.org_id)
        .where(OwnCount.campaign_id == campaign_id)
    )
    return [select(rows.c.day, rows.c.activities), before]


def _counts_in(table: type[OwnCount | SubtreeCount], campaign_id: UUID) -> ColumnElement[bool]:
    """Condition: it counts in a campaign, as what is there does in every one."""
    return table.campaign_id.in_((campaign_id, EVERYWHERE))


async def _sums(session: AsyncSession, parts: Sequence[Part], **given: Any) -> Counts:
    selected = []
    for statement, sign in parts:
        rows = statement.subquery()
        selected.append(
            select(
                rows.c.group,
                literal(sign).label("sign"),
                *(rows.c[name] for name in ADDED_UP),
            )
        )
    every = union_all(*selected).subquery("parts")
    sums = (func.sum(every.c.sign * every.c[name]).label(name) for name in ADDED_UP)
    found: Counts = {}
    statement = select(every.c.group, *sums).group_by(every.c.group)
    for row in await session.execute(statement, given):
        values = row._asdict()
        group = values.pop("group")
        found[group] = {name: int(value) for name, value in values.items()}
    return found
