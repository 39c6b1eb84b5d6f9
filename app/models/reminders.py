"""Reminders that were sent: each once, however often it is computed again."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock
from app.models.base import Base


class Reminder(Base):
    """One reminder that became an event. Its id is computed from what it reminds of."""

    __tablename__ = "reminders"
    __table_args__ = (Index(None, "record_id", "due_on", "stage"), Index(None, "org_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    record: Mapped[str]
    record_id: Mapped[UUID]
    due_on: Mapped[date]
    stage: Mapped[str]
    """`due_soon`, `overdue` or `escalated`."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
