"""Campaigns and their requirements: data, so that the next campaign needs no release."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import ids
from app.models.base import Base, Identified, JsonValue, Stamped


def _added() -> Any:
    """Return a list that came later: the last release writes rows without it."""
    return mapped_column(default=list, server_default="[]")


class Campaign(Identified, Stamped, Base):
    """A campaign over the subtree of its root unit."""

    __tablename__ = "campaigns"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("status IN ('draft', 'open', 'closed')", name="status"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        Index(None, "org_id"),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The root unit."""
    code: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default="draft")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    notices: Mapped[list[dict[str, Any]]]
    topics: Mapped[list[dict[str, Any]]]
    checks: Mapped[list[dict[str, Any]]]
    talk_modes: Mapped[list[dict[str, Any]]]
    methods: Mapped[list[dict[str, Any]]]
    activity_kinds: Mapped[list[dict[str, Any]]] = _added()
    """Kinds of its own, each of which `extends` one that the service has, beside those."""
    leader_items: Mapped[list[dict[str, Any]]] = _added()
    """What its leaders do; empty: the three ones."""
    report_kinds: Mapped[list[dict[str, Any]]] = _added()
    """What is reported in it; empty: all kinds that the service has."""
    counts_from: Mapped[str] = mapped_column(default="submitted")
    """Which evidence counts as done: `submitted` (also accepted) or only `accepted`."""
    public_feed: Mapped[bool] = mapped_column(default=False)
    """Whether anybody may read the feed of adopted writings."""
    opening_at: Mapped[datetime | None]
    """When the opening was asked for. From then on the ledger is kept true for this campaign,
    also while the job that makes its obligations is still at work and `status` is `draft`."""
    opening_job_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    settle_until: Mapped[date | None]
    """Closed: the last day on which what was handed in is still reviewed and summaries come in."""
    retention_years: Mapped[int | None]
    """Years after the closing for which its records say who; null: for good."""
    notice_days: Mapped[int | None]
    """Days at least between a local requirement and its day; null: no such notice is kept."""
    local_requirements: Mapped[str] = mapped_column(default="approval", server_default="approval")
    """Whether what units below the root ask for on their own waits for `approval`, or is `free`."""
    forgotten_at: Mapped[datetime | None]
    """When its records lost what they said of persons."""


class Requirement(Identified, Stamped, Base):
    """What every subject of a kind owes, by when, and what evidence meets it."""

    __tablename__ = "requirements"
    __table_args__ = (
        UniqueConstraint("campaign_id", "code"),
        CheckConstraint("subject IN ('branch', 'unit', 'leader')", name="subject"),
        CheckConstraint("min_count >= 1", name="min_count"),
        CheckConstraint("every IN ('month', 'quarter', 'half_year')", name="every"),
        Index(None, "org_id"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit that issued it; it reaches no further than that unit's subtree."""
    code: Mapped[str]
    title: Mapped[str]
    title_en: Mapped[str | None]
    subject: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    """`{record, kinds[], topics[], checks[], …}`: evidence of that record and one of the kinds,
    with every one of the topics and checks, and every other condition that is made."""
    min_count: Mapped[int] = mapped_column(default=1)
    opens_on: Mapped[date | None]
    due_on: Mapped[date | None]
    """Null: "promptly", never overdue."""
    every: Mapped[str | None]
    """`month`, `quarter` or `half_year`: owed anew in each; null: owed once."""
    applies_to: Mapped[dict[str, Any]]
    """`{under_unit_id, scope, sectors[], unit_kinds[], position_levels[]}`; empty lists: all."""
    origin: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    """`{document_number, item}`: the notice and the item in it that the duty comes from."""
    extends_code: Mapped[str | None]
    """The superior's requirement whose date a local one refines, if any."""
    line_code: Mapped[str | None]
    """The highest requirement up the line that one record can meet together with this; null: this
    is the highest itself."""
    supplement_id: Mapped[UUID | None]
    """The supplement that it is a part of, if any."""
    sort_order: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default="active", server_default="active")
    """`proposed`, `refused`, or `active`: nobody owes one that a superior has not approved."""
    approval: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    """`{by_unit_id, reason, decided_at}`; null where it needs none."""
    active: Mapped[bool] = mapped_column(default=True)
    """Whether it is owed; of one whose `status` is `active`, false once it was ended."""


class RequirementPeriod(Base):
    """A period that has begun of a requirement which is owed anew in each."""

    __tablename__ = "requirement_periods"
    __table_args__ = (UniqueConstraint("requirement_id", "begins_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)
    requirement_id: Mapped[UUID] = mapped_column(ForeignKey("requirements.id"))
    begins_on: Mapped[date]
    """First day of the calendar's month, quarter or half year in which it begins: stays."""
    opens_on: Mapped[date]
    """Its first day, that of the campaign or requirement where this is later."""
    due_on: Mapped[date]
    """Its last day, that of the campaign or requirement where this is earlier."""
    active: Mapped[bool] = mapped_column(default=True)
    """False once the days of the requirement leave it out."""
