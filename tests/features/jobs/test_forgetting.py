"""Finished jobs are kept for the setting's days, unfinished ones for as long as they take."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app import jobs
from app.db import context_of
from app.features.jobs.jobs import forget_finished
from app.kit import clock
from app.models import Job
from tests.support.client import Api


async def test_only_what_ended_long_ago_is_forgotten(api: Api) -> None:
    days = api.settings.job_kept_days
    wanted: dict[str, tuple[str, int | None]] = {
        "old success": ("succeeded", days + 1),
        "old failure": ("failed", days + 1),
        "young success": ("succeeded", days - 1),
        "unfinished": ("queued", None),
    }
    async with api.database.writing() as session:
        for kind, (status, age) in wanted.items():
            job_id = await jobs.enqueue(session, kind, {})
            ended: Any = age and clock.now() - timedelta(days=age)
            values = {"status": status, "finished_at": ended}
            await session.execute(update(Job).where(Job.id == job_id).values(**values))
    async with api.database.writing() as session:
        context_of(session).settings = api.settings
        await forget_finished(session)
    async with api.database.reading() as session:
        left = set((await session.scalars(select(Job.kind))).all())
    assert left == {"young success", "unfinished"}
