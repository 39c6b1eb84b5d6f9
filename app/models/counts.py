"""Counts of work: what each organization did by day, and the sums over every unit's subtree.

Whoever changes what is counted leaves a mark for the organization in the same transaction and
waits for nobody; the worker counts marked organizations again and adds the difference up. A reader
counts what is still marked itself.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import ids
from app.models.base import Base


def _added() -> Any:
    """Return a count that came later: the last release writes rows without it."""
    return mapped_column(BigInteger, server_default=text("0"))


EVERYWHERE: Final = UUID(int=0)
"""In the place of a campaign: what is counted whatever the campaign is."""


class _Work:
    """What was done, each by the day from which it counts."""

    activities: Mapped[int]
    attendances: Mapped[int] = _added()
    """Person-times: as reported of an activity, or else all who were there."""
    members_reached: Mapped[int] = _added()
    """By how many more than on the days before, which may be fewer."""
    branches_with_references: Mapped[int] = _added()
    items: Mapped[int] = _added()
    households: Mapped[int] = _added()
    households_visited: Mapped[int] = _added()
    people_received: Mapped[int] = _added()
    volunteers: Mapped[int] = _added()
    volunteer_hours: Mapped[int] = _added()
    column_issues: Mapped[int] = _added()
    organizations: Mapped[int] = _added()
    """Organizations there are: 1 from the first day on, -1 after the last; `EVERYWHERE`."""
    branches: Mapped[int] = _added()
    """Of these the branches."""
    organizations_inspected: Mapped[int] = _added()
    """Organizations there are that were inspected: from the first inspection on."""
    branches_met: Mapped[int] = _added()
    """Branches there are that held a themed organizational life meeting: from the first one on."""
    persons: Mapped[int] = mapped_column(BigInteger)
    """Sum of all who were at activities; answered by the last release only, as the next."""
    person_times: Mapped[int] = mapped_column(BigInteger)
    findings_open: Mapped[int]
    findings_closed: Mapped[int]
    findings_overdue: Mapped[int]
    """Unsettled ones by the first day on which they are overdue, which may be to come."""
    opinions: Mapped[int]
    reports: Mapped[int]
    nil_returns: Mapped[int]
    adopted: Mapped[int]
    inspections: Mapped[int]


class OwnCount(_Work, Base):
    """What an organization itself did, as far as counted."""

    __tablename__ = "own_counts"
    __table_args__ = (PrimaryKeyConstraint("org_id", "campaign_id", "day", "sector"),)

    # No foreign keys: these are sums over other rows, not records that refer to them.
    org_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    day: Mapped[date]
    sector: Mapped[str]
    """The organization's when it was counted."""


class SubtreeCount(_Work, Base):
    """What a unit and all below it did: on all days (`counters.TOTALS`), and by day."""

    __tablename__ = "subtree_counts"
    __table_args__ = (PrimaryKeyConstraint("unit_id", "campaign_id", "day", "sector"),)

    unit_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    day: Mapped[date]
    sector: Mapped[str]


class Uncounted(Base):
    """A mark: something of an organization has changed since it was counted."""

    __tablename__ = "uncounted"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)
    org_id: Mapped[UUID]
