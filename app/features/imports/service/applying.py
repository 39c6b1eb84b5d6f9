"""Carrying a plan out: exactly that plan, through the services that everything is written by.

All or nothing is one transaction. Where bad rows are skipped, each part is one, and whoever takes
the job over goes on after the last part that was committed.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.principal import Principal
from app.db import take_time
from app.features.imports.errors import (
    CHANGED_SINCE,
    ImportHasErrors,
    PlanOutdated,
    WrongImportState,
)
from app.features.imports.queries import duties
from app.features.imports.queries import imports as queries
from app.features.imports.queries.imports import Planned
from app.features.imports.rules.rows import error_of
from app.features.imports.service import reasons
from app.features.imports.service.layouts import layouts_of
from app.features.imports.service.receiving import PART
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.base import (
    ChangedSinceError,
    Resource,
    Target,
)
from app.features.imports.service.rows import problem_line
from app.kit import clock
from app.kit.problems import Problem
from app.models import Import, ImportRow

APPLY: Final = "import.apply"
_LINES_TOLD: Final = 10


async def begin(session: AsyncSession, caller: Principal, row: Import) -> None:
    """Enqueue the writing of a plan. Raises `WrongImportState`, `ImportHasErrors`."""
    if row.status != "planned":
        raise WrongImportState(status=row.status)
    if row.rejected and row.on_error == "reject_all":
        raise ImportHasErrors(count=row.rejected)
    row.status = "applying"
    row.revision += 1
    payload = {"import_id": str(row.id)}
    total = row.created + row.updated
    row.job_id = await jobs.enqueue(
        session, APPLY, payload, org_id=row.org_id, total=total, created_by=caller.name
    )
    await session.flush()


async def begin_at_once(session: AsyncSession, caller: Principal, row: Import) -> None:
    """Enqueue the writing of a plan as soon as it is made; with wrong rows it fails."""
    try:
        await begin(session, caller, row)
    except ImportHasErrors as problem:
        await fail(session, row.id, problem)


async def cancel(session: AsyncSession, row: Import) -> None:
    """Give an import up whose plan is not being written. Raises `WrongImportState`."""
    waiting = row.status == "applying" and row.job_id and await jobs.cancel(session, row.job_id)
    if not waiting and row.status not in {"parsing", "planned"}:
        raise WrongImportState(status=row.status)
    row.status = "cancelled"
    row.revision += 1
    await events.record(
        session, events.Change("import.cancelled", row.id, row.org_id, row.revision)
    )


async def apply_whole(session: AsyncSession, caller: Principal, row: Import) -> None:
    """Write all rows of a plan, or none of them and why; the import says which."""
    import_id, resource = row.id, RESOURCES[row.resource]
    await take_time(session)
    after = -1
    try:
        async with session.begin_nested():
            while rows := await queries.list_planned(session, import_id, after=after, limit=PART):
                await _write(session, caller, resource, import_id, rows)
                after = rows[-1].number
    except ChangedSinceError as error:
        lines = await queries.list_lines(session, import_id, error.numbers[:_LINES_TOLD])
        await fail(session, import_id, PlanOutdated(lines="、".join(map(str, lines))))
        return
    await finish(session, import_id)


async def apply_part(
    session: AsyncSession, caller: Principal, row: Import, after: int
) -> int | None:
    """Write the rows of the next part that can be written; return the last, None where none is."""
    import_id, resource = row.id, RESOURCES[row.resource]
    rows = await queries.list_planned(session, import_id, after=after, limit=PART)
    last = rows[-1].number if rows else None
    while rows:
        try:
            async with session.begin_nested():
                await _write(session, caller, resource, import_id, rows)
        except ChangedSinceError as error:
            await _give_up(session, import_id, error.numbers)
            rows = [each for each in rows if each.number not in error.numbers]
        else:
            break
    return last


async def finish(session: AsyncSession, import_id: UUID) -> None:
    """Say that a plan is written, and what came of it."""
    row = await queries.lock(session, import_id)
    row.status = "applied"
    row.applied_at = clock.now()
    row.revision += 1
    if RESOURCES[row.resource].counts:
        row.duties_met, row.counting_for_nothing = await duties.count_duties(session, import_id)
        row.reasons = await reasons.gather(session, import_id)
    await session.flush()
    await events.record(session, events.Change("import.applied", row.id, row.org_id, row.revision))


async def fail(session: AsyncSession, import_id: UUID, problem: Problem) -> None:
    """Say that an import has failed, and why."""
    row = await queries.lock(session, import_id)
    row.status = "failed"
    row.revision += 1
    told = problem_line(problem)
    row.problem = {name: told[name] for name in ("code", "zh", "en")}
    await session.flush()


async def _write(
    session: AsyncSession,
    caller: Principal,
    resource: Resource,
    import_id: UUID,
    rows: Sequence[Planned],
) -> None:
    """Write rows as they were planned; raises `ChangedSinceError` with those that cannot be."""
    bodies = {each.number: each.body for each in rows if each.action == "created"}
    there = await resource.find(session, caller, bodies)
    if there:
        raise ChangedSinceError(list(there))
    items = {number: resource.read(body) for number, body in bodies.items()}
    made, problems = await resource.create(session, caller, items)
    if problems:
        raise ChangedSinceError(list(problems))
    await queries.set_records(session, import_id, made)
    for each in rows:
        if each.action == "updated":
            await _update(session, caller, resource, each)
    if resource.counts:
        numbers = [each.number for each in rows]
        await reasons.keep_reasons(session, caller, import_id, numbers)


async def _update(
    session: AsyncSession, caller: Principal, resource: Resource, each: Planned
) -> None:
    if each.record_id is None or each.revision is None:
        raise ChangedSinceError([each.number])
    target = Target(each.record_id, each.revision, {})
    try:
        await resource.update(session, caller, each.number, target, each.body)
    except Problem as problem:
        raise ChangedSinceError([each.number]) from problem


async def _give_up(session: AsyncSession, import_id: UUID, numbers: Sequence[int]) -> None:
    """Let rows be rejected whose records are not what the plan has seen."""
    row = await queries.lock(session, import_id)
    layouts = layouts_of(row)
    for each in await queries.list_rows(session, import_id, ImportRow.number.in_(numbers)):
        setattr(row, each.action, getattr(row, each.action) - 1)
        row.rejected += 1
        row.errors += 1
        told = error_of(CHANGED_SINCE.at(""), layouts[each.sheet][1])
        each.action, each.record_id = "rejected", None
        each.errors = [*each.errors, {**told, "field": None}]
    await session.flush()
