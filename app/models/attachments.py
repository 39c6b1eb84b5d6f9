"""Files that callers attach to records: here what they are, in the store their bytes."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import ids
from app.models.base import Base, Stamped


class Attachment(Stamped, Base):
    """One file of an organization; its bytes are in the store under its id."""

    __tablename__ = "attachments"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        Index(None, "org_id", "id"),
        Index(None, "resource_id"),
        Index(None, "updated_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    """As the bytes say, not as the caller did."""
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    client_id: Mapped[UUID | None]
    resource: Mapped[str | None]
    """The kind of record that it is attached to, null until then."""
    resource_id: Mapped[UUID | None]
