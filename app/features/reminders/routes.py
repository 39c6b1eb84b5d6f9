"""HTTP of reminders."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.features.reminders import service
from app.features.reminders.queries import reading as queries
from app.features.reminders.schemas import ReminderFilter, ReminderOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.routing import ApiRoute
from app.kit import clock

router = APIRouter(tags=["reminders"], route_class=ApiRoute)


@router.get(
    "/v1/reminders",
    operation_id="listReminders",
    summary="到期与逾期提醒 List reminders",
    dependencies=[allow(Power.VIEW)],
)
async def list_reminders(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[ReminderFilter, Query()],
) -> Page[ReminderOut]:
    """List what is due soon, overdue or escalated now: each thing once, by its day."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    today = clock.today()
    sources = queries.list_visible(caller, filters, today, under=place)
    found = await listing.find_merged(session, sources, queries.join_names(today))
    return found.page(service.answer(row, today) for row in found.rows)
