"""Who may call: clients, their keys (only keyed hashes), their grants, tokens taken back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified, Stamped


class Client(Identified, Stamped, Base):
    """A calling system: a website, a mobile back end, an import script."""

    __tablename__ = "clients"

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    """The unit that answers for the client."""
    name: Mapped[str]
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)


class ApiKey(Identified, Stamped, Base):
    """One of a client's keys. The secret itself is shown once and never stored."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("prefix"), Index(None, "client_id"))

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"))
    prefix: Mapped[str]
    """The public part, `djt_<id>`, by which the row is found."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """HMAC-SHA256 of the whole key under the service's secret."""
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]


class Grant(Identified, Stamped, Base):
    """A role at a unit, covering its subtree, for a client or for a person of an issuer."""

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("(client_id IS NULL) <> (subject IS NULL)", name="one_holder"),
        CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="issuer_with_subject"),
        Index(None, "client_id"),
        Index(None, "issuer", "subject"),
        Index(None, "org_id"),
        Index(None, "authority_id"),
        Index(None, "leader_id"),
    )

    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"))
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    role: Mapped[str]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    authority_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """The unit in whose name it was given: outside of that unit's subtree it is inert.
    None: it was given for the whole tree."""
    expires_at: Mapped[datetime | None]
    leader_id: Mapped[UUID | None] = mapped_column(ForeignKey("leaders.id"))
    """Of the role `self`, and of no other: who the person is."""


class RevokedToken(Base):
    """A token taken back before its end; forgotten once it would have ended anyway."""

    __tablename__ = "revoked_tokens"

    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
