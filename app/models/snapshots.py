"""Progress as it was issued: figures that nothing changes any more."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock, ids
from app.models.base import Base


class Snapshot(Base):
    """An answer of progress, kept as it was issued. No row of it is ever changed."""

    __tablename__ = "snapshots"
    __table_args__ = (
        Index(None, "campaign_id", "id"),
        Index(None, "org_id", "campaign_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit whose figures they are."""
    group_by: Mapped[str]
    as_of: Mapped[date]
    title: Mapped[str]
    document_number: Mapped[str | None]
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    client_id: Mapped[UUID | None]
    actor: Mapped[str | None]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The answer to the byte: no text, in which erasures would look for names."""
