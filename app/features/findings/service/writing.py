"""Every change of a finding or an opinion: kept, told, and told of the activity that shows it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.findings import queries
from app.features.findings.schemas.records import FindingState, OpinionState
from app.features.obligations import service as obligations
from app.features.obligations.facts import FINDING_FIELDS
from app.features.submissions import parts
from app.features.submissions import service as reviews
from app.models import Finding, Opinion

Part = Finding | Opinion
_NAMES: Final = {Finding: "finding", Opinion: "opinion"}
_STATES: Final[dict[type[Part], type[FindingState | OpinionState]]] = {
    Finding: FindingState,
    Opinion: OpinionState,
}


async def write(
    session: AsyncSession,
    part: Part,
    act: str,
    values: Mapping[str, Any],
    reason: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Set values of a finding or an opinion, with its history, its event and its activity's.

    Return its new revision.
    """
    kind = type(part)
    state, activity_id = _STATES[kind], part.activity_id
    found_at = activity_id or part.from_activity_id
    before = state.model_validate(part)
    await queries.change_part(session, kind, part.id, values)
    after, other = await _read(session, part, before.id)
    step = reviews.Step(_NAMES[kind], act, before, after, reason, dict(data or {}), other)
    await reviews.record_changes(session, after.org_id, step)
    if activity_id is not None:
        await touch(session, activity_id, kind, before.id, act)
    if kind is Finding and found_at is not None and FINDING_FIELDS.keys() & values.keys():
        await obligations.follow_findings(session, found_at)
    return after.revision


async def _read(
    session: AsyncSession, part: Part, part_id: UUID
) -> tuple[FindingState | OpinionState, UUID | None]:
    """Return what a part is now, and who else sees it."""
    if isinstance(part, Finding):
        finding = await queries.get_again(session, Finding, part_id)
        return FindingState.model_validate(finding), finding.from_org_id
    opinion = await queries.get_again(session, Opinion, part_id)
    return OpinionState.model_validate(opinion), opinion.handler_org_id


async def touch(
    session: AsyncSession, activity_id: UUID, kind: type[Part], part_id: UUID, act: str
) -> None:
    """Let an activity be another than it was: what it shows of a part of it has changed."""
    name = _NAMES[kind]
    org_id, revision = await queries.touch_activity(session, activity_id)
    data = {f"{name}_id": str(part_id), "act": act}
    shown = parts.PartChange("activity", f"{name}_changed", activity_id, revision, data)
    await parts.part_changed(session, org_id, shown)
