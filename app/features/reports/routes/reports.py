"""HTTP of reports: list, read, submit, change, withdraw."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from app.access import expanding, published
from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.reports import queries
from app.features.reports.filters import ReportFilter
from app.features.reports.routes.answering import answer_written
from app.features.reports.schemas import (
    ReportEntered,
    ReportIn,
    ReportListed,
    ReportNew,
    ReportOut,
    ReportPatch,
    ReportWritten,
)
from app.features.reports.service import answers, changing, creating, upserting
from app.features.submissions import effects as submitted
from app.features.submissions import known
from app.features.submissions.effects import SubmittedBatch, SubmittedItem
from app.features.submissions.naming import take_own
from app.features.submissions.parameters import OnExistsQuery
from app.features.submissions.queries import is_delegated
from app.features.submissions.rules import as_sent
from app.features.submissions.schemas import Reason
from app.http import batches
from app.http.authorization import allow, allow_published
from app.http.dependencies import CallerDep, LanguageDep, ReaderDep, ReplyDep, SessionDep
from app.http.expansion import Expand, expands, tag_shown
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.naming import leave_named
from app.kit.pacing import paced
from app.kit.sameness import says_the_same
from app.models import Report
from app.models.vocabulary import OnExists, Outcome

router = APIRouter(tags=["reports"], route_class=ApiRoute)

_SORTS = Sorts(
    {"id": Report.id, "updated_at": Report.updated_at, "created_at": Report.created_at},
    id=Report.id,
    default="id",
)

_Expand = Annotated[Expand, expands("org", "campaign", "leader")]


@router.get(
    "/v1/reports",
    operation_id="listReports",
    summary="报送材料台账 List reports",
    dependencies=[allow_published(published.REPORT, published.REPORT_FILTERS)],
)
async def list_reports(
    listing: ListingDep,
    session: SessionDep,
    caller: ReaderDep,
    filters: Annotated[ReportFilter, Query()],
    expand: _Expand,
) -> Page[ReportListed]:
    """List written submissions without their texts. `level_id`: what a unit has before it now."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    await known.require_known(session, "report_kinds", filters.kind)
    conditions = [
        *matching(
            filters,
            campaign_id=Report.campaign_id,
            org_id=Report.org_id,
            status=Report.status,
            level_id=Report.level_id,
            leader_id=Report.leader_id,
            selected=Report.selected,
            on_behalf=Report.on_behalf,
            source=Report.source,
            external_id=Report.external_id,
        ),
        *matching(filters, kind=Report.kind),
        *between(Report.reported_on, filters.reported_from, filters.reported_to),
        *holds(filters.adopted, Report.adopted_count > 0),
        *holds(filters.delegated, is_delegated(Report.id)),
    ]
    statement = queries.list_visible(caller, *conditions, under=place)
    found = await listing.find(session, statement, _SORTS)
    shown = await answers.answer_page(session, caller, found.rows)
    page = [shown[report.id] for report in found.rows]
    await expanding.add(session, caller, expand, page)
    return found.page(page)


@router.get(
    "/v1/reports/{report_id}",
    operation_id="getReport",
    summary="读取报送材料 Read a report",
    dependencies=[allow_published(published.REPORT, published.EXPANSIONS)],
)
async def read(
    report_id: UUID,
    response: Response,
    session: SessionDep,
    caller: ReaderDep,
    expand: _Expand,
) -> ReportOut:
    """Read one report with its reviews, adoptions and every version of its text."""
    report = await queries.get(session, caller, report_id)
    answer = await answers.answer(session, caller, report)
    if caller.public_only:
        answer = await answers.publish(answer)
    await expanding.add(session, caller, expand, [answer])
    return tag_shown(response, answer, expand)


@router.post(
    "/v1/reports",
    operation_id="createReport",
    summary="报送工作动态、经验做法、体会文章等 Submit a report",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    body: ReportNew,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    on_exists: OnExistsQuery = OnExists.REJECT,
) -> ReportEntered:
    """Submit a report to the unit above, or keep it as a draft."""
    entering = upserting.Reports(session, caller)
    done, problems = await entering.enter({0: body}, on_exists)
    if problems:
        raise problems[0]
    report_id, outcome = done[0].id, done[0].outcome
    if outcome is not Outcome.CREATED:
        reply.response.status_code = status.HTTP_200_OK
    reply.response.headers["Location"] = f"/v1/reports/{report_id}"
    report = await queries.get(session, caller, report_id)
    answer = await answer_written(reply, session, caller, report)
    defaulted = entering.defaulted.get(0, [])
    return ReportEntered(**dict(answer), outcome=outcome, defaulted=defaulted)


@router.post(
    "/v1/reports/batch",
    operation_id="createReports",
    summary="批量报送材料 Submit reports",
    dependencies=[allow(Power.REPORT)],
)
async def create_batch(
    body: batches.Batch[ReportNew],
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    on_exists: OnExistsQuery = OnExists.REJECT,
) -> SubmittedBatch:
    """Submit up to 1,000 reports in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    entering = upserting.Reports(session, caller)
    done, refused = await entering.enter(good, on_exists)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    results = {
        index: SubmittedItem(
            **submitted.describe(each),
            defaulted=entering.defaulted.get(index, []),
            **submitted.tell(session, caller, each.id, language),
        )
        async for index, each in paced(done.items())
    }
    return submitted.answer(body, results, problems, item_renderer(request))


@router.put(
    "/v1/reports/{report_id}",
    operation_id="putReport",
    summary="按自带编号报送或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT)],
)
async def put(
    report_id: UUID,
    body: ReportIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> ReportWritten:
    """Create the report under the caller's own id, or replace its content."""
    body = await take_own(session, caller, body)
    if await queries.is_there(session, report_id):
        report = await queries.get_for_update(session, caller, report_id)
        current = {**changing.build_content(report), "status": as_sent(report.status)}
        same = says_the_same(body, current, made_here=("reported_on",))
        if condition.to_replace(report.revision, same=same):
            await changing.replace(session, caller, report, body)
        return await answer_written(reply, session, caller, report)
    condition.to_create()
    done, problems = await creating.create(session, caller, {0: body}, own_ids={0: report_id})
    if problems:
        raise problems[0]
    if done[0][2]:
        reply.response.status_code = status.HTTP_201_CREATED
    report = await queries.get(session, caller, done[0][0])
    return await answer_written(reply, session, caller, report)


@router.patch(
    "/v1/reports/{report_id}",
    operation_id="updateReport",
    summary="修改报送材料 Change a report",
    dependencies=[allow(Power.REPORT)],
)
async def update(
    report_id: UUID,
    body: ReportPatch,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportWritten:
    """Change a report before it has gone further up (JSON merge patch)."""
    report = await queries.get_for_update(session, caller, report_id)
    precondition.require(report.revision)
    current = {**changing.build_content(report), "status": as_sent(report.status)}
    patched = apply_patch(ReportIn, leave_named(current, body), body)
    item = await take_own(session, caller, patched)
    await changing.replace(session, caller, report, item)
    return await answer_written(reply, session, caller, report)


@router.post(
    "/v1/reports/{report_id}/submission",
    operation_id="submitReport",
    summary="报送 Submit",
    dependencies=[allow(Power.REPORT)],
)
async def submit(
    report_id: UUID,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportWritten:
    """Submit a draft, or again what was returned or withdrawn."""
    report = await queries.get_for_update(session, caller, report_id)
    precondition.require(report.revision)
    await changing.submit(session, caller, report)
    return await answer_written(reply, session, caller, report)


@router.post(
    "/v1/reports/{report_id}/withdrawal",
    operation_id="withdrawReport",
    summary="撤回 Withdraw",
    dependencies=[allow(Power.REPORT)],
)
async def withdraw(
    report_id: UUID,
    body: Reason,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportWritten:
    """Take a report back; what it counted towards is owed again."""
    report = await queries.get_for_update(session, caller, report_id)
    precondition.require(report.revision)
    await changing.withdraw(session, report, body.reason)
    return await answer_written(reply, session, caller, report)


@router.delete(
    "/v1/reports/{report_id}",
    operation_id="deleteReport",
    summary="删除草稿 Delete a draft",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.REPORT)],
)
async def delete(
    report_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a draft; anything else is withdrawn, not deleted."""
    report = await queries.get_for_update(session, caller, report_id)
    precondition.require(report.revision)
    await changing.delete(session, report)
