"""The "three ones" ledger: what each leading cadre did."""

from datetime import date, datetime
from typing import Any, Final
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

from app.kit import ids
from app.models.base import Base, Owned, Sourced, Stamped, at_home
from app.models.reviews import Reviewed, to_come_back

_DISPUTED: Final = text("dispute_org_id IS NOT NULL")


class LeaderRecord(Owned, Sourced, Stamped, Reviewed, Base):
    """One leader's one item: derived from an activity or report, or submitted directly.

    `org_id` is the unit that the leader leads.
    """

    __tablename__ = "leader_records"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        UniqueConstraint("org_id", "source", "external_id"),
        UniqueConstraint("activity_id", "leader_id", "item", "org_id", "campaign_id"),
        UniqueConstraint("report_id", "leader_id", "item", "org_id"),
        CheckConstraint("item <> ''", name="item"),
        CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'accepted', 'withdrawn')", name="status"
        ),
        Index(None, "leader_id", "campaign_id"),
        Index(None, "org_id", "campaign_id", "item"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "zone_id", "updated_at", "id"),
        to_come_back("leader_records"),
        # Few are disputed; who entered them sees those by it.
        Index(None, "dispute_org_id", postgresql_where=_DISPUTED, sqlite_where=_DISPUTED),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("leaders.id"))
    item: Mapped[str]
    done_on: Mapped[date]
    activity_id: Mapped[UUID | None]
    report_id: Mapped[UUID | None]
    title: Mapped[str]
    place: Mapped[str | None]
    audience_count: Mapped[int | None]
    status: Mapped[str] = mapped_column(default="submitted")
    derived: Mapped[bool] = mapped_column(default=False)
    dispute_status: Mapped[str | None]
    """`open`, `upheld` or `rejected` once its unit has disputed it; upheld it counts no more."""
    dispute_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """The organization that entered what is disputed, and sees it for that."""
    dispute_reason: Mapped[str | None]
    disputed_by: Mapped[str | None]
    """Name of the principal who disputed it: another one decides."""
    disputed_at: Mapped[datetime | None]
    dispute_answer: Mapped[str | None]
    """The reason of who decided."""
    dispute_decided_at: Mapped[datetime | None]

    @property
    def dispute(self) -> dict[str, Any] | None:
        """Return what its unit says against it, and what became of that."""
        if self.dispute_status is None:
            return None
        return {
            "status": self.dispute_status,
            "reason": self.dispute_reason,
            "disputed_at": self.disputed_at,
            "answer": self.dispute_answer,
            "decided_at": self.dispute_decided_at,
        }
