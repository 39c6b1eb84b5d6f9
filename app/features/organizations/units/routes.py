"""HTTP of units."""

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
from app.features.organizations.schemas.filters import UnitFilter
from app.features.organizations.schemas.organizations import (
    Closing,
    Merging,
    Reopening,
    UnitFields,
    UnitIn,
    UnitMove,
    UnitNew,
    UnitOut,
    UnitPatch,
    columns,
    fields_of,
    unit_out,
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

router = APIRouter(tags=["units"], route_class=ApiRoute)


@router.get(
    "/v1/units",
    operation_id="listUnits",
    summary="党组织列表 List units",
    dependencies=[allow_published(published.ORGANIZATION, published.ORGANIZATION_FILTERS)],
)
async def list_units(
    listing: ListingDep,
    wanted: Annotated[UnitFilter, Query()],
    session: SessionDep,
    caller: ReaderDep,
    language: LanguageDep,
) -> Page[UnitOut]:
    """List units in the caller's scope, in the authority's own order unless sorted otherwise."""
    wanted = await take_codes(session, caller, wanted)
    under = await find_path(session, caller, wanted.under)
    statement = queries.list_visible(caller, "unit", wanted, under)
    found = await listing.find(session, statement, queries.SORTS)
    return found.page(unit_out(row, language) for row in found.rows)


@router.get(
    "/v1/units/{unit_id}",
    operation_id="getUnit",
    summary="读取党组织 Read a unit",
    dependencies=[allow_published(published.ORGANIZATION)],
)
async def read(
    unit_id: UUID,
    session: SessionDep,
    caller: ReaderDep,
    answer: AnswerDep,
) -> UnitOut:
    """Read one unit."""
    row = await queries.get(session, caller, "unit", unit_id)
    return answer.about(row, unit_out)


@router.post(
    "/v1/units",
    operation_id="createUnit",
    summary="新建党组织 Create a unit",
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": UnitOut, "description": "It was there with the same content."}},
    dependencies=[allow(Power.ORGANIZE)],
)
async def create(
    body: UnitNew,
    session: SessionDep,
    caller: CallerDep,
    answer: AnswerDep,
) -> UnitOut:
    """Create a unit below another; the same content sent again is answered, not doubled."""
    done = await founding.found_one(session, caller, "unit", body, body.id)
    answer.created("/v1/units", done.row.id, new=done.new)
    shown = answer.about(done.row, unit_out)
    shown.warnings += await founding.find_slips(session, done, answer.language)
    return shown


@router.post(
    "/v1/units/batch",
    operation_id="createUnits",
    summary="批量新建党组织 Create units",
    dependencies=[allow(Power.ORGANIZE)],
)
async def create_batch(
    body: batches.Batch[UnitNew], request: Request, session: SessionDep, caller: CallerDep
) -> batches.BatchResult:
    """Create up to 1,000 units; one may stand below another that comes before it, by its `id`."""
    done, problems = await founding.found_batch(session, caller, "unit", body)
    return batches.results(body, done, problems, item_renderer(request))


@router.put(
    "/v1/units/{unit_id}",
    operation_id="replaceUnit",
    summary="按自带编号新建或替换党组织 Create or replace under your own id",
    responses={201: {"model": UnitOut, "description": "It was created."}},
    dependencies=[allow(Power.ORGANIZE)],
)
async def replace(
    unit_id: UUID,
    body: UnitIn,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
    answer: AnswerDep,
) -> UnitOut:
    """Create the unit under the caller's own id, or replace it; another parent is a move."""
    body = await take_own(session, caller, body)
    if await changing.exists(session, unit_id):
        row = await changing.begin(session, caller, "unit", unit_id)
        values = columns(body)
        same = all(getattr(row, name) == value for name, value in values.items())
        if condition.to_replace(row.revision, same=same):
            with told_as_sent(body):
                await changing.change(session, caller, row, values)
    else:
        condition.to_create()
        row = (await founding.found_one(session, caller, "unit", body, unit_id)).row
        answer.created("/v1/units", unit_id)
    return answer.about(row, unit_out, outside=await usage.count_outside(session, row))


@router.patch(
    "/v1/units/{unit_id}",
    operation_id="updateUnit",
    summary="修改党组织 Change a unit",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    unit_id: UUID,
    body: UnitPatch,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> UnitOut:
    """Change a unit (JSON merge patch); what it owes follows."""
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    item = apply_patch(UnitFields, fields_of(row, UnitFields), body)
    await changing.change(session, caller, row, columns(item))
    return answer.about(row, unit_out, outside=await usage.count_outside(session, row))


@router.delete(
    "/v1/units/{unit_id}",
    operation_id="deleteUnit",
    summary="删除未使用的党组织 Delete an unused unit",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.ORGANIZE)],
)
async def delete(
    unit_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a unit that nothing refers to; any other is closed instead."""
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    await changing.delete(session, row)


@router.post(
    "/v1/units/{unit_id}/move",
    operation_id="moveUnit",
    summary="调整隶属关系 Move below another unit",
    dependencies=[allow(Power.ORGANIZE)],
)
async def move(
    unit_id: UUID,
    body: UnitMove,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> UnitOut | Effect:
    """Move a unit with all below it; needs the power over its old and its new parent."""
    body = await take_own(session, caller, body)
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    moving = changing.move(session, caller, row, body.parent_id, body)
    with told_as_sent(body):
        if body.preview:
            return await service.preview(session, row, moving)
        await moving
    return answer.about(row, unit_out)


@router.post(
    "/v1/units/{unit_id}/merge",
    operation_id="mergeUnit",
    summary="并入另一党组织 Merge into another unit",
    dependencies=[allow(Power.ORGANIZE)],
)
async def merge(
    unit_id: UUID,
    body: Merging,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> UnitOut | Effect:
    """Put a unit into another: all below it and all its leaders go there, and it is closed.

    What it met stays with it; what it still owed is void. Needs the power over both.
    """
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    work = merging.merge(session, caller, row, body)
    if body.preview:
        return await service.preview(session, row, work)
    await work
    return answer.about(row, unit_out)


@router.post(
    "/v1/units/{unit_id}/close",
    operation_id="closeUnit",
    summary="撤销党组织 Close a unit",
    dependencies=[allow(Power.ORGANIZE)],
)
async def close(
    unit_id: UUID,
    body: Closing,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> UnitOut | Effect:
    """Close a unit from a day on; all directly below it must be closed by then."""
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    closing = changing.close(session, caller, row, body.closed_on, body.reason)
    if body.preview:
        return await service.preview(session, row, closing, below=False)
    await closing
    return answer.about(row, unit_out, outside=await usage.count_outside(session, row))


@router.post(
    "/v1/units/{unit_id}/reopen",
    operation_id="reopenUnit",
    summary="恢复党组织 Reopen a unit",
    dependencies=[allow(Power.ORGANIZE)],
)
async def reopen(
    unit_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
    body: Reopening | None = None,
) -> UnitOut | Effect:
    """Reopen a closed unit; the unit above must not be closed."""
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    told = body or Reopening()
    reopening = changing.reopen(session, caller, row, told.reason)
    if told.preview:
        return await service.preview(session, row, reopening, below=False)
    await reopening
    return answer.about(row, unit_out)
