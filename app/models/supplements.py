"""What a notice that passes a campaign on adds to it, and who has received which notice."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock
from app.models.base import Attached, Base, Identified, Stamped


class Supplement(Identified, Stamped, Base):
    """A unit's own notice on a campaign: what it adds for that unit's subtree.

    Its requirements are rows of `requirements` that name it.
    """

    __tablename__ = "supplements"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'ended')", name="status"),
        Index(None, "campaign_id", "id"),
        Index(None, "org_id"),
        UniqueConstraint("notice_id"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit that issued the notice; what it adds reaches no further than its subtree."""
    notice_id: Mapped[UUID]
    notice: Mapped[dict[str, Any]]
    topics: Mapped[list[dict[str, Any]]]
    checks: Mapped[list[dict[str, Any]]]
    talk_modes: Mapped[list[dict[str, Any]]]
    methods: Mapped[list[dict[str, Any]]]
    template: Mapped[str | None]
    """The template of the service that it was made from."""
    status: Mapped[str] = mapped_column(default="active")
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was ended."""


class NoticeText(Attached, Stamped, Base):
    """The text and the files of a notice, of a campaign or of a supplement.

    The first one that is given makes the row. Its id is that of the notice.
    """

    __tablename__ = "notice_texts"
    __table_args__ = (Index(None, "campaign_id"), Index(None, "org_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit that issued the notice, or over which the campaign runs."""
    text: Mapped[str | None]


class Receipt(Identified, Base):
    """That an organization has received a notice. No row of it is ever changed."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("notice_id", "org_id"),
        Index(None, "org_id"),
        Index(None, "campaign_id"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    notice_id: Mapped[UUID]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """Who received it."""
    received_on: Mapped[date]
    on_behalf: Mapped[bool]
    """Whether a superior entered it for who received it on paper."""
    client_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
