"""HTTP of tasks."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.codes import take_codes
from app.access.principal import Power
from app.features.tasks import queries, service
from app.features.tasks.schemas import TaskFilter, TaskOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.routing import ApiRoute
from app.kit import clock

router = APIRouter(tags=["reminders"], route_class=ApiRoute)


@router.get(
    "/v1/me/tasks",
    operation_id="listMyTasks",
    summary="我的待办 List your tasks",
    dependencies=[allow(Power.VIEW, Power.OWN)],
)
async def list_tasks(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[TaskFilter, Query()],
) -> Page[TaskOut]:
    """List all that the caller's own organizations, or one leading cadre, still have to do.

    What is owed, what was returned and why, problems to be put right, opinions and follow-ups to be
    answered; with the power to review also what waits for a decision. In the order of their days;
    what has none comes last. Of the organizations below, each has its own list: `org_id`. Whose
    only role is `self` gets what concerns them.
    """
    filters = await take_codes(session, caller, filters)
    filters = service.narrow_to_self(caller, filters)
    today = clock.today()
    places = service.choose_places(caller, filters)
    sources = await queries.list_visible(session, caller, filters, places, today)
    found = await listing.find_merged(session, sources, queries.join_names())
    return found.page(service.answer(row, today) for row in found.rows)
