"""Events: one append-only row per change. Audit, outbox and change feed read the same rows."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, JsonValue

_Number = BigInteger().with_variant(Integer(), "sqlite")
_PLACED: Final = text("place IS NOT NULL")
_UNPLACED: Final = text("place IS NULL")
_FORMER: Final = text("xid < 9223372036854775807")
_OTHER: Final = text("place IS NOT NULL AND other_org_id IS NOT NULL")
_ISSUED: Final = text(
    "place IS NOT NULL AND resource IN "
    "('campaign', 'requirement', 'supplement', 'notice', 'delegate_office')"
)

NO_TRANSACTION: Final = 2**63 - 1
"""Behind the number of every transaction: no sealer of the first release looks there."""


class Event(Base):
    """What changed, who did it, and from where; written in the change's own transaction.

    `place` is the order of commits, given when the event is sealed and never changed.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "ix_events_place",
            "place",
            unique=True,
            postgresql_where=_PLACED,
            sqlite_where=_PLACED,
        ),
        Index("ix_events_unplaced", "position", postgresql_where=_UNPLACED, sqlite_where=_UNPLACED),
        Index(
            "ix_events_former", "xid", "position", postgresql_where=_FORMER, sqlite_where=_FORMER
        ),
        Index(None, "org_id", "position"),
        Index(
            "ix_events_org_place",
            "org_id",
            "place",
            postgresql_where=_PLACED,
            sqlite_where=_PLACED,
        ),
        Index(
            "ix_events_other_org_place",
            "other_org_id",
            "place",
            postgresql_where=_OTHER,
            sqlite_where=_OTHER,
        ),
        Index("ix_events_issued", "place", postgresql_where=_ISSUED, sqlite_where=_ISSUED),
        Index(None, "resource", "resource_id"),
        # A position once used is never given again, even if the last rows were deleted.
        {"sqlite_autoincrement": True},
    )

    position: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    place: Mapped[int | None] = mapped_column(BigInteger)
    """1, 2, 3 … in the order of commits, without gaps; None until it is sealed."""
    xid: Mapped[int] = mapped_column(BigInteger, default=NO_TRANSACTION)
    """The writing transaction, if the first release wrote it: its seals are in that order."""
    id: Mapped[UUID]
    type: Mapped[str]
    """Resource and act, e.g. `activity.submitted`."""
    resource: Mapped[str]
    resource_id: Mapped[UUID]
    org_id: Mapped[UUID | None]
    """The organization concerned. No foreign key: what happened outlives a deleted organization."""
    other_org_id: Mapped[UUID | None]
    """Another organization that it concerns: which the record has left, or which sees it as well.
    For who follows what changes; it is neither signed nor sealed."""
    revision: Mapped[int]
    at: Mapped[datetime]
    client_id: Mapped[UUID | None]
    subject: Mapped[str | None]
    """The person that an issuer's token spoke of, `issuer#subject`."""
    actor: Mapped[str | None]
    """The caller's own opaque name of the person it acts for."""
    address: Mapped[str | None]
    route: Mapped[str | None]
    request_id: Mapped[str | None]
    before_digest: Mapped[str | None]
    after_digest: Mapped[str | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    """What a reader needs beyond the record itself, e.g. the reason of a withdrawal."""
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    private_digest: Mapped[bytes] = mapped_column(LargeBinary)
    """Digest of the salt and of what may speak of a person: `subject, actor, address, data`.
    It alone is sealed, so that those can be erased."""
    state_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The row that this made, digested with the service's secret, of what matters most."""
    mac: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The event signed with the service's secret; None: the first release wrote it."""


class EventSeal(Base):
    """One link of the audit chain: the digest of a run of events and of the link before."""

    __tablename__ = "event_seals"

    number: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    algorithm: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
    """The digest signed with the service's secret: nobody with the database alone can re-seal."""
    count: Mapped[int]
    last_xid: Mapped[int] = mapped_column(BigInteger)
    last_position: Mapped[int] = mapped_column(BigInteger)
    last_place: Mapped[int | None] = mapped_column(BigInteger)
    """The place of its last event; None: sealed by the first release, up to `last_xid`."""
    sealed_at: Mapped[datetime]
