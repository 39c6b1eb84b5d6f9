"""Reminders: read as they stand now, and sent as events, each once."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.reminders.queries import reading as queries
from app.features.reminders.queries.reading import ReminderRow
from app.features.reminders.rules import reminder_id
from app.features.reminders.schemas import ReminderOut
from app.kit import clock
from app.models.vocabulary import ReminderStage


def answer(row: ReminderRow, today: date) -> ReminderOut:
    """Return a reminder as callers get it."""
    values = row._asdict()
    at = ReminderStage.of(row.stage)
    return ReminderOut(
        **{name: values[name] for name in ReminderOut.model_fields if name in values},
        id=reminder_id(row.record_id, row.due_on, at),
        days_overdue=max((today - row.due_on).days, 0),
        addressed_to=addressees(row.org_id, row.parent_id, at),
    )


def addressees(org_id: UUID, parent_id: UUID | None, at: ReminderStage) -> list[UUID]:
    """Return who is reminded: the organization itself, and once escalated its superior as well."""
    above = [parent_id] if at is ReminderStage.ESCALATED and parent_id is not None else []
    return [org_id, *above]


async def send(
    session: AsyncSession, limit: int, after: tuple[date, UUID] | None
) -> tuple[int, tuple[date, UUID] | None]:
    """Turn reminders behind a position that have not been sent into events.

    How many, and the position of the last.
    """
    rows = await queries.list_unsent(session, clock.today(), limit, after)
    if not rows:
        return 0, after
    now = clock.now()
    kept: list[dict[str, Any]] = []
    changes = []
    for row in rows:
        at = ReminderStage.of(row.stage)
        identifier = reminder_id(row.record_id, row.due_on, at)
        kept.append(
            {
                "id": identifier, "org_id": row.org_id, "record": row.record,
                "record_id": row.record_id, "due_on": row.due_on, "stage": at.value,
                "created_at": now,
            }
        )  # fmt: skip
        data = {
            "kind": row.kind,
            "record": row.record,
            "record_id": str(row.record_id),
            "due_on": row.due_on.isoformat(),
            "stage": at.value,
            "addressed_to": [str(u) for u in addressees(row.org_id, row.parent_id, at)],
        }
        changes.append(events.Change("reminder.created", identifier, row.org_id, 1, data=data))
    await queries.keep(session, kept)
    await events.record(session, *changes)
    return len(rows), (rows[-1].due_on, rows[-1].record_id)
