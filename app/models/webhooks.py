"""Webhooks: where clients want changes sent, how far each has come, and what was sent."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock
from app.models.base import Base, Identified, Stamped

_PENDING: Final = text("status = 'pending'")


class WebhookEndpoint(Identified, Stamped, Base):
    """An address of a client to which changes are sent."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'paused', 'disabled')", name="status"),
        CheckConstraint("(status = 'active') = (reason IS NULL)", name="reason"),
        CheckConstraint(
            "(former_secret IS NULL) = (former_secret_until IS NULL)", name="former_secret"
        ),
        Index(None, "client_id", "id"),
        Index(None, "org_id"),
        Index(None, "under_id"),
    )

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"))
    """Whose it is: what the client may see at that moment is sent, and nothing else."""
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    """The unit that answers for the client."""
    url: Mapped[str]
    description: Mapped[str | None]
    types: Mapped[list[str]]
    """Only these types of change; empty: all."""
    under_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """Only this unit's subtree; None: all that the client may see."""
    status: Mapped[str] = mapped_column(default="active")
    reason: Mapped[str | None]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted under the service's secret."""
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_secret_until: Mapped[datetime | None]
    """Until then the secret of before signs as well."""
    deleted_at: Mapped[datetime | None]
    """Nobody sees it any more; it goes once what was sent there is swept away."""


class WebhookLane(Base):
    """How far an endpoint has come, and which worker serves it: rows that only workers change."""

    __tablename__ = "webhook_lanes"
    __table_args__ = (Index(None, "free_at"),)

    endpoint_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger)
    """The place of the last event that was looked at: what came before has its delivery."""
    mark: Mapped[str]
    """Of which event that is the place (`app.access.following`)."""
    free_at: Mapped[datetime]
    """No worker takes it before: the end of a lease, or of a wait after failures."""
    due_at: Mapped[datetime | None]
    """When the next delivery is due; None: none is pending."""
    lease_token: Mapped[UUID | None]
    failures: Mapped[int] = mapped_column(default=0)
    """Rounds in a row in which nothing got through."""
    failing_since: Mapped[datetime | None]
    last_delivered_at: Mapped[datetime | None]


class WebhookDelivery(Identified, Base):
    """One change on its way to one endpoint; a replay is the same delivery once more."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed', 'withheld')", name="status"),
        CheckConstraint("(status = 'pending') = (finished_at IS NULL)", name="finished"),
        Index("ix_webhook_deliveries_endpoint_id_place", "endpoint_id", "place", unique=True),
        Index("ix_webhook_deliveries_created_at", "endpoint_id", "created_at", "id"),
        Index(
            "ix_webhook_deliveries_pending",
            "endpoint_id",
            "resource_id",
            "place",
            postgresql_where=_PENDING,
            sqlite_where=_PENDING,
        ),
        Index("ix_webhook_deliveries_finished_at", "finished_at"),
    )

    endpoint_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE")
    )
    place: Mapped[int | None] = mapped_column(BigInteger)
    """Of the event, in the order of commits; None: a test."""
    message_id: Mapped[UUID]
    """The event's id, `webhook-id`: the same however often it is sent."""
    type: Mapped[str]
    resource: Mapped[str]
    resource_id: Mapped[UUID]
    org_id: Mapped[UUID | None]
    op: Mapped[str]
    body: Mapped[str]
    """What is sent, to the byte."""
    status: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    history: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """The latest attempts: when, how long, what was answered."""
    answer: Mapped[str | None]
    """The beginning of the last answer's body."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
