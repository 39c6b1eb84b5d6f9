"""Events: one append-only row per change. Audit, outbox and change feed read the same rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, Integer, LargeBinary
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler

from app.models.base import Base, JsonValue

_Number = BigInteger().with_variant(Integer(), "sqlite")


class CurrentTransaction(ColumnElement[int]):
    """The number of the writing transaction on PostgreSQL, 0 on SQLite, which has one at a time."""

    inherit_cache = True
    type = BigInteger()


@compiles(CurrentTransaction, "postgresql")
def _on_postgresql(_element: CurrentTransaction, _compiler: SQLCompiler, **_: Any) -> str:
    return "pg_current_xact_id()::text::bigint"


@compiles(CurrentTransaction, "sqlite")
def _on_sqlite(_element: CurrentTransaction, _compiler: SQLCompiler, **_: Any) -> str:
    return "0"


class Event(Base):
    """What changed, who did it, and from where; written in the change's own transaction.

    `(xid, position)` is the order of commits as far as readers can tell (`app.events.settled`).
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "xid", "position"),
        Index(None, "org_id", "position"),
        Index(None, "resource", "resource_id"),
        # A position once used is never given again, even if the last rows were deleted.
        {"sqlite_autoincrement": True},
    )

    position: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    xid: Mapped[int] = mapped_column(BigInteger, default=CurrentTransaction())
    id: Mapped[UUID]
    type: Mapped[str]
    """Resource and act, e.g. `activity.submitted`."""
    resource: Mapped[str]
    resource_id: Mapped[UUID]
    org_id: Mapped[UUID | None]
    """The organization concerned. No foreign key: what happened outlives a deleted organization."""
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
    sealed_at: Mapped[datetime]
