"""The tree: units and branches in one table, the leaders who belong to it, and what both were."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BinaryText, Identified, Owned, Sourced, Stamped, at_home


def _dated(column: str) -> Index:
    """Return an index over rows that have a day: few of them, and whoever asks names a day."""
    known = text(f"{column} IS NOT NULL")
    return Index(None, column, postgresql_where=known, sqlite_where=known)


class Organization(Identified, Sourced, Stamped, Base):
    """A unit or a branch. `path` holds every organization from the root to this one."""

    __tablename__ = "organizations"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("path"),
        # What owned rows point at.
        UniqueConstraint("id", "area_id", "zone_id"),
        UniqueConstraint("source", "external_id"),
        # One tree: two `dajiatan init` at once cannot make two roots.
        Index(
            "uq_organizations_root",
            "type",
            unique=True,
            postgresql_where=text("parent_id IS NULL"),
            sqlite_where=text("parent_id IS NULL"),
        ),
        CheckConstraint("type IN ('unit', 'branch')", name="type"),
        CheckConstraint("(parent_id IS NULL) <= (type = 'unit')", name="branch_has_unit"),
        CheckConstraint("member_count >= 0", name="member_count"),
        CheckConstraint("full_member_count >= 0", name="full_member_count"),
        Index(None, "parent_id", "sort_order", "id"),
        # The authority's own order, in which units and branches are listed.
        Index(None, "type", "sort_order", "id"),
        Index(None, "sort_order", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "type", "sort_order", "id"),
        Index(None, "zone_id", "type", "sort_order", "id"),
        # Who came or went since a day, out of all who did not.
        _dated("opened_on"),
        _dated("closed_on"),
    )

    type: Mapped[str]
    """`unit` or `branch`; a branch is a leaf."""
    code: Mapped[str]
    name: Mapped[str]
    short_name: Mapped[str | None]
    kind: Mapped[str]
    sector: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    path: Mapped[str] = mapped_column(BinaryText)
    """Path segments (`kit.ids.path_segment`) from the root down, each with its closing slash."""
    area_id: Mapped[UUID]
    """The one above it, or itself, that stands one level below the root at most: by it and by
    `zone_id` lists of a part of the tree are read (`docs/decisions/0054-zones.md`)."""
    zone_id: Mapped[UUID]
    """The same, two levels below the root."""
    division: Mapped[dict[str, Any] | None]
    uscc: Mapped[str | None]
    sort_order: Mapped[int] = mapped_column(default=0)
    member_count: Mapped[int | None]
    full_member_count: Mapped[int | None]
    secretary: Mapped[str | None]
    duty_phone: Mapped[str | None]
    """Telephone of the unit's office, by which it is urged; never a person's."""
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    placed_on: Mapped[date | None]
    """First day on which it stands as it does; null: ever since it has been there."""


class FormerPlace(Base):
    """Where an organization stood, and whether it was closed, up to the day before `until`.

    Without the tree of the day no question about a past day could be answered.
    """

    __tablename__ = "former_places"
    __table_args__ = (
        PrimaryKeyConstraint("org_id", "until"),
        CheckConstraint("since IS NULL OR since < until", name="since"),
        Index(None, "path"),
        Index(None, "parent_id"),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    since: Mapped[date | None]
    """First day; null: ever since it has been there."""
    until: Mapped[date]
    """The day on which it stood so no longer."""
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    path: Mapped[str] = mapped_column(BinaryText)
    closed_on: Mapped[date | None]


class Succession(Base):
    """That an organization took over what another one had open, or came out of it as it closed.

    Who has a grant at the heir reads the records of the one before it. An heir's own predecessors
    are those of its heir, too: one row for each, however long ago.
    """

    __tablename__ = "successions"
    __table_args__ = (PrimaryKeyConstraint("org_id", "heir_id"), Index(None, "heir_id"))

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    heir_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))


class Leader(Owned, Identified, Sourced, Stamped, Base):
    """A leading cadre who is a Party member; `org_id` is the unit that they lead."""

    __tablename__ = "leaders"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        at_home(),
        Index(None, "org_id", "sort_order", "id"),
        Index(None, "area_id", "sort_order", "id"),
        Index(None, "zone_id", "sort_order", "id"),
        Index(None, "sort_order", "id"),
        Index(None, "branch_id"),
        Index(None, "updated_at", "id"),
        _dated("active_from"),
        _dated("active_to"),
    )

    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    post: Mapped[str]
    position_level: Mapped[str | None]
    delegate_level: Mapped[str] = mapped_column(default="none")
    sort_order: Mapped[int] = mapped_column(default=0)
    active_from: Mapped[date | None]
    active_to: Mapped[date | None]
    posted_on: Mapped[date | None]
    """First day at this unit and branch; null: ever since they have been in post."""


class FormerPost(Base):
    """Which unit a leader led and which branch they belonged to, up to the day before `until`."""

    __tablename__ = "former_posts"
    __table_args__ = (
        PrimaryKeyConstraint("leader_id", "until"),
        CheckConstraint("since IS NULL OR since < until", name="since"),
        Index(None, "org_id"),
        Index(None, "branch_id"),
    )

    leader_id: Mapped[UUID] = mapped_column(ForeignKey("leaders.id"))
    since: Mapped[date | None]
    until: Mapped[date]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))


class SecondPost(Identified, Base):
    """A post that a leader holds beside their own, at another unit than the one that they lead.

    Rows are their own past: one that has ended stays, with its days.
    """

    __tablename__ = "second_posts"
    __table_args__ = (
        CheckConstraint("until IS NULL OR since < until", name="until"),
        Index(
            "ix_second_posts_held",
            "leader_id",
            "unit_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
            sqlite_where=text("until IS NULL"),
        ),
        Index(None, "leader_id"),
        Index(None, "unit_id"),
    )

    leader_id: Mapped[UUID] = mapped_column(ForeignKey("leaders.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    post: Mapped[str]
    since: Mapped[date]
    """First day."""
    until: Mapped[date | None]
    """The day on which it was held no longer; null while it is held."""
