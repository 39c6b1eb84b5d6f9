"""HTTP of what changed: every change that the caller sees, in the order of commits."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.codes import take_codes
from app.access.following import BEGINNING, Position, from_parts, scope_of, to_parts
from app.access.principal import Power, Principal
from app.access.visibility import find_path
from app.features.changes.schemas import ChangeOut, ChangesPage, ChangesQuery
from app.features.changes.service import following
from app.http import cursors
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep, SettingsDep
from app.http.routing import ApiRoute
from app.models.vocabulary import ChangedType

router = APIRouter(tags=["changes"], route_class=ApiRoute)


@router.get(
    "/v1/changes",
    operation_id="listChanges",
    summary="变更 List what changed",
    dependencies=[allow(Power.VIEW)],
)
async def list_changes(
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
    wanted: Annotated[ChangesQuery, Query()],
    after: Annotated[
        str | None,
        Query(
            max_length=2000,
            description="`next_cursor` of the page before, a change's `cursor`, or a list's "
            "`changes_cursor`; without it from the beginning. "
            "上一页的 next_cursor、某项变更的 cursor 或列表的 changes_cursor；不填则从头读取。",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Changes a page. 每页条数。")] = 200,
) -> ChangesPage:
    """List every change of what the caller sees, in the order of commits, each once.

    A change is told some seconds after it was made, once its place in the order is fixed.
    """
    wanted = await take_codes(session, caller, wanted)
    position = BEGINNING
    if after is not None:
        told = from_parts(cursors.read(settings.secret, after))
        following.check(caller, told)
        position = told.position
    under = await find_path(session, caller, wanted.under)
    asked = following.Asked(caller, wanted.types or (), under, limit)
    page = await following.read(session, asked, position)
    return _page(settings.secret, caller, page)


def _page(secret: bytes, caller: Principal, page: following.Page) -> ChangesPage:
    scope = scope_of(caller)

    def sign(position: Position) -> str:
        return cursors.sign(secret, to_parts(position, scope))

    return ChangesPage(
        data=[
            ChangeOut.model_construct(
                cursor=sign(change.position),
                type=change.row.type,
                resource=ChangedType.of(change.row.resource),
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
