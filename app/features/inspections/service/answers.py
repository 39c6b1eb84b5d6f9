"""Inspections in the form in which they are answered."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.findings import queries as finding_queries
from app.features.findings.parties import caller_roles as left
from app.features.findings.rules import open_actions
from app.features.findings.schemas.supervision import ExtensionOut
from app.features.inspections import queries
from app.features.inspections.rules import FOLLOW_UP, LIFE
from app.features.inspections.schemas import (
    FollowUpOut,
    FollowUpState,
    InspectionOut,
    InspectionRow,
    InspectionState,
)
from app.features.submissions import queries as review_queries
from app.features.submissions.rules import Side, allowed
from app.kit import clock
from app.models import Extension, FollowUp, Inspection


async def answer_several(
    session: AsyncSession, caller: Principal, inspections: Sequence[Inspection]
) -> dict[UUID, InspectionOut]:
    """Return inspections as this caller gets them."""
    rows = await queries.load_follow_ups(session, [i.id for i in inspections])
    places = {place for i in inspections for place in parties(i, rows.get(i.id, ()))}
    paths = await review_queries.load_paths(session, places)
    known = [row.id for of_one in rows.values() for row in of_one]
    asked = await finding_queries.load_extensions(session, known) if known else {}
    found = {}
    for inspection in inspections:
        found[inspection.id] = InspectionOut(
            **InspectionRow.model_validate(inspection).model_dump(),
            follow_ups=[
                _follow_up(
                    caller,
                    row,
                    follow_up_roles(caller, inspection, row, paths),
                    asked.get(row.id, ()),
                    inspection.status,
                )
                for row in rows.get(inspection.id, ())
            ],
            allowed_actions=allowed(
                LIFE, inspection.status, caller_roles(caller, inspection, paths)
            ),
        )
    return found


async def build_state(session: AsyncSession, inspection: Inspection) -> InspectionState:
    """Return an inspection as its history keeps it."""
    rows = (await queries.load_follow_ups(session, [inspection.id]))[inspection.id]
    return InspectionState(
        **InspectionRow.model_validate(inspection).model_dump(),
        follow_ups=[FollowUpState.model_validate(row) for row in rows],
    )


def parties(inspection: Inspection, rows: Iterable[FollowUp] = ()) -> set[UUID]:
    """Return who inspected, who was inspected, and who answers and verifies now."""
    sides = {inspection.unit_id, inspection.org_id, verifying(inspection)}
    return sides | {_answering(inspection), *(answering(inspection, row) for row in rows)}


def caller_roles(
    caller: Principal, inspection: Inspection, paths: Mapping[UUID, str]
) -> frozenset[Side]:
    """Return the sides of a caller: who inspects does not answer for the inspected as well."""
    return _sides(caller, paths[inspection.unit_id], paths[_answering(inspection)])


def follow_up_roles(
    caller: Principal, inspection: Inspection, row: FollowUp, paths: Mapping[UUID, str]
) -> frozenset[Side]:
    """Return the sides towards what must follow: who may review there verifies it."""
    unit = paths[verifying(inspection)]
    found = _sides(caller, unit, paths[answering(inspection, row)])
    return found if caller.may(Power.REVIEW, unit) else found - {Side.SUPERIOR}


def answering(inspection: Inspection, row: FollowUp) -> UUID:
    """Return who answers one thing that must follow."""
    return row.handler_org_id or _answering(inspection)


def verifying(inspection: Inspection) -> UUID:
    """Return the unit that verifies what must follow."""
    return inspection.verifying_unit_id or inspection.unit_id


def _sides(caller: Principal, unit: str, answering: str) -> frozenset[Side]:
    if caller.may(Power.REPORT, unit) or caller.may(Power.REVIEW, unit):
        return frozenset({Side.SUPERIOR})
    return frozenset({Side.OWNER} if caller.may(Power.REPORT, answering) else ())


def _answering(inspection: Inspection) -> UUID:
    return inspection.answering_org_id or inspection.org_id


def _follow_up(
    caller: Principal,
    row: FollowUp,
    held: frozenset[Side],
    asked: Sequence[Extension],
    status: str,
) -> FollowUpOut:
    actions = allowed(FOLLOW_UP, row.state, left(caller, row.reported_by, held))
    return FollowUpOut(
        **FollowUpState.model_validate(row).model_dump(),
        overdue=row.is_overdue(clock.today()),
        done_late=bool(row.done_on and row.due_on and row.done_on > row.due_on),
        extensions=[ExtensionOut.model_validate(each) for each in asked],
        allowed_actions=[]
        if status != "submitted"
        else open_actions(
            actions, due_on=row.due_on, is_asked=any(each.status == "asked" for each in asked)
        ),
    )
