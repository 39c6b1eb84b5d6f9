"""Tables that callers send: the file, what was read of it, and the plan of what will be written."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock, ids
from app.models.base import Base, Identified, JsonValue, Stamped


class Import(Identified, Stamped, Base):
    """One file on its way in. It outlives no longer than jobs do what became of it."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint(
            "status IN ('parsing', 'planned', 'applying', 'applied', 'failed', 'cancelled')",
            name="status",
        ),
        CheckConstraint("on_error IN ('reject_all', 'skip_bad_rows')", name="on_error"),
        CheckConstraint("mode IN ('preview', 'apply')", name="mode"),
        Index(None, "owner", "id"),
        Index(None, "updated_at", "id"),
    )

    org_id: Mapped[UUID]
    """The unit in whose subtree names are looked for, which may be gone by now."""
    owner: Mapped[str]
    """The name of the principal whose import it is: nobody else sees it."""
    caller: Mapped[dict[str, Any]]
    """On whose behalf it is planned and applied, as `app.access.acting` keeps it."""
    resource: Mapped[str]
    mode: Mapped[str]
    on_error: Mapped[str]
    status: Mapped[str] = mapped_column(default="parsing")
    filename: Mapped[str]
    source: Mapped[str | None]
    """The caller's own system, of whose external ids the file speaks."""
    campaign_id: Mapped[UUID | None]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Headings as the caller says what they are: heading → field, or null for none."""
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the file is, and of each sheet where its heading is and which columns are read."""
    resolved: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Each name that became a record, how, and in how many rows."""
    rows: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    duties_met: Mapped[int | None]
    counting_for_nothing: Mapped[int | None]
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonValue)
    """Why rows count for nothing, the most frequent first: `{code, zh, en, rows, lines[]}`."""
    problem: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    """Why it failed: `{code, zh, en}`."""
    job_id: Mapped[UUID | None]
    planned_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The file to the byte, compressed."""


class ImportPart(Base):
    """Rows of a file as they were read, compressed: lines of JSON of `app.kit.tables.reading`."""

    __tablename__ = "import_parts"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Base):
    """One row of a file, and what the plan is to do with it."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint("action IN ('created', 'updated', 'unchanged', 'rejected')", name="action"),
        Index(None, "import_id", "sameness"),
    )

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    """Its place among the rows of all sheets, from 0."""
    sheet: Mapped[int]
    line: Mapped[int]
    """Its number in the sheet, from 1, as a person sees it."""
    action: Mapped[str]
    sameness: Mapped[str | None]
    """What no second row of the file may have: a digest of what it is known by."""
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is written, in the form of the API's bodies; of an update only what the file says."""
    record_id: Mapped[UUID | None]
    """The record that it updates, repeats or, once applied, has made."""
    revision: Mapped[int | None]
    """The revision of that record that the plan has seen."""
    errors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    warned: Mapped[int] = mapped_column(default=0)
    """How many warnings there are."""
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonValue)
    """Once written: why it counts for nothing, `{code, zh, en}`."""


class ImportMapping(Base):
    """What a caller has said of the headings of a source: it is remembered for the next file."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("owner", "resource", "source"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)
    owner: Mapped[str]
    resource: Mapped[str]
    source: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
