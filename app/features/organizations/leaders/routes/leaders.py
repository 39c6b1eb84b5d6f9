"""HTTP of leaders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, status

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.features.organizations.headers import AnswerDep
from app.features.organizations.leaders.queries import leaders as queries
from app.features.organizations.leaders.schemas.leaders import (
    LeaderEntered,
    LeaderIn,
    LeaderNew,
    LeaderOut,
    LeaderPatch,
    LeaderTransfer,
    leader_columns,
    leader_entered,
    leader_fields,
    leader_out,
)
from app.features.organizations.leaders.service import leaders, slips, transferring
from app.features.organizations.previews import service
from app.features.organizations.previews.schemas import Effect
from app.features.organizations.schemas.filters import LeaderFilter
from app.features.organizations.service.naming import UNITS, take_own
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.preconditions import PreconditionDep, PutConditionDep
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.naming import leave_named, told_as_sent

router = APIRouter(tags=["leaders"], route_class=ApiRoute)


@router.get(
    "/v1/leaders",
    operation_id="listLeaders",
    summary="党员领导干部列表 List leaders",
    dependencies=[allow(Power.VIEW)],
)
async def list_leaders(
    listing: ListingDep,
    wanted: Annotated[LeaderFilter, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> Page[LeaderOut]:
    """List the leaders of the units in the caller's scope, in the authority's own order."""
    wanted = await take_codes(session, caller, wanted)
    under = await find_path(session, caller, wanted.under)
    statement = queries.list_visible(caller, wanted, under)
    found = await listing.find(session, statement, queries.SORTS)
    return found.page(map(leader_out, found.rows))


@router.get(
    "/v1/leaders/{leader_id}",
    operation_id="getLeader",
    summary="读取党员领导干部 Read a leader",
    dependencies=[allow(Power.VIEW, Power.OWN)],
)
async def read(
    leader_id: UUID, session: SessionDep, caller: CallerDep, answer: AnswerDep
) -> LeaderOut:
    """Read one leader."""
    return answer.about(await queries.get(session, caller, leader_id), leader_out)


@router.post(
    "/v1/leaders",
    operation_id="createLeader",
    summary="新建党员领导干部 Create a leader",
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": LeaderEntered, "description": "It was there with the same content."}},
    dependencies=[allow(Power.ORGANIZE)],
)
async def create(
    body: LeaderNew, session: SessionDep, caller: CallerDep, answer: AnswerDep
) -> LeaderEntered:
    """Create a leader of a unit; the same content sent again is answered, not doubled."""
    done = await leaders.enter_one(session, caller, body, body.id)
    answer.created("/v1/leaders", done.row.id, new=done.new)
    shown = answer.about(done.row, leader_entered)
    if done.new:
        shown.warnings += await slips.find_slips(session, done.row, answer.language)
    return shown


@router.post(
    "/v1/leaders/batch",
    operation_id="createLeaders",
    summary="批量新建党员领导干部 Create leaders",
    dependencies=[allow(Power.ORGANIZE)],
)
async def create_batch(
    body: batches.Batch[LeaderNew], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Create up to 1,000 leaders in one transaction, one result for each."""
    done, problems = await leaders.enter_batch(session, caller, body)
    return batches.results(body, done, problems, item_renderer(request))


@router.put(
    "/v1/leaders/{leader_id}",
    operation_id="replaceLeader",
    summary="按自带编号新建或替换 Create or replace under your own id",
    responses={201: {"model": LeaderOut, "description": "It was created."}},
    dependencies=[allow(Power.ORGANIZE)],
)
async def replace(
    leader_id: UUID,
    body: LeaderIn,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
    answer: AnswerDep,
) -> LeaderOut:
    """Create the leader under the caller's own id, or replace them; another unit is a transfer."""
    body = await take_own(session, caller, body, UNITS)
    if await leaders.exists(session, leader_id):
        row = await leaders.begin(session, caller, leader_id)
        values = leader_columns(body)
        same = all(getattr(row, name) == value for name, value in values.items())
        if condition.to_replace(row.revision, same=same):
            with told_as_sent(body):
                await leaders.change(session, caller, row, values)
    else:
        condition.to_create()
        row = (await leaders.enter_one(session, caller, body, leader_id)).row
        answer.created("/v1/leaders", leader_id)
    return answer.about(row, leader_out)


@router.patch(
    "/v1/leaders/{leader_id}",
    operation_id="updateLeader",
    summary="修改党员领导干部 Change a leader",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    leader_id: UUID,
    body: LeaderPatch,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> LeaderOut:
    """Change a leader (JSON merge patch); another `unit_id` is a transfer."""
    row = await leaders.begin(session, caller, leader_id)
    precondition.require(row.revision)
    patched = apply_patch(LeaderIn, leave_named(leader_fields(row), body), body)
    item = await take_own(session, caller, patched, UNITS)
    with told_as_sent(item):
        await leaders.change(session, caller, row, leader_columns(item))
    return answer.about(row, leader_out)


@router.post(
    "/v1/leaders/{leader_id}/transfer",
    operation_id="transferLeader",
    summary="调任 Transfer a leader",
    dependencies=[allow(Power.ORGANIZE)],
)
async def transfer(
    leader_id: UUID,
    body: LeaderTransfer,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> LeaderOut | Effect:
    """Let a leader lead another unit; their three ones go with them, neither doubled nor lost.

    With `moved_on` it is one of a former day, not before the leader's present post began; progress
    of the days before counts them where they were. Needs the power over both units.
    """
    body = await take_own(session, caller, body, UNITS)
    row = await leaders.begin(session, caller, leader_id)
    precondition.require(row.revision)
    work = transferring.transfer(session, caller, row, body)
    with told_as_sent(body):
        if body.preview:
            return await service.preview_transfer(session, row, work)
        await work
    return answer.about(row, leader_out)


@router.delete(
    "/v1/leaders/{leader_id}",
    operation_id="deleteLeader",
    summary="删除未使用的党员领导干部 Delete an unused leader",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.ORGANIZE)],
)
async def delete(
    leader_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a leader to whom nothing refers; one who left gets an `active_to` instead."""
    row = await leaders.begin(session, caller, leader_id)
    precondition.require(row.revision)
    await leaders.delete(session, row)
