"""HTTP of branches."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, status

from app.access import published
from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.features.organizations.headers import AnswerDep
from app.features.organizations.previews import service
from app.features.organizations.previews.schemas import Effect
from app.features.organizations.queries import organizations as queries
from app.features.organizations.queries import usage
from app.features.organizations.restructuring.service import merging
from app.features.organizations.schemas.filters import BranchFilter
from app.features.organizations.schemas.organizations import (
    BranchFields,
    BranchIn,
    BranchMerging,
    BranchMove,
    BranchNew,
    BranchOut,
    BranchPatch,
    Closing,
    Reopening,
    branch_out,
    columns,
    fields_of,
)
from app.features.organizations.service import changing, founding
from app.features.organizations.service.naming import take_own
from app.http import batches
from app.http.authorization import allow, allow_published
from app.http.dependencies import CallerDep, LanguageDep, ReaderDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.preconditions import PreconditionDep, PutConditionDep
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.naming import told_as_sent

router = APIRouter(tags=["branches"], route_class=ApiRoute)


@router.get(
    "/v1/branches",
    operation_id="listBranches",
    summary="党支部列表 List branches",
    dependencies=[allow_published(published.ORGANIZATION, published.ORGANIZATION_FILTERS)],
)
async def list_branches(
    listing: ListingDep,
    wanted: Annotated[BranchFilter, Query()],
    session: SessionDep,
    caller: ReaderDep,
    language: LanguageDep,
) -> Page[BranchOut]:
    """List branches in the caller's scope, in the authority's own order unless sorted otherwise."""
    wanted = await take_codes(session, caller, wanted)
    under = await find_path(session, caller, wanted.under)
    statement = queries.list_visible(caller, "branch", wanted, under)
    found = await listing.find(session, statement, queries.SORTS)
    return found.page(branch_out(row, language) for row in found.rows)


@router.get(
    "/v1/branches/{branch_id}",
    operation_id="getBranch",
    summary="读取党支部 Read a branch",
    dependencies=[allow_published(published.ORGANIZATION)],
)
async def read(
    branch_id: UUID,
    session: SessionDep,
    caller: ReaderDep,
    answer: AnswerDep,
) -> BranchOut:
    """Read one branch."""
    row = await queries.get(session, caller, "branch", branch_id)
    return answer.about(row, branch_out)


@router.post(
    "/v1/branches",
    operation_id="createBranch",
    summary="新建党支部 Create a branch",
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": BranchOut, "description": "It was there with the same content."}},
    dependencies=[allow(Power.ORGANIZE)],
)
async def create(
    body: BranchNew,
    session: SessionDep,
    caller: CallerDep,
    answer: AnswerDep,
) -> BranchOut:
    """Create a branch of a unit; the same content sent again is answered, not doubled."""
    done = await founding.found_one(session, caller, "branch", body, body.id)
    answer.created("/v1/branches", done.row.id, new=done.new)
    shown = answer.about(done.row, branch_out)
    shown.warnings += await founding.find_slips(session, done, answer.language)
    return shown


@router.post(
    "/v1/branches/batch",
    operation_id="createBranches",
    summary="批量新建党支部 Create branches",
    dependencies=[allow(Power.ORGANIZE)],
)
async def create_batch(
    body: batches.Batch[BranchNew], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Create up to 1,000 branches."""
    done, problems = await founding.found_batch(session, caller, "branch", body)
    return batches.results(body, done, problems, item_renderer(request))


@router.put(
    "/v1/branches/{branch_id}",
    operation_id="replaceBranch",
    summary="按自带编号新建或替换党支部 Create or replace under your own id",
    responses={201: {"model": BranchOut, "description": "It was created."}},
    dependencies=[allow(Power.ORGANIZE)],
)
async def replace(
    branch_id: UUID,
    body: BranchIn,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
    answer: AnswerDep,
) -> BranchOut:
    """Create the branch under the caller's own id, or replace it; another unit is a move."""
    body = await take_own(session, caller, body)
    if await changing.exists(session, branch_id):
        row = await changing.begin(session, caller, "branch", branch_id)
        values = columns(body)
        same = all(getattr(row, name) == value for name, value in values.items())
        if condition.to_replace(row.revision, same=same):
            with told_as_sent(body):
                await changing.change(session, caller, row, values)
    else:
        condition.to_create()
        row = (await founding.found_one(session, caller, "branch", body, branch_id)).row
        answer.created("/v1/branches", branch_id)
    return answer.about(row, branch_out, outside=await usage.count_outside(session, row))


@router.patch(
    "/v1/branches/{branch_id}",
    operation_id="updateBranch",
    summary="修改党支部 Change a branch",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    branch_id: UUID,
    body: BranchPatch,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> BranchOut:
    """Change a branch (JSON merge patch); what it owes follows."""
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    item = apply_patch(BranchFields, fields_of(row, BranchFields), body)
    await changing.change(session, caller, row, columns(item))
    return answer.about(row, branch_out, outside=await usage.count_outside(session, row))


@router.delete(
    "/v1/branches/{branch_id}",
    operation_id="deleteBranch",
    summary="删除未使用的党支部 Delete an unused branch",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.ORGANIZE)],
)
async def delete(
    branch_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a branch that nothing refers to; any other is closed instead."""
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    await changing.delete(session, row)


@router.post(
    "/v1/branches/{branch_id}/move",
    operation_id="moveBranch",
    summary="调整隶属关系 Move to another unit",
    dependencies=[allow(Power.ORGANIZE)],
)
async def move(
    branch_id: UUID,
    body: BranchMove,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> BranchOut | Effect:
    """Move a branch; needs the power over its old and its new unit."""
    body = await take_own(session, caller, body)
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    moving = changing.move(session, caller, row, body.unit_id, body)
    with told_as_sent(body):
        if body.preview:
            return await service.preview(session, row, moving)
        await moving
    return answer.about(row, branch_out)


@router.post(
    "/v1/branches/{branch_id}/merge",
    operation_id="mergeBranch",
    summary="并入另一党支部 Merge into another branch",
    dependencies=[allow(Power.ORGANIZE)],
)
async def merge(
    branch_id: UUID,
    body: BranchMerging,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> BranchOut | Effect:
    """Put a branch into another: leaders who belong to it go there, and it is closed.

    What it met stays with it; what it still owed is void. Needs the power over both.
    """
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    work = merging.merge(session, caller, row, body)
    if body.preview:
        return await service.preview(session, row, work)
    await work
    return answer.about(row, branch_out)


@router.post(
    "/v1/branches/{branch_id}/close",
    operation_id="closeBranch",
    summary="撤销党支部 Close a branch",
    dependencies=[allow(Power.ORGANIZE)],
)
async def close(
    branch_id: UUID,
    body: Closing,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> BranchOut | Effect:
    """Close a branch from a day on."""
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    closing = changing.close(session, caller, row, body.closed_on, body.reason)
    if body.preview:
        return await service.preview(session, row, closing, below=False)
    await closing
    return answer.about(row, branch_out, outside=await usage.count_outside(session, row))


@router.post(
    "/v1/branches/{branch_id}/reopen",
    operation_id="reopenBranch",
    summary="恢复党支部 Reopen a branch",
    dependencies=[allow(Power.ORGANIZE)],
)
async def reopen(
    branch_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
    body: Reopening | None = None,
) -> BranchOut | Effect:
    """Reopen a closed branch; the unit above must not be closed."""
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    told = body or Reopening()
    reopening = changing.reopen(session, caller, row, told.reason)
    if told.preview:
        return await service.preview(session, row, reopening, below=False)
    await reopening
    return answer.about(row, branch_out)
