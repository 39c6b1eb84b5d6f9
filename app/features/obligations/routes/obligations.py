"""HTTP of the ledger: who owes what, what met it, and exemptions."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import false

from app.access import expanding
from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path, get_organization
from app.db import plan_by_values
from app.db.conditions import holds, matching
from app.features.obligations.errors import CAMPAIGN_NEEDED
from app.features.obligations.queries import past, proposals, reading
from app.features.obligations.rules import on_time, overdue
from app.features.obligations.schemas import NearRecord, ObligationFilter, ObligationOut
from app.features.obligations.service import answers, finding_out
from app.features.tree.queries import past as past_trees
from app.features.tree.queries.past import PastTree
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, SessionDep
from app.http.expansion import Expand, expands, tag_shown
from app.http.paging import Keys, ListingDep, Page, Sorts
from app.http.routing import ApiRoute
from app.kit import clock
from app.kit.ids import root_of
from app.kit.problems import Invalid
from app.models import Obligation

Parts = tuple[Mapping[str, Sequence[Mapping[str, Any]]], Mapping[str, proposals.LastProposal]]
"""By obligations: the credits, and the last proposal to exempt from each."""

router = APIRouter(tags=["obligations"], route_class=ApiRoute)

Named = reading.NamedObligation | reading.ObligationThen | reading.ShownRow
_SORTS = Sorts(
    {
        "id": Obligation.id,
        "sort_order": reading.PLACE,
        "updated_at": Obligation.updated_at,
    },
    id=Obligation.id,
    default="id",
)


_NEAR: Keys[NearRecord] = Keys(
    {"on": lambda near: near.on, "id": lambda near: near.id},
    id=lambda near: near.id,
    default="-on",
)

_Expand = Annotated[Expand, expands("org", "campaign", "requirement")]


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
    filters: Annotated[ObligationFilter, Query()],
    expand: _Expand,
) -> Page[ObligationOut]:
    """List who owes what by when, and what met it. Void obligations show only when asked for."""
    filters = await take_codes(session, caller, filters)
    if filters.as_of is not None and filters.as_of < clock.today():
        page = await _as_of(listing, session, caller, filters, filters.as_of)
        await expanding.add(session, caller, expand, page.data)
        return page
    place = await find_path(session, caller, filters.under)
    conditions = [
        *matching(
            filters,
            campaign_id=Obligation.campaign_id,
            subject_type=Obligation.subject_type,
            subject_id=Obligation.subject_id,
            org_id=Obligation.org_id,
        ),
        *reading.of_requirement(filters.requirement_code),
        Obligation.status.in_(filters.status or ["open", "met", "nil", "exempt"]),
        *reading.within(filters.period_from, filters.period_to),
        *holds(filters.overdue, reading.is_overdue(clock.today())),
    ]
    statement = reading.list_visible(caller, *conditions, under=place)
    found = await listing.find_columns(session, statement, _SORTS, reading.SHOWN, reading.ShownRow)
    parts = await _parts(session, [row.id for row in found.rows])
    shown = [_answer(row, row, parts) for row in found.rows]
    await expanding.add(session, caller, expand, shown)
    return found.write(Page[ObligationOut], shown)


async def _as_of(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: ObligationFilter,
    day: date,
) -> Page[ObligationOut]:
    """Return the list of a past day, without what was void then or is out of sight now."""
    if filters.campaign_id is None or len(filters.campaign_id) > 1:
        raise Invalid([CAMPAIGN_NEEDED.at("?campaign_id")])
    await plan_by_values(session)
    seen = caller.paths(Power.VIEW)
    path = root_of(seen[0]) if seen else None
    if filters.under:
        unit = await get_organization(session, caller, filters.under)
        path = await past_trees.find_path(session, unit, day)
    (campaign_id,) = filters.campaign_id
    rows = await past.select_rows(session, campaign_id, PastTree.at(day, path)) if path else None
    if rows is None:
        nothing = reading.select_visible(caller, false())
        none = await listing.find_columns(session, nothing, _SORTS, reading.SHOWN, reading.ShownRow)
        return none.write(Page[ObligationOut], [])
    late = (rows.c.status == "open") & (Obligation.due_on < day) & ~Obligation.returned
    conditions = [
        *matching(
            filters,
            subject_type=Obligation.subject_type,
            subject_id=Obligation.subject_id,
            org_id=rows.c.org_id,
        ),
        *reading.of_requirement(filters.requirement_code),
        rows.c.status.in_(filters.status or ["open", "met", "nil", "exempt"]),
        *reading.within(filters.period_from, filters.period_to),
        reading.has_begun(day),
        *holds(filters.overdue, late),
    ]
    statement = reading.list_then(caller, rows, *conditions)
    found = await listing.find_joined(session, statement, _SORTS, reading.THEN)
    parts = await _parts(session, [str(row.obligation.id) for row in found.rows])
    return found.page(_out_then(row, parts, day) for row in found.rows)


@router.get(
    "/v1/obligations/{obligation_id}",
    operation_id="getObligation",
    summary="读取任务 Read an obligation",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    obligation_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    expand: _Expand = frozenset(),
) -> ObligationOut:
    """One obligation with its evidence."""
    row = await reading.get(session, caller, obligation_id)
    answer = _out(row, await _parts(session, [str(obligation_id)]))
    await expanding.add(session, caller, expand, [answer])
    return tag_shown(response, answer, expand)


@router.get(
    "/v1/obligations/{obligation_id}/near-misses",
    operation_id="listNearMisses",
    summary="接近完成而未计入的记录 Records that nearly meet an obligation",
    dependencies=[allow(Power.VIEW)],
)
async def list_near_misses(
    obligation_id: UUID,
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
) -> Page[NearRecord]:
    """List the subject's records of the right kind that do not count, with what each lacks."""
    await reading.get(session, caller, obligation_id)
    near = await finding_out.find_near_records(session, caller, obligation_id, language)
    found = listing.find_among(near, _NEAR)
    return found.page(found.rows)


async def _parts(session: SessionDep, ids: Sequence[str]) -> Parts:
    return await reading.load_credits(session, ids), await proposals.last_of(session, ids)


def _out(row: reading.NamedObligation | reading.ObligationThen, parts: Parts) -> ObligationOut:
    """Return an obligation as it is now."""
    return ObligationOut.model_validate(_answer(row.obligation, row, parts))


def _answer(kept: Obligation | reading.ShownRow, row: Named, parts: Parts) -> dict[str, Any]:
    """Return the fields of `ObligationOut` in order; `kept` has those of the obligation itself."""
    credits_by_id, proposals_by_id = parts
    late = overdue(kept.status, kept.due_on, clock.today(), returned=kept.returned)
    return {
        "id": kept.id,
        "campaign_id": kept.campaign_id,
        "requirement_id": kept.requirement_id,
        "requirement_code": row.code,
        "requirement_title": row.title,
        "subject": {"type": kept.subject_type, "id": kept.subject_id, "name": row.name},
        "org_id": kept.org_id,
        "period": answers.period(kept),
        "opens_on": kept.opens_on,
        "due_on": kept.due_on,
        "status": kept.status,
        "min_count": kept.min_count,
        "count": kept.count,
        "surplus": max(kept.count - kept.min_count, 0),
        "returned": kept.returned,
        "met_on": kept.met_on,
        "nil_on": kept.nil_on,
        "on_time": on_time(kept.met_on, kept.due_on),
        "overdue": late,
        "evidence": credits_by_id.get(str(kept.id), ()),
        "exemption": answers.exemption(kept.exemption, proposals_by_id.get(str(kept.id))),
        "revision": kept.revision,
        "created_at": kept.created_at,
        "updated_at": kept.updated_at,
    }


def _out_then(row: reading.ObligationThen, parts: Parts, day: date) -> ObligationOut:
    """Return an obligation as it was at the end of a day."""
    out = _out(row, parts)
    out.status, out.org_id = row.status_then, row.org_id_then
    out.evidence = [credit for credit in out.evidence if credit.on <= day]
    out.count = sum(credit.record != "nil_return" for credit in out.evidence)
    if out.nil_on is not None and out.nil_on > day:
        out.nil_on = None
    out.surplus = max(out.count - out.min_count, 0)
    if out.met_on is not None and out.met_on > day:
        out.met_on = out.on_time = None
    out.overdue = overdue(out.status, out.due_on, day, returned=out.returned)
    return out
