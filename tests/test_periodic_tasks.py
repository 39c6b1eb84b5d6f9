"""Every periodic task, by its real handler, on both databases and on records of each kind.

A worker puts a task off that fails, and goes on: nobody but its row and the log would tell.
"""

from sqlalchemy import func, select, update

from app.jobs import moment
from app.models import SubtreeCount
from app.models.jobs import PeriodicTask
from app.worker import PERIODIC, periodic
from tests.support.places import Place, review


async def test_no_periodic_task_fails_at_a_place_where_much_is_done(place: Place) -> None:
    record = await place.activity(findings=[{"check": "work_style", "description": "少"}])
    decided = review(record, "accept")
    await place.reviewer.post(f"/v1/activities/{record['id']}/reviews", decided)
    await place.report()
    database, settings = place.admin.database, place.admin.settings
    tasks = [task for task in PERIODIC if task.wanted(settings)]
    await periodic.register(database, tasks)
    for _ in range(2):
        async with database.writing() as session:
            await session.execute(update(PeriodicTask).values(next_run_at=moment(session)))
        await periodic.run_due(database, tasks, settings)
        async with database.reading() as session:
            failed = select(PeriodicTask.name, PeriodicTask.problem)
            problems = (await session.execute(failed)).all()
            assert [row for row in problems if row.problem is not None] == []
    async with database.reading() as session:
        assert await session.scalar(select(func.max(SubtreeCount.activities))) == 1
