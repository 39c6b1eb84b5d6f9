"""HTTP of what changed: every change that the caller sees, in the order of commits."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from app.access.codes import take_codes
from app.access.following import BEGINNING, Position, from_parts, scope_of, to_parts, today
from app.access.principal import Power, Principal
from app.access.visibility import find_path
from app.features.changes.schemas import ChangeOut, ChangesPage, ChangesQuery
from app.features.changes.service import following
from app.features.changes.service.watching import Watch
from app.http import cursors
from app.http.authenticator import authenticator_of
from app.http.authorization import allow
from app.http.context import get_context
from app.http.dependencies import CallerDep, SessionDep, SettingsDep
from app.http.routing import ApiRoute
from app.models.vocabulary import ChangedType

router = APIRouter(tags=["changes"], route_class=ApiRoute)

_WATCH: Final = "changes_watch"
_TYPES: Final = {each.value: each for each in ChangedType}


@router.get(
    "/v1/changes",
    operation_id="listChanges",
    summary="变更 List what changed",
    response_model=ChangesPage,
    dependencies=[allow(Power.VIEW)],
)
async def list_changes(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
    query: Annotated[ChangesQuery, Query()],
) -> ChangesPage | StreamingResponse:
    """List every change of what the caller sees, in the order of commits, each once.

    A change is told some seconds after it was made, once its place in the order is fixed.
    With `wait` an answer begins at once, and ends as soon as there is something to tell.
    """
    wanted = await take_codes(session, caller, query)
    position = BEGINNING
    if wanted.after is not None:
        told = from_parts(cursors.read(settings.secret, wanted.after))
        following.check(caller, told)
        position = told.position
    under = await find_path(session, caller, wanted.under)
    asked = following.Asked(caller, wanted.types or (), under, wanted.limit)
    page = await following.read(session, asked, position)
    watch = _watch_of(request)
    nothing = not page.changes and not page.has_more
    if wanted.wait and nothing and request.method == "GET" and watch.has_room(caller):
        body = _wait(request, watch, asked, page.position, wanted.wait)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(body, media_type="application/json", headers=headers)
    return _page(settings.secret, caller, page)


async def _wait(
    request: Request, watch: Watch, asked: following.Asked, position: Position, seconds: float
) -> AsyncIterator[str]:
    """Yield the page, as soon as there is something on it."""

    async def identify(session: AsyncSession) -> Principal:
        credential = get_context(request).credential
        return await authenticator_of(request).identify(request, session, credential)

    page = await watch.next_page(asked, position, seconds, identify)
    secret: bytes = request.app.state.settings.secret
    yield _page(secret, asked.caller, page).model_dump_json()


def _watch_of(request: Request) -> Watch:
    """Return the watch of this process, made when it is first asked for."""
    state = request.app.state
    if not hasattr(state, _WATCH):
        setattr(state, _WATCH, Watch(state.database, state.stopping))
    watch: Watch = getattr(state, _WATCH)
    return watch


def _page(secret: bytes, caller: Principal, page: following.Page) -> ChangesPage:
    scope, day = scope_of(caller), today()

    def sign(position: Position) -> str:
        return cursors.sign(secret, to_parts(position, scope, day))

    return ChangesPage.model_construct(
        data=[
            ChangeOut(
                cursor=sign(change.position),
                type=change.row.type,
                resource=_TYPES[change.row.resource],
                id=change.row.resource_id,
                org_id=change.org_id,
                revision=change.row.revision,
                changed_at=change.row.at,
                op=change.op,
            )
            for change in page.changes
        ],
        has_more=page.has_more,
        next_cursor=sign(page.position),
    )
