"""Background work: jobs with their progress and lease, and when each periodic task is next due."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified, Stamped


class Job(Identified, Stamped, Base):
    """Work that outlives a request, done in steps; `app.jobs` says how."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="status"
        ),
        CheckConstraint("(status = 'running') = (lease_token IS NOT NULL)", name="lease"),
        CheckConstraint("done >= 0 AND total >= 0", name="progress"),
        # A claim reads the first entry of this index; finished jobs are not in it.
        Index(
            "ix_jobs_claimable_at",
            "claimable_at",
            "id",
            postgresql_where=text("status IN ('queued', 'running')"),
            sqlite_where=text("status IN ('queued', 'running')"),
        ),
        Index(None, "org_id"),
    )

    kind: Mapped[str]
    """What is to be done, noun first: `campaign.open`."""
    payload: Mapped[dict[str, Any]]
    """What the handler was asked to do; never changes."""
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Where the next step resumes: what the last step left."""
    status: Mapped[str] = mapped_column(default="queued")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any] | None]
    problem: Mapped[dict[str, Any] | None]
    """Why the last attempt failed; on a failed job, why it was given up."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Attempts at the next step so far, the running one included."""
    max_attempts: Mapped[int]
    claimable_at: Mapped[datetime]
    """No worker claims it before: while queued the end of a wait, while running of the lease."""
    lease_token: Mapped[UUID | None]
    """Who holds the lease; another token means that it was taken over."""
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """The organization whose subtree the job works on: who may see it."""
    created_by: Mapped[str | None]
    """The client that caused the job."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class PeriodicTask(Base):
    """When a periodic task is due next: one row a task, however many workers there are."""

    __tablename__ = "periodic_tasks"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_run_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]
    """When it last succeeded."""
    problem: Mapped[dict[str, Any] | None]
    """Why the last run failed; null after one that succeeded."""
