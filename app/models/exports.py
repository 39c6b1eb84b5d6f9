"""Files made of the records on request, kept for a while for who asked for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified, Stamped


class Export(Identified, Stamped, Base):
    """One file that a caller asked for; how far it has come is its job's to say.

    It has a size once its file is whole and kept, never before.
    """

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("(size IS NULL) = (expires_at IS NULL)", name="kept"),
        Index(None, "created_by", "id"),
        Index(None, "org_id"),
        Index(None, "campaign_id"),
        Index(None, "expires_at"),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit whose subtree it tells of."""
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    kind: Mapped[str]
    format: Mapped[str]
    lang: Mapped[str]
    filter: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    """Name of the principal who asked for it: nobody else ever sees it."""
    client_id: Mapped[UUID | None]
    sight: Mapped[list[str]]
    """Ids of the organizations whose subtrees its maker saw: who no longer sees all of them does
    not get the file."""
    job_id: Mapped[UUID]
    """Of a job that is forgotten in time: no foreign key."""
    rows: Mapped[int | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """When the worker removes it."""
