"""Marks for the counts of work: whose records have changed since they were counted."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.kit import ids
from app.models import Uncounted

_COUNTED: Final = frozenset({"activity", "finding", "opinion", "report"})
"""Resources that are counted at the organization of their events."""
_PLACES: Final = frozenset(
    f"{kind}.{act}"
    for kind in ("unit", "branch")
    for act in ("created", "updated", "moved", "closed", "reopened")
)
"""Changes that move counts: these are kept by sector, and by days of existence."""


def is_counted(event_type: str) -> bool:
    """Return whether an event of this type may change what is counted at its organization."""
    return event_type.partition(".")[0] in _COUNTED or event_type in _PLACES


def insert_marks(session: AsyncSession, org_ids: Iterable[UUID]) -> None:
    """Let these organizations be counted again, in this transaction."""
    rows = [{"id": ids.new_id(), "org_id": org_id} for org_id in sorted(set(org_ids))]
    UnitOfWork.of(session).insert(Uncounted, rows)
