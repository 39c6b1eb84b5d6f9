"""Written submissions upward, where they were adopted, and by what near-copies are noticed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock, ids
from app.models.base import Attached, Base, JsonValue, Owned, Sourced, Stamped, at_home
from app.models.reviews import Reviewed, to_come_back


class Report(Owned, Sourced, Stamped, Reviewed, Attached, Base):
    """One written submission.

    `title` and `body` are the author's own; what levels on the way made of them is in their
    reviews.
    """

    __tablename__ = "reports"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        UniqueConstraint("org_id", "source", "external_id"),
        CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'accepted', 'withdrawn')", name="status"
        ),
        CheckConstraint("kind = 'nil_return' OR body IS NOT NULL", name="has_body"),
        Index(None, "org_id", "campaign_id", "status"),
        Index(None, "campaign_id", "id"),
        Index(None, "level_id", "status"),
        to_come_back("reports"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "zone_id", "updated_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str | None]
    """Markdown; null only where there is nothing to report."""
    author: Mapped[str | None]
    leader_id: Mapped[UUID | None] = mapped_column(ForeignKey("leaders.id"))
    """The leading cadre who wrote it: a research article is then one of the three ones."""
    nil_kinds: Mapped[list[str]]
    """A nil return: the kinds of which there is nothing to report."""
    period: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    """A nil return: `{from, to}`, the days that it is about; null: all."""
    reported_on: Mapped[date | None]
    """Day that it counts from: when it was handed in. Null while it never was."""
    status: Mapped[str] = mapped_column(default="submitted")
    level_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The organization that has it now: its own while it writes, then the unit that reviews."""
    passed_by: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """Names of the principals who have forwarded it since its author last handed it in."""
    endorsed: Mapped[bool] = mapped_column(default=False)
    """A level has accepted or forwarded it since its author last handed it in."""
    selected: Mapped[bool] = mapped_column(default=False)
    """Selected as excellent."""
    adopted_count: Mapped[int] = mapped_column(default=0)

    @property
    def barred(self) -> list[str]:
        """Names of the principals who wrote it or passed it up: none of them may decide on it."""
        return [*self.authors, *self.passed_by]


class Adoption(Base):
    """The fact that an outlet used a report."""

    __tablename__ = "adoptions"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        ForeignKeyConstraint(
            ["report_id", "org_id"],
            ["reports.id", "reports.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "report_id"),
        Index(None, "campaign_id", "adopted_on"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    report_id: Mapped[UUID]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    level: Mapped[str]
    outlet: Mapped[str]
    issue: Mapped[str | None]
    adopted_on: Mapped[date]
    link: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Dispatch(Base):
    """The fact that the top of the tree sent a report to a superior outside of it."""

    __tablename__ = "dispatches"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        ForeignKeyConstraint(
            ["report_id", "org_id"],
            ["reports.id", "reports.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint("outcome IN ('received', 'adopted', 'returned')", name="outcome"),
        Index(None, "report_id"),
        Index(None, "unit_id"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The organization that the report belongs to."""
    report_id: Mapped[UUID]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """Who sent it."""
    addressee: Mapped[str]
    channel: Mapped[str]
    sent_on: Mapped[date]
    document_number: Mapped[str | None]
    receipt_on: Mapped[date | None]
    outcome: Mapped[str | None]
    """What became of it there, as far as is known."""
    outcome_on: Mapped[date | None]
    remark: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class AdoptedText(Base):
    """The last version of an adopted report as feeds show it: rendered once, and kept.

    It holds nothing of its own. One of another revision than the report's is not shown.
    """

    __tablename__ = "adopted_texts"
    __table_args__ = (
        PrimaryKeyConstraint("report_id", "org_id"),
        ForeignKeyConstraint(
            ["report_id", "org_id"],
            ["reports.id", "reports.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
    )

    report_id: Mapped[UUID]
    org_id: Mapped[UUID]
    revision: Mapped[int]
    """The report's, when it was rendered."""
    renderer: Mapped[int]
    """Which version of the renderer made it."""
    title: Mapped[str]
    html: Mapped[str | None]


class ReportBand(Base):
    """One band of the sketch of a report's text: reports that share one may be near-copies."""

    __tablename__ = "report_bands"
    __table_args__ = (
        PrimaryKeyConstraint("report_id", "band", "org_id"),
        ForeignKeyConstraint(
            ["report_id", "org_id"],
            ["reports.id", "reports.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "value"),
    )

    report_id: Mapped[UUID]
    org_id: Mapped[UUID]
    band: Mapped[int]
    value: Mapped[int] = mapped_column(BigInteger)
