"""HTTP of reminders."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.principal import Power
from app.access.visibility import place_of
from app.features.reminders import queries, service
from app.features.reminders.rules import Stage
from app.features.reminders.schemas import Kind, ReminderOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep, awaited
from app.http.paging import ListingDep, Page
from app.http.routing import ApiRoute
from app.kit import clock

router = APIRouter(tags=["reminders"], route_class=ApiRoute)


@dataclass(slots=True)
class ReminderFilter:
    """Filters of reminders: each field is a query parameter."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    kind: Annotated[list[Kind] | None, Query()] = None
    stage: Annotated[list[Stage] | None, Query()] = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


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
    filters: Annotated[ReminderFilter, awaited(ReminderFilter)],
) -> Page[ReminderOut]:
    """List what is due soon, overdue or escalated now: each thing once, by its day."""
    place = await place_of(session, caller, filters.under)
    today = clock.today()
    sources = queries.listed(caller, filters, today, under=place)
    found = await listing.merged(session, sources, partial(queries.named, today=today))
    return found.page(lambda row: service.answer(row, today))
