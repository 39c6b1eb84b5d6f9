"""SQL of reminders: everything unfinished with a day.

It comes from several tables. A page is put together out of as much of each as a page holds, read
in the order of its days.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol
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
from app.db.rows import AnySelect, find_rows
from app.features.reminders.queries.sources import SOURCES
from app.features.reminders.rules import ESCALATION_DAYS
from app.http.paging import Join, Sorts
from app.models import (
    Job,
    Organization,
    Reminder,
)
from app.models.base import Owned
from app.models.vocabulary import ReminderStage


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
    def stage(self) -> Sequence[ReminderStage] | None:
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
            source.at(filters.stage or list(ReminderStage), today),
            *source.of_campaigns(filters.campaign_id),
            *matching(filters, org_id=source.acting),
        ]
        if source.org_id is None and issubclass(source.model, Owned):
            rows = part_of_tree(caller, source.model, *conditions, under=under)
        else:
            seen = visible(caller, source.acting, under=under)
            rows = select(source.model).where(seen, *conditions)
        sorts = Sorts({"due_on": source.due_on}, id=source.model.id, default="due_on")
        found.append((source.read(rows, today), sorts))
    return found


class ReminderRow(NamedTuple):
    """Something unfinished, with its organization and the unit above that."""

    kind: str
    record: str
    record_id: UUID
    inspection_id: UUID | None
    campaign_id: UUID
    org_id: UUID
    title: str
    due_on: date
    stage: str
    org_name: str
    parent_id: UUID | None


def join_names(today: date) -> Join[ReminderRow]:
    """Return what gives the rows of sources their stage, and the names of who has to act."""

    def add_names(page: Subquery) -> AnySelect:
        columns = (page.c[name] for name in ReminderRow._fields if name in page.c)
        return select(
            *columns, _stage(page.c.due_on, today), Organization.name.label("org_name"),
            Organization.parent_id,
        ).join(Organization, Organization.id == page.c.org_id)  # fmt: skip

    return Join(add_names, ReminderRow)


class UnsentRow(NamedTuple):
    """Something unfinished that nobody has been reminded of at its stage."""

    kind: str
    record: str
    record_id: UUID
    inspection_id: UUID | None
    campaign_id: UUID
    org_id: UUID
    title: str
    due_on: date
    stage: str
    parent_id: UUID | None


async def list_unsent(
    session: AsyncSession, today: date, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[UnsentRow]:
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
        rows = select(source.model).where(source.at(list(ReminderStage), today), ~sent)
        if after is not None:
            marked = zip(after, keys, strict=True)
            mark = (literal(value, column.type) for value, column in marked)
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
    return await find_rows(session, UnsentRow, statement)


async def keep(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Note reminders that have become events."""
    await session.execute(insert(Reminder), list(rows))


async def is_being_sent(session: AsyncSession, kind: str) -> bool:
    """Return whether a job of this kind is waiting or at work."""
    statement = select(Job.id).where(Job.kind == kind, Job.status.in_(("queued", "running")))
    return (await session.execute(statement.limit(1))).first() is not None


def _stage(due_on: Any, today: date) -> Label[str]:
    return case(
        (due_on <= today - timedelta(days=ESCALATION_DAYS), ReminderStage.ESCALATED.value),
        (due_on < today, ReminderStage.OVERDUE.value),
        else_=ReminderStage.DUE_SOON.value,
    ).label("stage")
