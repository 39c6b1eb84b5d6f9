"""What every submission's life leaves behind: decisions of superiors, and former revisions."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock, ids
from app.models.base import Base


class Reviewed:
    """Columns of a record that superiors review."""

    authors: Mapped[list[str]] = mapped_column(default=list)
    """Names of the principals who wrote or submitted it."""
    resubmit_by: Mapped[date | None]
    """While returned: by when it should come back, if the reviewer said so."""
    on_behalf: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Entered by a superior for an organization that reports on paper (代报)."""

    @property
    def barred(self) -> list[str]:
        """Names of the principals who may not decide on it."""
        return self.authors


def to_come_back(table: str) -> Index:
    """Return an index by the day on which what was returned should come back: few rows have one."""
    there = text("resubmit_by IS NOT NULL")
    name = f"ix_{table}_resubmit_by"
    return Index(name, "resubmit_by", postgresql_where=there, sqlite_where=there)


_FORWARDED: Final = text("decision = 'forward'")


class Review(Base):
    """One decision of one level on one revision of a submission."""

    __tablename__ = "reviews"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        CheckConstraint("decision IN ('accept', 'return', 'forward')", name="decision"),
        CheckConstraint("decision <> 'return' OR reason IS NOT NULL", name="return_has_reason"),
        Index(None, "record_id"),
        # Who passed something on, for the ledger; few decisions do.
        Index(
            "ix_reviews_level_id_forward", "level_id", postgresql_where=_FORWARDED,
            sqlite_where=_FORWARDED,
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The organization that the submission belongs to."""
    record: Mapped[str]
    """`activity`, `leader_record` or `report`."""
    record_id: Mapped[UUID]
    revision: Mapped[int]
    """The revision that the reviewer read."""
    level_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit that decided."""
    for_level_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """The unit whose turn it was, where a superior of it decided in its place."""
    decision: Mapped[str]
    reason: Mapped[str | None]
    resubmit_by: Mapped[date | None]
    to_level_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """Forwarded: the unit that has it next."""
    title: Mapped[str | None]
    """Forwarded: the deciding level's own edited version, where it made one."""
    body: Mapped[str | None]
    client_id: Mapped[UUID | None]
    actor: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    on_day: Mapped[date | None]
    """The day of `at`; null in what the first release wrote."""


class Extension(Base):
    """A later day that was asked for, and what the superior said to it."""

    __tablename__ = "extensions"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        CheckConstraint("status IN ('asked', 'granted', 'refused')", name="status"),
        Index(None, "record_id"),
        Index(None, "org_id"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The organization that the record belonged to when it was asked for."""
    record: Mapped[str]
    """`finding`, `opinion` or `follow_up`."""
    record_id: Mapped[UUID]
    until: Mapped[date]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="asked")
    asked_by: Mapped[str]
    """Name of the principal who asked: another one decides."""
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    answer: Mapped[str | None]
    """The superior's reason; a refusal has one."""
    decided_at: Mapped[datetime | None]


class Revision(Base):
    """What a record was before one of its changes, and what that change was.

    Written when a record changes, so that what is only ever created costs nothing here. Together
    with the record as it is now the rows are its whole history.
    """

    __tablename__ = "revisions"
    __table_args__ = (
        PrimaryKeyConstraint("record_id", "revision", "org_id"),
        Index(None, "org_id"),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    record: Mapped[str]
    record_id: Mapped[UUID]
    revision: Mapped[int]
    """The revision that the change made."""
    act: Mapped[str]
    """What was done: `updated`, `returned`, `verified` …"""
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]]
    """The record's answer as it was before the change."""
    client_id: Mapped[UUID | None]
    actor: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
