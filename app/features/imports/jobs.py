"""Background work of imports: planned part by part, then written."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.acting import recall_caller
from app.db import settings_of
from app.features.imports.errors import NoHierarchy
from app.features.imports.queries import imports as queries
from app.features.imports.service import applying, arranging, planning, receiving
from app.features.imports.service.layouts import read_part
from app.jobs import Continue, Done, JobView
from app.kit import clock
from app.models import Import


async def plan(session: AsyncSession, job: JobView) -> Continue | Done:
    """`import.plan`: arrange the rows, then plan part by part; after the last it is made."""
    row = await _begin(session, job)
    if row is None or row.status != "parsing":
        return Done({"status": row.status if row else "forgotten"})
    caller = await recall_caller(session, row.caller)
    if not job.state:
        try:
            await arranging.arrange(session, caller, row)
        except NoHierarchy as problem:
            await applying.fail(session, row.id, problem)
            return Done({"status": "failed"})
        return Continue({"part": 0, "number": 0}, 0, row.rows)
    part, number = job.state["part"], job.state["number"]
    content = await queries.get_part(session, row.id, part)
    if content is None:
        await planning.finish(session, row)
        if row.mode == "apply":
            await applying.begin_at_once(session, caller, row)
        return Done({"status": row.status, "rows": row.rows})
    cells = read_part(content)
    made = await planning.plan_part(session, caller, row, cells, number)
    state = {"part": part + 1, "number": number + len(made)}
    return Continue(state, min(job.done + len(cells), row.rows), row.rows)


async def write(session: AsyncSession, job: JobView) -> Continue | Done:
    """`import.apply`: write the plan, whole in one step, or part by part where bad rows may be."""
    row = await _begin(session, job)
    if row is None or row.status != "applying":
        return Done({"status": row.status if row else "forgotten"})
    caller = await recall_caller(session, row.caller)
    import_id, total = row.id, row.created + row.updated
    if row.on_error == "reject_all":
        await applying.apply_whole(session, caller, row)
    else:
        last = await applying.apply_part(session, caller, row, job.state.get("after", -1))
        if last is not None:
            return Continue({"after": last}, min(job.done + receiving.PART, total), total)
        await applying.finish(session, import_id)
    row = await queries.lock(session, import_id)
    return Done({"status": row.status}, total)


async def forget_ended(session: AsyncSession) -> None:
    """Periodic task: delete imports, with their files, as long after as jobs are deleted."""
    kept = timedelta(days=settings_of(session).job_kept_days)
    await queries.remove_ended(session, clock.now() - kept)


async def _begin(session: AsyncSession, job: JobView) -> Import | None:
    """Lock the import of a job, if it is still there; what is written is by who sent it."""
    row = await queries.lock_if_there(session, UUID(job.payload["import_id"]))
    if row is None:
        return None
    kept = row.caller
    events.set_call(
        session,
        events.Call(
            client_id=UUID(kept["client_id"]) if kept["client_id"] else None,
            subject=f"{kept['issuer']}#{kept['subject']}" if kept["subject"] else None,
            route=f"job {job.kind}",
        ),
    )
    return row
