"""Findings and opinions in the form in which they are answered."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.findings import placement, queries
from app.features.findings.parties import caller_roles, find_roles
from app.features.findings.rules import FINDING, find_missing, open_actions
from app.features.findings.schemas.records import FindingRecord, FindingState
from app.features.findings.schemas.supervision import ExtensionOut
from app.features.submissions import service as reviews
from app.features.submissions.rules import allowed
from app.kit import clock
from app.models.vocabulary import Sector


async def answer_records(
    session: AsyncSession, caller: Principal, rows: Sequence[placement.PlacedFinding]
) -> dict[UUID, FindingRecord]:
    """Return findings as this caller gets them."""
    states = [FindingState.model_validate(row.finding) for row in rows]
    histories = await reviews.load_histories(session, "finding", states)
    asked = await queries.load_extensions(session, [state.id for state in states])
    found = {}
    for row, state in zip(rows, states, strict=True):
        finding = row.finding
        extensions = [ExtensionOut.model_validate(each) for each in asked.get(finding.id, ())]
        left = caller_roles(caller, finding.reported_by, find_roles(caller, row.path))
        found[finding.id] = FindingRecord(
            **dict(state),
            sector=Sector.of(row.sector),
            overdue=finding.is_overdue(clock.today()),
            done_late=bool(finding.done_on and finding.due_on and finding.done_on > finding.due_on),
            missing=find_missing(finding),
            extensions=extensions,
            history=histories[finding.id],
            allowed_actions=open_actions(
                allowed(FINDING, finding.status, left),
                due_on=finding.due_on,
                is_asked=any(each.status == "asked" for each in extensions),
            ),
        )
    return found
