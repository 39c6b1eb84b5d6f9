"""First answers to keyed POSTs, kept for their replay in the transaction of the work."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, JsonValue


class IdempotentAnswer(Base):
    """The answer to one key of one principal on one route."""

    __tablename__ = "idempotent_answers"
    __table_args__ = (
        PrimaryKeyConstraint("principal", "route", "key"),
        Index(None, "created_at"),
    )

    principal: Mapped[str]
    route: Mapped[str]
    key: Mapped[str]
    """Keyed digest of the caller's key, never the key itself."""
    body_digest: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted: an answer may hold what is shown only once."""
    created_at: Mapped[datetime]
