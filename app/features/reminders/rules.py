"""Pure rules of reminders: when who is reminded. "Promptly" has no day and is never among them."""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

SOON_DAYS: Final = 3
"""Days before its day that something is called due soon."""
ESCALATION_DAYS: Final = 7
"""Days after its day that the superior is told as well."""

_NAMESPACE: Final = UUID("0b8d3f5e-6a51-5d6b-9a86-2f4f1f0d7c11")


class Stage(StrEnum):
    """How far a reminder has come: each thing has one stage on each day."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


def stage(due_on: date, today: date) -> Stage | None:
    """Return the stage of something unfinished, None while its day is still far."""
    late = (today - due_on).days
    if late >= ESCALATION_DAYS:
        return Stage.ESCALATED
    if late > 0:
        return Stage.OVERDUE
    return Stage.DUE_SOON if late >= -SOON_DAYS else None


def spans(stages: Collection[Stage], today: date) -> list[tuple[date | None, date]]:
    """Return the days, first and last, of what is at one of these stages; join those that touch."""
    found: list[tuple[date | None, date]] = []
    for stage_, first, last in (
        (Stage.ESCALATED, None, -ESCALATION_DAYS),
        (Stage.OVERDUE, 1 - ESCALATION_DAYS, -1),
        (Stage.DUE_SOON, 0, SOON_DAYS),
    ):
        if stage_ not in stages:
            continue
        begins = None if first is None else today + timedelta(days=first)
        if found and begins == found[-1][1] + timedelta(days=1):
            begins = found.pop()[0]
        found.append((begins, today + timedelta(days=last)))
    return found


def reminder_id(record_id: UUID, due_on: date, at: Stage) -> UUID:
    """Return the id of a reminder, always the same: so it is sent once and read under one name."""
    return uuid5(_NAMESPACE, f"{record_id}:{due_on.isoformat()}:{at.value}")
