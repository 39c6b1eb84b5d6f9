"""HTTP of the ledger: who owes what, what met it, and exemptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import false

from app.access.principal import Power
from app.access.routing import ApiRoute, CallerDep, SessionDep, allow
from app.access.visibility import organization
from app.features.obligations import service
from app.features.obligations.errors import CAMPAIGN_NEEDED
from app.features.obligations.queries import past, reading
from app.features.obligations.queries.past import Then
from app.features.obligations.rules import on_time, overdue
from app.features.obligations.schemas import (
    CreditOut,
    ExemptionIn,
    ObligationOut,
    ObligationSubject,
    Status,
    SubjectType,
)
from app.kit import clock
from app.kit.dependencies import awaited
from app.kit.fields import Day, Slug
from app.kit.filters import equal, holds
from app.kit.ids import SEGMENT_LENGTH
from app.kit.paging import ListingDep, Page, Sorts
from app.kit.preconditions import PreconditionDep, tagged
from app.kit.problems import Forbidden, Invalid
from app.kit.rows import AnyRow
from app.models import Obligation

router = APIRouter(tags=["obligations"], route_class=ApiRoute)

_SORTS = Sorts(
    {
        "id": Obligation.id,
        "sort_order": reading.PLACE,
        "updated_at": Obligation.updated_at,
    },
    id=Obligation.id,
    default="id",
)


@dataclass(slots=True)
class ObligationFilter:
    """Filters of obligations: each field is a query parameter."""

    campaign_id: UUID | None = None
    status: Annotated[list[Status] | None, Query()] = None
    requirement_code: Slug | None = None
    subject_type: SubjectType | None = None
    subject_id: UUID | None = None
    org_id: UUID | None = None
    overdue: bool | None = None
    as_of: Annotated[
        Day | None,
        Query(
            description="As it was at the end of this day, by the tree of then; needs "
            "`campaign_id`. 截至该日的情况（按当日组织关系），须同时给出 campaign_id。"
        ),
    ] = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


@router.get(
    "/v1/obligations",
    operation_id="listObligations",
    summary="任务清单 List obligations",
    dependencies=[allow(Power.VIEW)],
)
async def list_obligations(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[ObligationFilter, awaited(ObligationFilter)],
) -> Page[ObligationOut]:
    """Who owes what by when, and what met it. Void obligations show only when asked for."""
    if filters.as_of is not None and filters.as_of < clock.today():
        return await _as_of(listing, session, caller, filters, filters.as_of)
    place = (await organization(session, caller, filters.under)).path if filters.under else None
    conditions = [
        *equal(
            filters,
            campaign_id=Obligation.campaign_id,
            subject_type=Obligation.subject_type,
            subject_id=Obligation.subject_id,
            org_id=Obligation.org_id,
        ),
        *reading.of_requirement(filters.requirement_code),
        Obligation.status.in_(filters.status or ["open", "met", "exempt"]),
        *holds(filters.overdue, reading.is_overdue(clock.today())),
    ]
    statement = reading.listed(caller, *conditions, under=place)
    found = await listing.slice(session, statement, _SORTS, reading.named)
    credits_by_id = await reading.credits_of(session, [row[0].id for row in found.rows])
    return found.page(lambda row: _out(row, credits_by_id))


async def _as_of(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: ObligationFilter,
    day: date,
) -> Page[ObligationOut]:
    """The list of a past day: what was void then is not in it, nor what is out of sight now."""
    if filters.campaign_id is None:
        raise Invalid([CAMPAIGN_NEEDED.at("?campaign_id")])
    seen = caller.paths(Power.VIEW)
    path = seen[0][:SEGMENT_LENGTH] if seen else None
    if filters.under:
        unit = await organization(session, caller, filters.under)
        path = await past.path_of(session, unit, day)
    rows = await past.rows_of(session, filters.campaign_id, Then.at(day, path)) if path else None
    if rows is None:
        nothing = reading.seen(caller, false())
        found = await listing.slice(session, nothing, _SORTS, reading.named)
        return found.page(lambda row: _out(row, {}))
    late = (rows.c.status == "open") & (Obligation.due_on < day) & ~Obligation.returned
    conditions = [
        *equal(
            filters,
            subject_type=Obligation.subject_type,
            subject_id=Obligation.subject_id,
            org_id=rows.c.org_id,
        ),
        *reading.of_requirement(filters.requirement_code),
        rows.c.status.in_(filters.status or ["open", "met", "exempt"]),
        *holds(filters.overdue, late),
    ]
    statement = reading.listed_then(caller, rows, *conditions)
    found = await listing.slice(session, statement, _SORTS, reading.named_then)
    credits_by_id = await reading.credits_of(session, [row[0].id for row in found.rows])
    return found.page(lambda row: _out_then(row, credits_by_id, day))


@router.get(
    "/v1/obligations/{obligation_id}",
    operation_id="getObligation",
    summary="读取任务 Read an obligation",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    obligation_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> ObligationOut:
    """One obligation with its evidence."""
    row = await reading.one(session, caller, obligation_id)
    return tagged(response, _out(row, await reading.credits_of(session, [obligation_id])))


@router.post(
    "/v1/obligations/{obligation_id}/exemption",
    operation_id="exemptObligation",
    summary="免除任务 Exempt",
    dependencies=[allow(Power.REVIEW)],
)
async def exempt(
    obligation_id: UUID,
    body: ExemptionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ObligationOut:
    """Exempt a subject from what it still owes, with the reason."""
    obligation, may_review = await reading.locked(session, caller, obligation_id)
    if not may_review:
        raise Forbidden
    precondition.require(obligation.revision)
    await service.exempt(session, obligation, body.reason)
    return await read(obligation_id, response, session, caller)


@router.delete(
    "/v1/obligations/{obligation_id}/exemption",
    operation_id="liftExemption",
    summary="取消免除 Lift an exemption",
    dependencies=[allow(Power.REVIEW)],
)
async def lift(
    obligation_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ObligationOut:
    """Make the subject owe it again."""
    obligation, may_review = await reading.locked(session, caller, obligation_id)
    if not may_review:
        raise Forbidden
    precondition.require(obligation.revision)
    await service.lift_exemption(session, obligation)
    return await read(obligation_id, response, session, caller)


def _out(row: AnyRow, credits_by_id: Mapping[UUID, Sequence[AnyRow]]) -> ObligationOut:
    obligation: Obligation = row[0]
    fields = {name: getattr(obligation, name) for name in _COPIED}
    return ObligationOut(
        **fields,
        requirement_code=row.code,
        requirement_title=row.title,
        subject=ObligationSubject(
            type=cast("SubjectType", obligation.subject_type),
            id=obligation.subject_id,
            name=row.name,
        ),
        surplus=max(obligation.count - obligation.min_count, 0),
        on_time=on_time(obligation.met_on, obligation.due_on),
        overdue=overdue(
            obligation.status, obligation.due_on, clock.today(), returned=obligation.returned
        ),
        evidence=[
            CreditOut(record=c.record, id=c.source_id, on=c.on_day)
            for c in credits_by_id.get(obligation.id, ())
        ],
    )


def _out_then(
    row: AnyRow, credits_by_id: Mapping[UUID, Sequence[AnyRow]], day: date
) -> ObligationOut:
    """An obligation as it was at the end of a day."""
    out = _out(row, credits_by_id)
    out.status, out.org_id = row.status_then, row.org_id_then
    out.evidence = [credit for credit in out.evidence if credit.on <= day]
    out.count = len(out.evidence)
    out.surplus = max(out.count - out.min_count, 0)
    if out.met_on is not None and out.met_on > day:
        out.met_on = out.on_time = None
    out.overdue = overdue(out.status, out.due_on, day, returned=out.returned)
    return out


_COPIED = (
    "id", "campaign_id", "requirement_id", "org_id", "opens_on", "due_on", "status", "min_count",
    "count", "returned", "met_on", "exemption", "revision", "created_at", "updated_at",
)  # fmt: skip
