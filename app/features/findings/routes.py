"""HTTP of findings: the ledger of problems and their rectification, to the closing of each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from app.access import expanding
from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.findings import placement, queries
from app.features.findings.schemas.filters import FindingFilter
from app.features.findings.schemas.records import (
    FindingContent,
    FindingPatch,
    FindingRecord,
    FindingRecordIn,
    FindingRecordNew,
)
from app.features.findings.schemas.supervision import (
    ExtensionDecisionIn,
    ExtensionIn,
    HandoverIn,
    TransitionIn,
    TransitionItem,
)
from app.features.findings.service import answers, changing, extending, moving, passing
from app.features.submissions import known
from app.features.submissions.naming import take_own
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.expansion import Expand, expands, tag_shown
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit import clock
from app.kit.merge_patch import apply_patch
from app.models import Finding

router = APIRouter(tags=["findings"], route_class=ApiRoute)

_SORTS = Sorts(
    {"id": Finding.id, "updated_at": Finding.updated_at, "created_at": Finding.created_at},
    id=Finding.id,
    default="id",
)

_Expand = Annotated[Expand, expands("org", "campaign")]


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
    expand: _Expand,
) -> Page[FindingRecord]:
    """List problems by unit, check and sector, each with the history of its rectification."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    await known.require_known(session, "checks", filters.check)
    conditions = [
        *matching(
            filters,
            campaign_id=Finding.campaign_id,
            org_id=Finding.org_id,
            inspection_id=Finding.inspection_id,
            nature=Finding.nature,
        ),
        *queries.found_at(Finding, filters.activity_id),
        *matching(
            filters,
            origin=Finding.origin,
            check=Finding.check,
            sector=queries.SECTOR,
            status=Finding.status,
        ),
        *between(Finding.due_on, filters.due_from, filters.due_to),
        *holds(filters.overdue, Finding.overdue(clock.today())),
    ]
    if filters.from_org_id is None:
        statement = queries.list_visible(caller, Finding, *conditions, under=place)
    else:
        passed, by = Finding.from_org_id, filters.from_org_id
        statement = queries.select_passed_on(caller, passed, by, *conditions, under=place)
    found = await listing.find_joined(session, statement, _SORTS, placement.FINDINGS)
    shown = await answers.answer_records(session, caller, found.rows)
    page = [shown[row.finding.id] for row in found.rows]
    await expanding.add(session, caller, expand, page)
    return found.page(page)


@router.get(
    "/v1/findings/{finding_id}",
    operation_id="getFinding",
    summary="读取问题 Read a finding",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    finding_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    expand: _Expand = frozenset(),
) -> FindingRecord:
    """Read one finding with its history: who did what, when and why."""
    row = await placement.get_finding(session, caller, finding_id)
    answer = (await answers.answer_records(session, caller, [row]))[finding_id]
    await expanding.add(session, caller, expand, [answer])
    return tag_shown(response, answer, expand)


@router.post(
    "/v1/findings",
    operation_id="createFinding",
    summary="登记问题 Enter a finding",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def create(
    body: FindingRecordNew, response: Response, session: SessionDep, caller: CallerDep
) -> FindingRecord:
    """Enter a problem on its own: the organization itself, or a superior who found it."""
    finding_id, new = await changing.create(session, caller, body, body.id)
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/findings/{finding_id}"
    return await read(finding_id, response, session, caller)


@router.put(
    "/v1/findings/{finding_id}",
    operation_id="putFinding",
    summary="按自带编号登记或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def put(
    finding_id: UUID,
    body: FindingRecordIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> FindingRecord:
    """Create the finding under the caller's own id, or replace its content."""
    body = await take_own(session, caller, body)
    if await queries.exists(session, Finding, finding_id):
        finding = await queries.get_for_update(session, caller, Finding, finding_id)
        same = changing.is_same(finding, body)
        if condition.to_replace(finding.revision, same=same):
            await changing.replace(session, caller, finding, body)
    else:
        condition.to_create()
        await changing.create(session, caller, body, finding_id)
        response.status_code = status.HTTP_201_CREATED
    return await read(finding_id, response, session, caller)


@router.patch(
    "/v1/findings/{finding_id}",
    operation_id="updateFinding",
    summary="修改问题与整改措施 Change a finding",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def update(
    finding_id: UUID,
    body: FindingPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Change cause, measure, goal, who answers for it (JSON merge patch).

    What a superior found is the superior's to change, and so is the day of what was reported.
    """
    finding = await queries.get_for_update(session, caller, Finding, finding_id)
    precondition.require(finding.revision)
    current = {name: getattr(finding, name) for name in FindingContent.model_fields}
    await changing.change(session, caller, finding, apply_patch(FindingContent, current, body))
    return await read(finding_id, response, session, caller)


@router.post(
    "/v1/findings/transitions",
    operation_id="moveFindings",
    summary="批量整改、核实、销号 Lead findings to their next states",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def move_batch(
    body: batches.Batch[TransitionItem], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Lead up to 1,000 findings on in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    moved, refused = await moving.move_all(session, caller, good)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    results = {
        index: batches.ItemResult(status=201, id=finding.id, revision=finding.revision)
        for index, finding in moved.items()
    }
    return batches.results(body, results, problems, item_renderer(request))


@router.post(
    "/v1/findings/{finding_id}/transitions",
    operation_id="moveFinding",
    summary="整改、核实、销号 Lead a finding to its next state",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
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
    finding = await queries.get_for_update(session, caller, Finding, finding_id)
    precondition.require(finding.revision)
    await moving.move(session, caller, finding, body)
    return await read(finding_id, response, session, caller)


@router.post(
    "/v1/findings/{finding_id}/extensions",
    operation_id="askFindingExtension",
    summary="申请延期 Ask for a later day",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def ask(
    finding_id: UUID,
    body: ExtensionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Ask the superior for a later day; until it is granted the present one holds."""
    finding = await queries.get_for_update(session, caller, Finding, finding_id)
    precondition.check(finding.revision)
    await extending.ask_for_finding(session, caller, finding, body)
    return await read(finding_id, response, session, caller)


@router.post(
    "/v1/findings/{finding_id}/extensions/{extension_id}/decision",
    operation_id="decideFindingExtension",
    summary="答复延期申请 Grant or refuse a later day",
    dependencies=[allow(Power.REVIEW)],
)
async def decide(  # noqa: PLR0913 - two ids stand in the path
    finding_id: UUID,
    extension_id: UUID,
    body: ExtensionDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Grant the later day, which is then the finding's, or refuse it with a reason."""
    finding = await queries.get_for_update(session, caller, Finding, finding_id)
    precondition.check(finding.revision)
    await extending.decide_for_finding(session, caller, finding, extension_id, body)
    return await read(finding_id, response, session, caller)


@router.post(
    "/v1/findings/{finding_id}/handover",
    operation_id="passOnFinding",
    summary="转办问题 Pass a finding on",
    dependencies=[allow(Power.REVIEW)],
)
async def pass_on(
    finding_id: UUID,
    body: HandoverIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> FindingRecord:
    """Let another organization below the superior put it right; who had it still sees it."""
    finding = await queries.get_for_update(session, caller, Finding, finding_id)
    precondition.check(finding.revision)
    await passing.pass_on_finding(session, caller, finding, body)
    return await read(finding_id, response, session, caller)
