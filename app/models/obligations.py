"""The ledger: who owes what by when (obligations), and what met it (credits)."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import ids
from app.models.base import Base, JsonValue, Owned, Stamped, at_home

_DATED: Final = text("due_on IS NOT NULL")
NO_PERIOD: Final = UUID(int=0)
"""The `period_id` of what is owed once, and not anew in each period."""


class Obligation(Owned, Stamped, Base):
    """One requirement owed by one subject, in one period where it is owed anew in each.

    `org_id` is the organization that answers for it: the branch or unit itself, or the unit
    that a leader leads.
    """

    __tablename__ = "obligations"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        CheckConstraint("status IN ('open', 'met', 'nil', 'exempt', 'void')", name="status"),
        CheckConstraint("count >= 0", name="count"),
        Index(None, "requirement_id"),
        Index(None, "subject_id", "requirement_id", "org_id", "period_id", unique=True),
        # No status in it: a row that is met keeps its place in every index.
        Index(None, "unit_id", "campaign_id"),
        Index(None, "org_id", "campaign_id"),
        Index(None, "campaign_id", "id"),
        Index(None, "area_id", "campaign_id", "id"),
        Index(None, "zone_id", "campaign_id", "id"),
        # What is owed by a day, in the order of days; "promptly" has none, and no entry.
        Index(None, "due_on", "id", postgresql_where=_DATED, sqlite_where=_DATED),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    unit_id: Mapped[UUID]
    """Where it is counted: `org_id` itself, or the unit that a branch belongs to. On the row, so
    that whoever holds the row locked knows it, whatever is moved at the same time."""
    sector: Mapped[str]
    """The sector of the organization, as it is counted."""
    campaign_id: Mapped[UUID]
    """The requirement's; no foreign key of its own, which millions of rows would pay for."""
    requirement_id: Mapped[UUID] = mapped_column(ForeignKey("requirements.id"))
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    period_id: Mapped[UUID] = mapped_column(
        default=NO_PERIOD, server_default=text(f"'{NO_PERIOD.hex}'")
    )
    """The period of the requirement, whose days are `opens_on` and `due_on`: what is done on
    others does not count. No foreign key of its own; `NO_PERIOD` where there is none."""
    opens_on: Mapped[date | None]
    due_on: Mapped[date | None]
    min_count: Mapped[int]
    wanted: Mapped[bool] = mapped_column(default=True)
    """Whether an active requirement asks it of the subject now."""
    ended: Mapped[bool] = mapped_column(default=False)
    """Whether the subject is closed or has left: what it met stays, the rest is void."""
    status: Mapped[str] = mapped_column(default="open")
    """Follows from `wanted`, `ended`, `exemption`, `count` and `nil_on`; kept to be counted by."""
    count: Mapped[int] = mapped_column(default=0)
    """Credits standing now; what exceeds `min_count` is surplus, never a rate above 100 %."""
    returned: Mapped[bool] = mapped_column(default=False)
    """Something submitted for it was returned and waits for resubmission: not overdue then."""
    met_on: Mapped[date | None]
    """Day of the `min_count`-th credit, by the day the work was done."""
    nil_on: Mapped[date | None]
    """Day of the first nil return that says that there is nothing to report of it."""
    exemption: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    """`{reason, exempted_at, exempted_by, proposal_id}` while exempt."""


class ExemptionProposal(Stamped, Base):
    """An exemption that was proposed to who issued the requirement, and what they said to it.

    It belongs to its obligation, and goes where that goes.
    """

    __tablename__ = "exemption_proposals"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        ForeignKeyConstraint(
            ["obligation_id", "org_id"],
            ["obligations.id", "obligations.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint("status IN ('proposed', 'granted', 'refused', 'withdrawn')", name="status"),
        Index(None, "obligation_id"),
        Index(None, "org_id"),
        Index(None, "campaign_id", "status"),
        Index(None, "requirement_id"),
        Index(None, "unit_id"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID]
    """The organization that answers for the obligation."""
    obligation_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    """The obligation's, as is `requirement_id`: neither ever changes."""
    requirement_id: Mapped[UUID] = mapped_column(ForeignKey("requirements.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The organization for which it was proposed."""
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="proposed")
    proposed_by: Mapped[str | None]
    """Name of the principal who proposed it."""
    answer: Mapped[str | None]
    """The reason of who decided; a refusal has one."""
    decided_at: Mapped[datetime | None]


class Credit(Base):
    """One record that counts towards one obligation."""

    __tablename__ = "credits"
    __table_args__ = (
        PrimaryKeyConstraint("obligation_id", "source_id", "org_id"),
        ForeignKeyConstraint(
            ["obligation_id", "org_id"],
            ["obligations.id", "obligations.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "source_id"),
    )

    obligation_id: Mapped[UUID]
    org_id: Mapped[UUID]
    record: Mapped[str]
    """`activity`, `leader_record`, `report` or `inspection`; `nil_return` settles, uncounted."""
    source_id: Mapped[UUID]
    on_day: Mapped[date]
    standing: Mapped[bool] = mapped_column(default=True)
    """False while the record is returned: it counts again once it is resubmitted."""
    created_at: Mapped[datetime]
