"""HTTP of the audit trail. Reading it is itself recorded."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.db.conditions import equals
from app.features.audit import queries
from app.features.audit.schemas import AuditEventOut, SealOut
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.routing import RecordedReadRoute
from app.kit.fields import Code, Instant, Line
from app.kit.ids import path_ids
from app.models import Event, EventSeal

router = APIRouter(tags=["audit"], route_class=RecordedReadRoute)

_SORTS = Sorts({"position": Event.position, "at": Event.at}, id=Event.position, default="-position")
_SEAL_SORTS = Sorts({"number": EventSeal.number}, id=EventSeal.number, default="-number")


@router.get(
    "/v1/audit-events",
    operation_id="listAuditEvents",
    summary="审计记录 List audit events",
    dependencies=[allow(Power.AUDIT)],
)
async def list_events(  # noqa: PLR0913 - one parameter for each filter
    listing: ListingDep,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    event_type: Annotated[list[Code] | None, Query(alias="type")] = None,
    resource: Annotated[list[Code] | None, Query()] = None,
    resource_id: Annotated[list[UUID] | None, Query()] = None,
    client_id: Annotated[list[UUID] | None, Query()] = None,
    subject: Line | None = None,
    actor: Line | None = None,
    request_id: Annotated[list[Code] | None, Query()] = None,
    at_from: Instant | None = None,
    at_to: Instant | None = None,
    under: UUID | None = None,
) -> Page[AuditEventOut]:
    """List who did what, when, from where: the latest first."""
    place = None
    if under is not None:
        place = (await get_organization(session, caller, under, Power.AUDIT)).path
    asked = {
        Event.type: event_type,
        Event.resource: resource,
        Event.resource_id: resource_id,
        Event.client_id: client_id,
        Event.subject: subject,
        Event.actor: actor,
        Event.request_id: request_id,
    }
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    conditions += [Event.at >= at_from] if at_from is not None else []
    conditions += [Event.at < at_to] if at_to is not None else []
    found = await listing.find(
        session, queries.list_visible(caller, *conditions, under=place), _SORTS
    )
    await _record(session, caller, request)
    return found.page(map(AuditEventOut.of, found.rows))


@router.get(
    "/v1/audit-seals",
    operation_id="listAuditSeals",
    summary="审计封存链 List the seals of the audit trail",
    dependencies=[allow(Power.AUDIT)],
)
async def list_seals(
    listing: ListingDep, request: Request, session: SessionDep, caller: CallerDep
) -> Page[SealOut]:
    """List the chain's links, the head first. Kept elsewhere, they prove what was there."""
    found = await listing.find(session, queries.list_seals(), _SEAL_SORTS)
    await _record(session, caller, request)
    return found.page(map(SealOut.of, found.rows))


async def _record(session: AsyncSession, caller: Principal, request: Request) -> None:
    """Record in the trail who has read it, and with which filters."""
    org_id = path_ids(caller.paths(Power.AUDIT)[0])[-1]
    sent = request.query_params
    several = {name: sent.getlist(name) for name in sent if name != "cursor"}
    asked = {name: values if len(values) > 1 else values[0] for name, values in several.items()}
    change = events.Change("audit.read", org_id, org_id, 1, data={"filters": asked})
    await events.record(session, change)
