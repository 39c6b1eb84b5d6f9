"""Guidance and inspection of subordinate organizations, and what must follow from it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import ids
from app.models.base import Attached, Base, Owned, Sourced, Stamped, at_home
from app.models.deadlines import UNSETTLED, Due


def _where_given(column: str, table: str = "inspections") -> Index:
    """Return an index over the few rows that have a value there."""
    there = text(f"{column} IS NOT NULL")
    name = f"ix_{table}_{column}"
    return Index(name, column, postgresql_where=there, sqlite_where=there)


class Inspection(Owned, Sourced, Stamped, Attached, Base):
    """One inspection. `org_id` is the inspected organization: it and all above it see it."""

    __tablename__ = "inspections"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        UniqueConstraint("org_id", "source", "external_id"),
        CheckConstraint("status IN ('submitted', 'withdrawn')", name="status"),
        Index(None, "org_id", "campaign_id"),
        Index(None, "unit_id", "campaign_id"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "zone_id", "updated_at", "id"),
        Index(None, "held_on", "id"),
        _where_given("answering_org_id"),
        _where_given("verifying_unit_id"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit that inspected."""
    answering_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """Who answers what must follow, where the inspected organization is no more."""
    verifying_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """Who verifies it, where the unit that inspected is no longer above who answers."""
    held_on: Mapped[date]
    inspectors: Mapped[str | None]
    seen: Mapped[str]
    status: Mapped[str] = mapped_column(default="submitted")


class FollowUp(Due, Base):
    """What must follow from an inspection, by when, and what the inspected answered."""

    __tablename__ = "inspection_follow_ups"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        ForeignKeyConstraint(
            ["inspection_id", "org_id"],
            ["inspections.id", "inspections.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        Index(None, "inspection_id"),
        Index(None, "org_id", "due_on"),
        _where_given("handler_org_id", "inspection_follow_ups"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    inspection_id: Mapped[UUID]
    handler_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """Who answers it, where it was passed on to another organization than the inspection says."""
    number: Mapped[int]
    """Its place in the inspection's list."""
    what: Mapped[str]
    """By `due_on`; null there is "promptly"."""
    status: Mapped[str] = mapped_column(default="open", server_default="open")
    """As of findings. What a release that knew no states answered is still `open` here: `state`."""
    answer: Mapped[str | None]
    """What was done, as it was last reported; null again once that was refused."""
    answered_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    reported_by: Mapped[str | None]
    """Name of the principal who answered: another one verifies it."""

    @property
    def state(self) -> str:
        """The state that it is in: what has an answer is reported done at least."""
        answered = self.answer is not None and self.status in UNSETTLED
        return "reported_done" if answered else self.status

    @hybrid_property
    def is_unsettled(self) -> bool:
        """Return whether it waits for an answer."""
        return self.answer is None

    @is_unsettled.inplace.expression
    @classmethod
    def _is_unsettled(cls) -> ColumnElement[bool]:
        return cls.answer.is_(None)
