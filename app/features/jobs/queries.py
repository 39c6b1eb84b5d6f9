"""SQL of jobs as their callers see them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible
from app.kit.problems import NotFound
from app.models import Job

_AT_ONCE: Final = 5000


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None = None
) -> Select[Job]:
    """Jobs that work on organizations of the caller's scope."""
    # No job without an organization is in anybody's scope.
    return select(Job).where(visible(caller, Job.org_id, under=under), *conditions)


async def get(session: AsyncSession, caller: Principal, job_id: UUID) -> Job:
    """One job that the caller sees; raises `NotFound`."""
    found: Job | None = await session.scalar(list_visible(caller, Job.id == job_id))
    if found is None:
        raise NotFound
    return found


async def remove_finished(session: AsyncSession, before: datetime) -> None:
    """Delete jobs that ended before an instant, the oldest first, at most five thousand."""
    ended = (
        select(Job.id)
        .where(Job.status.in_(("succeeded", "failed", "cancelled")), Job.finished_at < before)
        .order_by(Job.finished_at, Job.id)
        .limit(_AT_ONCE)
    )
    statement = delete(Job).where(Job.id.in_(ended.scalar_subquery()))
    await session.execute(statement)
