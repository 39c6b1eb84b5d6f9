"""HTTP of exports: ask for a file, watch it being made, fetch it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status
from starlette.responses import StreamingResponse

from app.access.codes import take_codes
from app.access.principal import Power, Principal
from app.access.visibility import find_path
from app.db.conditions import matching
from app.features.attachments.rules import disposition
from app.features.exports import rules
from app.features.exports.errors import ExportFileGone, ExportNotReady
from app.features.exports.queries import own
from app.features.exports.schemas import ExportIn, ExportOut, ExportQuery
from app.features.exports.service import asking
from app.features.exports.service.removing import key
from app.features.exports.service.watching import Watch
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import tag
from app.http.routing import ApiRoute, RecordedReadRoute
from app.kit.storage import Storage
from app.models import Export
from app.models.vocabulary import ExportFormat

router = APIRouter(tags=["exports"], route_class=ApiRoute)
files = APIRouter(tags=["exports"], route_class=RecordedReadRoute)

_SORTS = Sorts({"created_at": Export.created_at}, id=Export.id, default="-created_at")
_WATCH: Final = "export_watch"
_SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@router.post(
    "/v1/exports",
    operation_id="createExport",
    summary="导出 Ask for a file",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[allow(Power.VIEW)],
)
async def create(
    body: ExportIn, response: Response, session: SessionDep, caller: CallerDep
) -> ExportOut:
    """Ask for a ledger, a table or a document; a worker makes it.

    It holds what the caller sees of the unit's subtree, in the units' own order, as it is when it
    is made. Nobody else sees it.
    """
    export = await asking.ask(session, caller, body)
    response.headers["Location"] = f"/v1/exports/{export.id}"
    response.headers["Retry-After"] = "1"
    return await _answer(session, caller, export.id)


@router.get(
    "/v1/exports",
    operation_id="listExports",
    summary="导出列表 List exports",
    dependencies=[allow(Power.VIEW)],
)
async def list_exports(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    wanted: Annotated[ExportQuery, Query()],
) -> Page[ExportOut]:
    """List the caller's own exports, the latest first."""
    wanted = await take_codes(session, caller, wanted)
    place = await find_path(session, caller, wanted.under)
    conditions = matching(
        wanted, campaign_id=Export.campaign_id, unit_id=Export.org_id, kind=Export.kind
    )
    mine = own.list_mine(caller, *conditions, under=place)
    found = await listing.find_rows(session, mine, _SORTS, own.Mine)
    return found.page(asking.answer(row) for row in found.rows)


@router.get(
    "/v1/exports/{export_id}",
    operation_id="getExport",
    summary="读取导出 Read an export",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    export_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> ExportOut:
    """Read how far it has come: ask again after `Retry-After` seconds until it is over."""
    found = await _answer(session, caller, export_id)
    if found.status not in rules.OVER:
        response.headers["Retry-After"] = "1"
    return tag(response, found)


@router.post(
    "/v1/exports/{export_id}/cancellation",
    operation_id="cancelExport",
    summary="取消导出 Cancel an export",
    dependencies=[allow(Power.VIEW)],
)
async def cancel(export_id: UUID, session: SessionDep, caller: CallerDep) -> ExportOut:
    """Cancel one that is not made yet, begun or not: no part of it is kept."""
    await asking.cancel(session, caller, export_id)
    return await _answer(session, caller, export_id)


@files.get(
    "/v1/exports/{export_id}/file",
    operation_id="downloadExport",
    summary="下载导出文件 Fetch the file",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}}},
    dependencies=[allow(Power.VIEW)],
)
async def fetch(
    export_id: UUID, request: Request, session: SessionDep, caller: CallerDep
) -> StreamingResponse:
    """Fetch the file, as long as the caller still sees all that it was made of."""
    row = await own.get_for_fetching(session, caller, export_id)
    found = asking.answer(row)
    if found.size is None or found.sha256 is None:
        raise ExportNotReady(status=found.status)
    storage: Storage = request.app.state.storage
    try:
        content = await storage.open(key(found.id, found.sha256))
    except FileNotFoundError as error:
        raise ExportFileGone from error
    await asking.tell_fetched(session, row.export)
    headers = {
        **_SAFE,
        "Content-Disposition": disposition(found.filename),
        "Content-Length": str(found.size),
        "ETag": f'"{found.sha256}"',
    }
    media_type = rules.MEDIA_TYPES[ExportFormat.of(found.format)]
    return StreamingResponse(content, media_type=media_type, headers=headers)


@router.get(
    "/v1/exports/{export_id}/events",
    operation_id="watchExport",
    summary="查看导出进度（事件流） Watch an export being made",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
    dependencies=[allow(Power.VIEW)],
)
async def watch(
    export_id: UUID, request: Request, session: SessionDep, caller: CallerDep
) -> StreamingResponse:
    """Stream server-sent events: `progress` whenever it has come further, `end` when it is over.

    The data of each is the export. A stream ends after a minute at most: connect again.
    A caller has at most 20 at once.
    """
    watch = _watch_of(request)
    watch.check_room(caller)
    first = await _answer(session, caller, export_id)
    events = _events(watch.stream(caller, first))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _watch_of(request: Request) -> Watch:
    """Return the watch of this process, made when the first stream comes."""
    state = request.app.state
    if not hasattr(state, _WATCH):
        setattr(state, _WATCH, Watch(state.database, state.stopping))
    watch: Watch = getattr(state, _WATCH)
    return watch


async def _events(found: AsyncGenerator[ExportOut]) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    # Closed with the answer, however that ends: not when somebody looks for what nobody needs.
    async with aclosing(found):
        async for latest in found:
            yield _event(latest)


def _event(found: ExportOut) -> str:
    name = "end" if found.status in rules.OVER else "progress"
    return f"event: {name}\nid: {found.revision}\ndata: {found.model_dump_json()}\n\n"


async def _answer(session: SessionDep, caller: Principal, export_id: UUID) -> ExportOut:
    return asking.answer(await own.get_mine(session, caller, export_id))
