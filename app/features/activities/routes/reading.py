"""HTTP of activities that are there: list and read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access import expanding, published
from app.access.codes import take_codes
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.activities.queries import pages, reading
from app.features.activities.schemas.answers import ActivityOut
from app.features.activities.schemas.filters import ActivityFilter
from app.features.activities.service import answers
from app.features.submissions import known
from app.features.submissions.queries import is_delegated
from app.http.authorization import allow_published
from app.http.dependencies import ReaderDep, SessionDep
from app.http.expansion import Expand, expands, tag_shown
from app.http.paging import ListingDep, Page, Sorts
from app.http.routing import ApiRoute
from app.models import Activity

router = APIRouter(tags=["activities"], route_class=ApiRoute)

_SORTS = Sorts(
    {
        "id": Activity.id,
        "held_on": Activity.held_on,
        "updated_at": Activity.updated_at,
        "created_at": Activity.created_at,
    },
    id=Activity.id,
    default="id",
)

_Expand = Annotated[Expand, expands("org", "campaign", "leader")]


@router.get(
    "/v1/activities",
    operation_id="listActivities",
    summary="活动台账 List activities",
    dependencies=[allow_published(published.ACTIVITY, published.ACTIVITY_FILTERS)],
)
async def list_activities(
    listing: ListingDep,
    session: SessionDep,
    caller: ReaderDep,
    filters: Annotated[ActivityFilter, Query()],
    expand: _Expand,
) -> Page[ActivityOut]:
    """List activities, each with all that was entered with it."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    await known.require_known(session, "activity_kinds", filters.kind)
    conditions = [
        *matching(
            filters,
            org_id=Activity.org_id,
            status=Activity.status,
            office_id=Activity.office_id,
            on_behalf=Activity.on_behalf,
            source=Activity.source,
            external_id=Activity.external_id,
        ),
        *reading.of_kinds(filters.kind or []),
        *between(Activity.held_on, filters.held_from, filters.held_to),
        *reading.count_in(filters.campaign_id or []),
        *holds(filters.delegated, is_delegated(Activity.id)),
    ]
    if filters.leader_id:
        conditions.append(reading.took_part(filters.leader_id))
    statement = reading.list_visible(caller, *conditions, under=place)
    found = await listing.find_columns(session, statement, _SORTS, pages.SHOWN, pages.ShownRow.of)
    parts = await pages.load_parts(session, [row.answered["id"] for row in found.rows])
    further = await pages.load_stages(session, found.rows)
    page = answers.answer_page(caller, found.rows, parts, further)
    await expanding.add(session, caller, expand, page, pages.PARTS_NAMED)
    return found.write(Page[ActivityOut], page)


@router.get(
    "/v1/activities/{activity_id}",
    operation_id="getActivity",
    summary="读取活动记录 Read an activity",
    dependencies=[allow_published(published.ACTIVITY, published.EXPANSIONS)],
)
async def read(
    activity_id: UUID,
    response: Response,
    session: SessionDep,
    caller: ReaderDep,
    expand: _Expand,
) -> ActivityOut:
    """Read one activity with all that was entered with it."""
    whole = await reading.get(session, caller, activity_id)
    answer = await answers.answer(session, caller, whole)
    await expanding.add(session, caller, expand, [answer], pages.PARTS_NAMED)
    return tag_shown(response, answer, expand)
