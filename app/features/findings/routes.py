"""HTTP of findings: the ledger of problems and their rectification, to the closing of each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import place_of
from app.db.conditions import among, between, equal, holds
from app.features.findings import queries, service
from app.features.findings.schemas import (
    FindingContent,
    FindingFilter,
    FindingPatch,
    FindingRecord,
    FindingRecordIn,
    TransitionIn,
)
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tagged
from app.http.routing import ApiRoute
from app.kit import clock
from app.kit.merge_patch import merged
from app.models import Finding

router = APIRouter(tags=["findings"], route_class=ApiRoute)

_SORTS = Sorts(
    {"id": Finding.id, "updated_at": Finding.updated_at, "created_at": Finding.created_at},
    id=Finding.id,
    default="id",
)


@router.get(
    "/v1/findings",
    operation_id="listFindings",
    summary="整改台账 List findings",
    dependencies=[allow(Power.VIEW)],
)
async def list_findings(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[FindingFilter, Query()],
) -> Page[FindingRecord]:
    """List problems by unit, check and sector, each with the history of its rectification."""
    place = await place_of(session, caller, filters.under)
    conditions = [
        *equal(
            filters,
            campaign_id=Finding.campaign_id,
            org_id=Finding.org_id,
            activity_id=Finding.activity_id,
            inspection_id=Finding.inspection_id,
            nature=Finding.nature,
        ),
        *among(filters, check=Finding.check, sector=queries.SECTOR, status=Finding.status),
        *between(Finding.due_on, filters.due_from, filters.due_to),
        *holds(filters.overdue, queries.is_overdue(clock.today())),
    ]
    statement = queries.listed(caller, Finding, *conditions, under=place)
    found = await listing.slice(session, statement, _SORTS, queries.placed(Finding))
    shown = await service.records(session, caller, found.rows)
    return found.page(lambda row: shown[row[0].id])


@router.get(
    "/v1/findings/{finding_id}",
    operation_id="getFinding",
    summary="读取问题 Read a finding",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    finding_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> FindingRecord:
    """Read one finding with its history: who did what, when and why."""
    return tagged(response, await _record(session, caller, finding_id))


@router.post(
    "/v1/findings",
    operation_id="createFinding",
    summary="登记问题 Enter a finding",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.VIEW)],
)
async def create(
    body: FindingRecordIn, response: Response, session: SessionDep, caller: CallerDep
) -> FindingRecord:
    """Enter a problem on its own: the organization itself, or a superior who found it."""
    finding_id = await service.create(session, caller, body)
    response.headers["Location"] = f"/v1/findings/{finding_id}"
    return await read(finding_id, response, session, caller)


@router.put(
    "/v1/findings/{finding_id}",
    operation_id="putFinding",
    summary="按自带编号登记或替换 Create or replace under your own id",
    dependencies=[allow(Power.VIEW)],
)
async def put(
    finding_id: UUID,
    body: FindingRecordIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Create the finding under the caller's own id, or replace its content."""
    if await queries.exists(session, Finding, finding_id):
        finding = await queries.locked(session, caller, Finding, finding_id)
        precondition.require(finding.revision)
        await service.replace(session, caller, finding, body)
    else:
        await service.create(session, caller, body, finding_id)
        response.status_code = status.HTTP_201_CREATED
    return await read(finding_id, response, session, caller)


@router.patch(
    "/v1/findings/{finding_id}",
    operation_id="updateFinding",
    summary="修改问题与整改措施 Change a finding",
    dependencies=[allow(Power.REPORT)],
)
async def update(
    finding_id: UUID,
    body: FindingPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Change cause, measure, goal, who answers for it, its day (JSON merge patch)."""
    finding = await queries.locked(session, caller, Finding, finding_id)
    precondition.require(finding.revision)
    current = {name: getattr(finding, name) for name in FindingContent.model_fields}
    await service.change(session, caller, finding, merged(FindingContent, current, body))
    return await read(finding_id, response, session, caller)


@router.post(
    "/v1/findings/{finding_id}/transitions",
    operation_id="moveFinding",
    summary="整改、核实、销号 Lead a finding to its next state",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.VIEW)],
)
async def move(
    finding_id: UUID,
    body: TransitionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Start, report done; verify, close, reopen or return only as a superior."""
    finding = await queries.locked(session, caller, Finding, finding_id)
    precondition.require(finding.revision)
    await service.move(session, caller, finding, body)
    return await read(finding_id, response, session, caller)


async def _record(session: AsyncSession, caller: Principal, finding_id: UUID) -> FindingRecord:
    row = await queries.one(session, caller, Finding, finding_id)
    return (await service.records(session, caller, [row]))[finding_id]
