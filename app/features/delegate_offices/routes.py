"""HTTP of delegates' offices."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.delegate_offices import queries, service
from app.features.delegate_offices.schemas import (
    OfficeClosing,
    OfficeCounts,
    OfficeFilter,
    OfficeIn,
    OfficeNew,
    OfficeOut,
    OfficePatch,
    OfficeReopening,
    ReceptionFilter,
    ReceptionOut,
)
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep, tag
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.sameness import says_the_same
from app.models import Activity, DelegateOffice

router = APIRouter(tags=["delegate-offices"], route_class=ApiRoute)

_SORTS = Sorts(
    {
        "id": DelegateOffice.id,
        "name": DelegateOffice.name,
        "updated_at": DelegateOffice.updated_at,
        "created_at": DelegateOffice.created_at,
    },
    id=DelegateOffice.id,
    default="id",
)
_RECEPTION_SORTS = Sorts({"held_on": Activity.held_on}, id=Activity.id, default="held_on")


@router.get(
    "/v1/delegate-offices",
    operation_id="listDelegateOffices",
    summary="党代表工作室列表 List delegates' offices",
    dependencies=[allow(Power.VIEW)],
)
async def list_offices(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[OfficeFilter, Query()],
) -> Page[OfficeOut]:
    """List the offices of the caller's scope, and those of the units above it."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    conditions = [
        *matching(
            filters,
            unit_id=DelegateOffice.org_id,
            source=DelegateOffice.source,
            external_id=DelegateOffice.external_id,
        ),
        *holds(filters.closed, queries.is_closed()),
        *queries.naming(filters.q),
    ]
    statement = queries.list_visible(caller, *conditions, under=place)
    found = await listing.find(session, statement, _SORTS)
    return found.page(OfficeOut.model_validate(row) for row in found.rows)


@router.get(
    "/v1/delegate-offices/{office_id}",
    operation_id="getDelegateOffice",
    summary="读取党代表工作室 Read a delegates' office",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    office_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> OfficeOut:
    """Read one office."""
    return _answer(response, await queries.get(session, caller, office_id))


@router.post(
    "/v1/delegate-offices",
    operation_id="createDelegateOffice",
    summary="登记党代表工作室 Enter a delegates' office",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    body: OfficeNew, response: Response, session: SessionDep, caller: CallerDep
) -> OfficeOut:
    """Enter an office of a unit."""
    office_id, new = await service.create(session, caller, body, body.id)
    if not new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/delegate-offices/{office_id}"
    return await read(office_id, response, session, caller)


@router.put(
    "/v1/delegate-offices/{office_id}",
    operation_id="putDelegateOffice",
    summary="按自带编号登记或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT)],
)
async def put(
    office_id: UUID,
    body: OfficeIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> OfficeOut:
    """Create the office under the caller's own id, or replace it."""
    if await queries.by_id(session, office_id) is not None:
        office = await queries.get_for_update(session, caller, office_id)
        same = says_the_same(body, service.build_content(office))
        if condition.to_replace(office.revision, same=same):
            await service.replace(session, office, body)
        return _answer(response, office)
    condition.to_create()
    made, new = await service.create(session, caller, body, office_id)
    if new:
        response.status_code = status.HTTP_201_CREATED
    return await read(made, response, session, caller)


@router.patch(
    "/v1/delegate-offices/{office_id}",
    operation_id="updateDelegateOffice",
    summary="修改党代表工作室 Change a delegates' office",
    dependencies=[allow(Power.REPORT)],
)
async def update(
    office_id: UUID,
    body: OfficePatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OfficeOut:
    """Change name, place, times of reception (JSON merge patch)."""
    office = await queries.get_for_update(session, caller, office_id)
    precondition.require(office.revision)
    item = apply_patch(OfficeIn, service.build_content(office), body)
    await service.replace(session, office, item)
    return _answer(response, office)


@router.post(
    "/v1/delegate-offices/{office_id}/close",
    operation_id="closeDelegateOffice",
    summary="停用党代表工作室 Close a delegates' office",
    dependencies=[allow(Power.REPORT)],
)
async def close(
    office_id: UUID,
    body: OfficeClosing,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OfficeOut:
    """Close an office from a day on: no reception is entered there for a later one."""
    office = await queries.get_for_update(session, caller, office_id)
    precondition.require(office.revision)
    await service.close(session, office, body)
    return _answer(response, office)


@router.post(
    "/v1/delegate-offices/{office_id}/reopen",
    operation_id="reopenDelegateOffice",
    summary="恢复使用党代表工作室 Open a delegates' office again",
    dependencies=[allow(Power.REPORT)],
)
async def reopen(
    office_id: UUID,
    body: OfficeReopening,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> OfficeOut:
    """Open a closed office again, as if it had not been closed."""
    office = await queries.get_for_update(session, caller, office_id)
    precondition.require(office.revision)
    await service.reopen(session, office, body.reason)
    return _answer(response, office)


@router.delete(
    "/v1/delegate-offices/{office_id}",
    operation_id="deleteDelegateOffice",
    summary="删除未使用的党代表工作室 Delete an unused office",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.REPORT)],
)
async def delete(
    office_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete an office at which nobody was ever received."""
    office = await queries.get_for_update(session, caller, office_id)
    precondition.require(office.revision)
    await service.delete(session, office)


@router.get(
    "/v1/delegate-offices/{office_id}/receptions",
    operation_id="listOfficeReceptions",
    summary="党代表工作室接待台账 Receptions at an office",
    dependencies=[allow(Power.VIEW)],
)
async def list_receptions(
    office_id: UUID,
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[ReceptionFilter, Query()],
) -> Page[ReceptionOut]:
    """List what was received at an office, by delegates of whichever level."""
    filters = await take_codes(session, caller, filters)
    office = await queries.get(session, caller, office_id)
    statement = queries.select_receptions(office.id, *_conditions(filters))
    joined = queries.join_holders(caller)
    found = await listing.find_joined(session, statement, _RECEPTION_SORTS, joined)
    return found.page(map(service.answer_reception, found.rows))


@router.get(
    "/v1/delegate-offices/{office_id}/counts",
    operation_id="getOfficeCounts",
    summary="党代表工作室接待统计 What was received at an office",
    dependencies=[allow(Power.VIEW)],
)
async def counts(
    office_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[ReceptionFilter, Query()],
) -> OfficeCounts:
    """Add up what was received at an office, in all and by the delegates' level."""
    filters = await take_codes(session, caller, filters)
    office = await queries.get(session, caller, office_id)
    rows = await queries.sum_receptions(session, office.id, *_conditions(filters))
    return service.answer_counts(office.id, rows)


def _conditions(filters: ReceptionFilter) -> list[queries.Condition]:
    return [
        *queries.count_in(filters.campaign_id or []),
        *matching(filters, delegate_level=queries.LEVEL),
        *between(Activity.held_on, filters.held_from, filters.held_to),
    ]


def _answer(response: Response, office: DelegateOffice) -> OfficeOut:
    return tag(response, OfficeOut.model_validate(office))
