"""SQL of reminders: everything unfinished with a day.

It comes from several tables. A page is put together out of as much of each as a page holds, read
in the order of its days.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    Label,
    Subquery,
    case,
    exists,
    insert,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import list_visible as part_of_tree
from app.access.visibility import visible
from app.db.conditions import matching
from app.db.rows import AnyRow, AnySelect
from app.features.reminders.queries.sources import SOURCES
from app.features.reminders.rules import ESCALATION_DAYS, Stage
from app.http.paging import Sorts
from app.models import (
    Job,
    Organization,
    Reminder,
)


class Filters(Protocol):
    """What a list of reminders is narrowed to."""

    @property
    def campaign_id(self) -> Sequence[UUID] | None:
        """Some of the campaigns."""

    @property
    def org_id(self) -> Sequence[UUID] | None:
        """Some of the organizations."""

    @property
    def kind(self) -> Sequence[str] | None:
        """Some of the kinds; all where none is given."""

    @property
    def stage(self) -> Sequence[Stage] | None:
        """Some of the stages; all where none is given."""


def list_visible(
    caller: Principal, filters: Filters, today: date, *, under: str | None
) -> list[tuple[AnySelect, Sorts]]:
    """Return the reminders the caller sees, source by source, each with the order of its rows."""
    found = []
    for source in SOURCES:
        if filters.kind and source.kind not in filters.kind:
            continue
        conditions = [
            source.at(filters.stage or list(Stage), today),
            *matching(filters, campaign_id=source.campaign_id, org_id=source.acting),
        ]
        if source.org_id is None and hasattr(source.model, "area_id"):
            rows = part_of_tree(caller, source.model, *conditions, under=under)
        else:
            seen = visible(caller, source.acting, under=under)
            rows = select(source.model).where(seen, *conditions)
        sorts = Sorts({"due_on": source.due_on}, id=source.model.id, default="due_on")
        found.append((source.read(rows, today), sorts))
    return found


def add_names(page: Subquery, today: date) -> AnySelect:
    """Rows of sources, each with its `stage`, `org_name` and `parent_id`."""
    return select(
        page, _stage(page.c.due_on, today), Organization.name.label("org_name"),
        Organization.parent_id,
    ).join(Organization, Organization.id == page.c.org_id)  # fmt: skip


async def list_unsent(
    session: AsyncSession, today: date, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[AnyRow]:
    """Reminders that have not become events yet, the oldest day first; those behind a position."""
    parts = []
    for source in SOURCES:
        keys = (source.due_on, source.model.id)
        stage = _stage(source.due_on, today)
        sent = exists().where(
            Reminder.record_id == source.model.id,
            Reminder.due_on == source.due_on,
            Reminder.stage == stage.element,
        )
        rows = select(source.model).where(source.at(list(Stage), today), ~sent)
        if after is not None:
            mark = (literal(value, key.type) for value, key in zip(after, keys, strict=True))
            rows = rows.where(tuple_(*keys) > tuple_(*mark))
        # Each source by its own index as far as it is needed, however much there is.
        parts.append(source.read(rows, today).order_by(*keys).limit(limit).subquery())
    due = union_all(*(select(part) for part in parts)).subquery("due")
    statement = (
        select(due, _stage(due.c.due_on, today), Organization.parent_id)
        .join(Organization, Organization.id == due.c.org_id)
        .order_by(due.c.due_on, due.c.record_id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def keep(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Note reminders that have become events."""
    await session.execute(insert(Reminder), list(rows))


async def is_being_sent(session: AsyncSession, kind: str) -> bool:
    """Return whether a job of this kind is waiting or at work."""
    statement = select(Job.id).where(Job.kind == kind, Job.status.in_(("queued", "running")))
    return (await session.execute(statement.limit(1))).first() is not None


def _stage(due_on: Any, today: date) -> Label[str]:
    return case(
        (due_on <= today - timedelta(days=ESCALATION_DAYS), Stage.ESCALATED.value),
        (due_on < today, Stage.OVERDUE.value),
        else_=Stage.DUE_SOON.value,
    ).label("stage")
