"""Findings on their own: entered, changed, led from one state to the next."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.db.rows import AnyRow
from app.features.findings import entering, queries
from app.features.findings.errors import UNKNOWN_INSPECTION
from app.features.findings.rules import FINDING, FINDING_DONE, overdue
from app.features.findings.schemas import (
    FindingContent,
    FindingRecord,
    FindingRecordIn,
    FindingState,
    TransitionIn,
)
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import OwnSubmission
from app.features.submissions.rules import Side, allowed
from app.kit import clock, ids
from app.kit.problems import FieldError, Forbidden, Invalid
from app.kit.validation import REQUIRED
from app.models import Finding

_FIXED: Final = ("campaign_id", "org_id", "activity_id", "inspection_id", "found_on")


async def create(
    session: AsyncSession, caller: Principal, item: FindingRecordIn, own_id: UUID | None = None
) -> UUID:
    """Enter a finding: by its own organization, or by a superior who found it."""
    wrong: list[FieldError] = []
    if item.inspection_id is not None and not await queries.is_inspection_of(
        session, item.inspection_id, item.org_id, item.campaign_id
    ):
        wrong.append(UNKNOWN_INSPECTION.at("/inspection_id"))
    path = await entering.check(session, caller, item, item.found_on, "/found_on", wrong)
    own = caller.may(Power.REPORT, path)
    if not own and not caller.may(Power.REVIEW, reviews.above(path)):
        raise Forbidden
    day = item.found_on or clock.today()
    values = item.model_dump() | {"found_on": day} | ids.zones_of(path)
    return await entering.add(session, Finding, "finding", values, own_id)


async def replace(
    session: AsyncSession, caller: Principal, finding: Finding, item: FindingRecordIn
) -> None:
    """Give a finding that is not reported done yet new content; where it was found stays."""
    entering.refuse_moved(finding, item, _FIXED)
    content = item.model_dump(include=set(FindingContent.model_fields))
    await change(session, caller, finding, FindingContent.model_validate(content))


async def change(
    session: AsyncSession, caller: Principal, finding: Finding, item: FindingContent
) -> None:
    """Change a finding that is not reported done yet."""
    path = await _path(session, finding)
    if not caller.may(Power.REPORT, path):
        raise Forbidden
    reviews.moved("edit", finding.status, FINDING)
    await _changed(session, finding, "updated", item.model_dump())


async def move(
    session: AsyncSession, caller: Principal, finding: Finding, step: TransitionIn
) -> None:
    """Lead a finding to its next state."""
    path = await _path(session, finding)
    transition = FINDING[step.action]
    if transition.by not in _rights(caller, path):
        raise Forbidden
    if transition.by not in sides(caller, finding, path):
        raise OwnSubmission
    if transition.reasoned and step.reason is None:
        raise Invalid([REQUIRED.at("/reason")])
    values: dict[str, Any] = {"status": reviews.moved(step.action, finding.status, FINDING)}
    if step.action == "report_done":
        values["reported_by"] = caller.name
    await _changed(session, finding, FINDING_DONE[step.action], values, step.reason)


def sides(caller: Principal, finding: Finding, path: str) -> set[Side]:
    """Return the caller's sides towards a finding: nobody verifies what they reported done."""
    found = _rights(caller, path)
    return found - {Side.SUPERIOR} if finding.reported_by == caller.name else found


async def records(
    session: AsyncSession, caller: Principal, rows: Sequence[AnyRow]
) -> dict[UUID, FindingRecord]:
    """Return findings as this caller gets them; `rows` are those of `queries.listed`."""
    states = [FindingState.model_validate(row[0]) for row in rows]
    histories = await reviews.histories(session, "finding", states)
    found = {}
    for row, state in zip(rows, states, strict=True):
        finding: Finding = row[0]
        late = overdue(finding.status, finding.nature, finding.due_on, clock.today())
        found[finding.id] = FindingRecord(
            **state.model_dump(),
            sector=row.sector,
            overdue=late,
            history=histories[finding.id],
            allowed_actions=allowed(FINDING, finding.status, sides(caller, finding, row.path)),
        )
    return found


def _rights(caller: Principal, path: str) -> set[Side]:
    found = set()
    if caller.may(Power.REPORT, path):
        found.add(Side.OWNER)
    if caller.may(Power.REVIEW, reviews.above(path)):
        found.add(Side.SUPERIOR)
    return found


async def _path(session: AsyncSession, finding: Finding) -> str:
    return (await review_queries.paths(session, [finding.org_id]))[finding.org_id]


async def _changed(
    session: AsyncSession,
    finding: Finding,
    act: str,
    values: dict[str, Any],
    reason: str | None = None,
) -> None:
    before = FindingState.model_validate(finding)
    await queries.change_part(session, Finding, finding.id, values)
    await session.refresh(finding)
    after = FindingState.model_validate(finding)
    step = reviews.Step("finding", act, before, after, reason)
    await reviews.changed(session, finding.org_id, step)
