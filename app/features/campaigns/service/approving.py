"""Local requirements wait for a superior: who decides on them, and what may change without."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.campaigns import asking
from app.features.campaigns.errors import (
    NEEDS_APPROVAL,
    NOT_APPROVED,
    NoticeTooShort,
    NotProposed,
)
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.schemas.requirements import RequirementDecisionIn, RequirementState
from app.features.campaigns.service import layering, records
from app.features.campaigns.service.layering import Frame
from app.kit import clock
from app.kit.problems import FieldError, Forbidden, Invalid
from app.kit.validation import REQUIRED
from app.models import Campaign, Requirement


def is_asked_for(campaign: Campaign, issuer_id: UUID) -> bool:
    """Return whether what a unit asks for needs a superior's approval."""
    return issuer_id != campaign.org_id and campaign.local_requirements != "free"


def deciding_unit(campaign: Campaign, frame: Frame, local: Requirement) -> UUID:
    """Return who decides: the unit whose requirement is passed on, else the campaign's root.

    What asks for something else than the requirement that it names passes nothing on.
    """
    for record, _ in frame.superiors:
        if record.code == local.extends_code and asking.alike(record.evidence, local.evidence):
            return record.org_id
    return campaign.org_id


async def may_decide(session: AsyncSession, caller: Principal, unit_id: UUID) -> bool:
    """Return whether the caller organizes the unit that decides."""
    places = await queries.load_places(session, [unit_id])
    return unit_id in places and caller.may(Power.ORGANIZE, places[unit_id].path)


def propose(record: Requirement, by_unit_id: UUID) -> None:
    """Let a requirement wait for a unit's approval; nobody owes it."""
    record.status, record.active = "proposed", False
    record.approval = {"by_unit_id": str(by_unit_id), "reason": None, "decided_at": None}


def change_errors(
    record: Requirement, body: RequirementState, more: Sequence[str], *, needed: bool
) -> Iterator[FieldError]:
    """Yield what of a local requirement cannot change without approval; `more` is what it adds."""
    if record.status != "active":
        if body.active:
            yield NOT_APPROVED.at("/active")
    elif needed:
        for name in more:
            yield NEEDS_APPROVAL.at(f"/{name}")


async def decide(
    session: AsyncSession,
    caller: Principal,
    record: Requirement,
    frame: Frame,
    body: RequirementDecisionIn,
) -> None:
    """Approve or refuse a locked requirement that waits for it."""
    approval = record.approval or {}
    by_unit_id = approval.get("by_unit_id")
    if by_unit_id and not await may_decide(session, caller, UUID(by_unit_id)):
        raise Forbidden
    if record.status != "proposed":
        raise NotProposed
    if body.decision == "refuse" and body.reason is None:
        raise Invalid([REQUIRED.at("/reason")])
    before = records.requirement_json(record)
    if body.decision == "approve":
        asked = RequirementState.model_validate(records.requirement_state(record))
        if earliest := layering.earliest_day(frame, asked):
            raise NoticeTooShort(earliest=earliest)
        # What it passes on may have been approved since.
        record.extends_code = layering.extended(frame, asked)
        record.status, record.active = "active", True
    else:
        record.status = "refused"
    decided = {"reason": body.reason, "decided_at": clock.now().isoformat()}
    record.approval = {**approval, **decided}
    record.revision += 1
    await session.flush()
    kind = "requirement.approved" if record.active else "requirement.refused"
    data = {"reason": body.reason} if body.reason else None
    change = records.requirement_change(kind, record, before=before, data=data)
    await events.record(session, change)
