"""HTTP of jobs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import equals
from app.features.jobs import queries
from app.features.jobs.schemas import JobOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import tag
from app.http.routing import ApiRoute
from app.kit.fields import Code
from app.models import Job
from app.models.vocabulary import JobStatus

router = APIRouter(tags=["jobs"], route_class=ApiRoute)

_SORTS = Sorts(
    {"created_at": Job.created_at, "updated_at": Job.updated_at},
    id=Job.id,
    default="-created_at",
)
_UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


@router.get(
    "/v1/jobs",
    operation_id="listJobs",
    summary="后台任务列表 List jobs",
    dependencies=[allow(Power.VIEW)],
)
async def list_jobs(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    job_status: Annotated[list[JobStatus] | None, Query(alias="status")] = None,
    kind: Annotated[list[Code] | None, Query()] = None,
    under: UUID | None = None,
) -> Page[JobOut]:
    """List background work in the caller's scope, the latest first."""
    place = await find_path(session, caller, under)
    asked = {Job.status: job_status, Job.kind: kind}
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    found = await listing.find(
        session, queries.list_visible(caller, *conditions, under=place), _SORTS
    )
    return found.page(map(JobOut.of, found.rows))


@router.get(
    "/v1/jobs/{job_id}",
    operation_id="getJob",
    summary="读取后台任务 Read a job",
    dependencies=[allow(Power.VIEW)],
)
async def read(job_id: UUID, response: Response, session: SessionDep, caller: CallerDep) -> JobOut:
    """Read how a job stands: ask again after `Retry-After` seconds until it is finished."""
    job = await queries.get(session, caller, job_id)
    if job.status in _UNFINISHED:
        response.headers["Retry-After"] = "1"
    return tag(response, JobOut.of(job))
