"""Pure rules of reminders: when who is reminded. "Promptly" has no day and is never among them."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from app.models.vocabulary import ReminderStage

SOON_DAYS: Final = 3
"""Days before its day that something is called due soon."""
ESCALATION_DAYS: Final = 7
"""Days after its day that the superior is told as well."""

_NAMESPACE: Final = UUID("0b8d3f5e-6a51-5d6b-9a86-2f4f1f0d7c11")


def stage(due_on: date, today: date) -> ReminderStage | None:
    """Return the stage of something unfinished, None while its day is still far."""
    late = (today - due_on).days
    if late >= ESCALATION_DAYS:
        return ReminderStage.ESCALATED
    if late > 0:
        return ReminderStage.OVERDUE
    return ReminderStage.DUE_SOON if late >= -SOON_DAYS else None


def spans(stages: Collection[ReminderStage], today: date) -> list[tuple[date | None, date]]:
    """Return the days, first and last, of what is at one of these stages; join those that touch."""
    found: list[tuple[date | None, date]] = []
    for stage_, first, last in (
        (ReminderStage.ESCALATED, None, -ESCALATION_DAYS),
        (ReminderStage.OVERDUE, 1 - ESCALATION_DAYS, -1),
        (ReminderStage.DUE_SOON, 0, SOON_DAYS),
    ):
        if stage_ not in stages:
            continue
        begins = None if first is None else today + timedelta(days=first)
        if found and begins == found[-1][1] + timedelta(days=1):
            begins = found.pop()[0]
        found.append((begins, today + timedelta(days=last)))
    return found


def reminder_id(record_id: UUID, due_on: date, at: ReminderStage) -> UUID:
    """Return the id of a reminder, always the same: so it is sent once and read under one name."""
    return uuid5(_NAMESPACE, f"{record_id}:{due_on.isoformat()}:{at.value}")
