"""Requirements: added, changed, switched off, deleted; the ledger of an open campaign follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.principal import Principal
from app.features.campaigns import rules
from app.features.campaigns.errors import RequirementCodeTaken, RequirementInUse
from app.features.campaigns.notice_errors import SupplementEnded
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import supplements
from app.features.campaigns.schemas.requirements import (
    LocalRequirementIn,
    RequirementDecisionIn,
    RequirementPatch,
    RequirementState,
)
from app.features.campaigns.service import (
    approving,
    campaigns,
    checking,
    framing,
    layering,
    records,
)
from app.features.campaigns.service.framing import Held
from app.features.obligations import service as obligations
from app.features.tree.queries.lock import lock_structure
from app.kit import clock
from app.kit.merge_patch import apply_patch
from app.models import Campaign, Requirement

SMALL_REACH: Final = 2_000
"""Subjects up to which the ledger follows within the request itself; else a job does it."""
_OWED: Final = (
    "evidence", "min_count", "opens_on", "due_on", "every", "applies_to", "active",
)  # fmt: skip
"""What changes the ledger."""


@dataclass(frozen=True, slots=True)
class Written:
    """A requirement that was written, and the job that brings the ledger up to date, if any."""

    requirement: Requirement
    job_id: UUID | None = None
    new: bool = False
    extended_codes: tuple[str, ...] = ()
    """Subordinates' requirements whose days went with it."""


async def create(
    session: AsyncSession, caller: Principal, campaign_id: UUID, body: LocalRequirementIn
) -> Written:
    """Add a requirement of the root's, or of a unit below it; the same again is the one there."""
    await lock_structure(session)
    seen = await queries.get_campaign(session, caller, campaign_id)
    issuer = await framing.issuer(session, caller, seen, body.issued_by_unit_id)
    campaign = await queries.lock_campaign(session, campaign_id)
    campaigns.require_changeable(campaign)
    standing = await queries.list_requirements(session, campaign_id)
    known = next((item for item in standing if item.code == body.code), None)
    body = _begin(campaign, known, body)
    frame = await framing.frame(session, caller, campaign, issuer, body)
    # What superiors ask for since then makes nothing else of what is sent again.
    extends_code = body.extends_code or (
        known.extends_code if known is not None else layering.extended(frame, body)
    )
    record = records.build_requirement(campaign_id, issuer.id, body, extends_code)
    if known is not None and records.is_same_requirement(known, record):
        return Written(known)
    framing.refuse(checking.requirement_errors(frame, body))
    if known is not None:
        raise RequirementCodeTaken(taken=body.code)
    await framing.await_approval(session, caller, campaign, record, frame)
    set_lines([*standing, record])
    await queries.add(session, record)
    campaign.revision += 1
    await session.flush()
    await events.record(session, records.requirement_change("requirement.created", record))
    if not record.active:
        return Written(record, new=True)
    return Written(record, await _reconcile(session, caller, campaign, record), new=True)


def _begin(
    campaign: Campaign, known: Requirement | None, body: LocalRequirementIn
) -> LocalRequirementIn:
    """Let what is asked anew in each period begin today, where the campaign is under way.

    Nobody owes what was to be done in periods that passed before it was asked for.
    """
    today = clock.today()
    under_way = campaign.opening_at is not None and campaign.starts_on < today
    if body.every is None or body.opens_on is not None or not under_way:
        return body
    if campaign.ends_on is not None and campaign.ends_on < today:
        return body
    return body.model_copy(update={"opens_on": known.opens_on if known is not None else today})


async def get_for_update(
    session: AsyncSession, caller: Principal, campaign_id: UUID, requirement_id: UUID
) -> Held:
    """Lock and return the requirement, for change; raises `NotFound` or `Forbidden`."""
    await lock_structure(session)
    await queries.get_campaign(session, caller, campaign_id)
    seen = await queries.get_requirement(session, caller, campaign_id, requirement_id)
    issuer = await campaigns.get_organized_unit(session, caller, seen.org_id)
    campaign = await queries.lock_campaign(session, campaign_id)
    # Every writer of requirements holds the campaign, so this one is now as it will stay.
    record = await queries.get_requirement(session, caller, campaign_id, requirement_id)
    return Held(record, campaign, issuer)


async def _require_changeable(session: AsyncSession, held: Held) -> None:
    campaigns.require_changeable(held.campaign)
    part_of = held.requirement.supplement_id
    if part_of is not None and await supplements.is_ended(session, part_of):
        raise SupplementEnded


async def update(
    session: AsyncSession, caller: Principal, held: Held, patch: RequirementPatch
) -> Written:
    """Change a requirement by a merge patch, or switch it off and on."""
    record, campaign = held.requirement, held.campaign
    await _require_changeable(session, held)
    body = apply_patch(RequirementState, records.requirement_state(record), patch)
    frame = await framing.judged(session, caller, held, body)
    before = {name: getattr(record, name) for name in _OWED}
    before_json, status = records.requirement_json(record), record.status
    records.set_requirement(record, body, layering.extended(frame, body))
    record.active = body.active
    if status != "active":
        approving.propose(record, approving.deciding_unit(campaign, frame, record))
    if record.evidence != before["evidence"]:
        set_lines(await queries.list_requirements(session, campaign.id))
    record.revision += 1
    campaign.revision += 1
    await session.flush()
    await supplements.touch(session, [record])
    kind = _act(status, was_active=before["active"], is_active=record.active)
    await events.record(session, records.requirement_change(kind, record, before=before_json))
    unowed = not record.active and not before["active"]
    if unowed or all(getattr(record, name) == value for name, value in before.items()):
        return Written(record)
    former = UUID(before["applies_to"]["under_unit_id"])
    carried = []
    if record.due_on != before["due_on"] and not rules.shortens(record.due_on, before["due_on"]):
        carried = await _carry(session, caller, campaign, record)
    job_id = await _reconcile(session, caller, campaign, record, former)
    return Written(record, job_id, extended_codes=tuple(carried))


async def _carry(
    session: AsyncSession, caller: Principal, campaign: Campaign, extended: Requirement
) -> list[str]:
    """Extend with a superior's day those of subordinates that pass it on and end before it.

    Nobody may ask for it earlier than the superior does, be the superior's day a later one since.
    """
    standing = await queries.list_requirements(session, campaign.id)
    extends = {record.code: record.extends_code for record in standing}
    carried = []
    for record in standing:
        passes_on = extended.code in rules.line_above(record.extends_code, extends)
        asked = record.active or record.status == "proposed"
        if not (passes_on and asked and rules.shortens(record.due_on, extended.due_on)):
            continue
        before = records.requirement_json(record)
        record.due_on = extended.due_on
        record.revision += 1
        await session.flush()
        await supplements.touch(session, [record])
        await events.record(
            session, records.requirement_change("requirement.updated", record, before=before)
        )
        if record.active:
            await _reconcile(session, caller, campaign, record)
        carried.append(record.code)
    return carried


async def decide(
    session: AsyncSession, caller: Principal, held: Held, body: RequirementDecisionIn
) -> Written:
    """Approve what a subordinate proposes, and have it owed, or refuse it."""
    record, campaign = held.requirement, held.campaign
    await _require_changeable(session, held)
    asked = RequirementState.model_validate(records.requirement_state(record))
    frame = await framing.frame(session, caller, campaign, held.issuer, asked, record)
    await approving.decide(session, caller, record, frame, body)
    set_lines(await queries.list_requirements(session, campaign.id))
    campaign.revision += 1
    await session.flush()
    await supplements.touch(session, [record])
    if not record.active:
        return Written(record)
    return Written(record, await _reconcile(session, caller, campaign, record))


async def delete(session: AsyncSession, held: Held) -> None:
    """Delete a requirement of a campaign that was never opened, if nobody passes it on."""
    record, campaign = held.requirement, held.campaign
    extended = await queries.is_extended(session, campaign.id, record.code)
    if campaign.opening_at is not None or extended:
        raise RequirementInUse
    before = records.requirement_json(record)
    await queries.remove_requirement(session, record)
    record.revision += 1
    campaign.revision += 1
    await session.flush()
    await supplements.touch(session, [record])
    change = records.requirement_change("requirement.deleted", record, before=before)
    await events.record(session, change)


async def reconcile(session: AsyncSession, campaign_id: UUID, requirement_id: UUID) -> None:
    """Bring the ledger up to date with a requirement, with no evidence written meanwhile.

    The ledger of a campaign that was closed in between is frozen and stays as it is.
    """
    await lock_structure(session)
    campaign = await queries.lock_campaign(session, campaign_id)
    if campaign.status == "open":
        await obligations.reconcile_requirements(session, [requirement_id])


async def reconcile_all(
    session: AsyncSession, caller: Principal, campaign: Campaign, wanted: Iterable[Requirement]
) -> None:
    """Bring the ledger of an open campaign up to date with requirements, now or by jobs."""
    for record in wanted:
        await _reconcile(session, caller, campaign, record)


def set_lines(standing: Sequence[Requirement]) -> None:
    """Say of all requirements of a campaign which one of a superior they can be met with."""
    items = {record.code: (record.extends_code, record.evidence) for record in standing}
    for record in standing:
        line = rules.line_head(record.code, items)
        if record.line_code != line:
            record.line_code = line


async def _reconcile(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    record: Requirement,
    *former_units: UUID,
) -> UUID | None:
    """Make the ledger of an open campaign follow a requirement; return the job of it, if any."""
    job_ids = await follow(session, caller, campaign, [record], *former_units)
    return job_ids[0] if job_ids else None


async def follow(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    wanted: Sequence[Requirement],
    *former_units: UUID,
) -> list[UUID]:
    """Make the ledger of an open campaign follow: now where it is small, else by a job for each."""
    if campaign.status != "open" or not wanted:
        return []
    units = {UUID(record.applies_to["under_unit_id"]) for record in wanted} | set(former_units)
    reach = 0
    for place in (await queries.load_places(session, units)).values():
        reach += await queries.count_subjects(session, place.path, SMALL_REACH)
    if reach <= SMALL_REACH:
        await obligations.reconcile_requirements(session, [record.id for record in wanted])
        return []
    return [
        await jobs.enqueue(
            session,
            campaigns.RECONCILE_JOB,
            records.job_payload(session, record),
            org_id=record.org_id,
            created_by=caller.name,
        )
        for record in wanted
    ]


def _act(status: str, *, was_active: bool, is_active: bool) -> str:
    if status == "refused":
        return "requirement.proposed"
    if was_active == is_active:
        return "requirement.updated"
    return "requirement.activated" if is_active else "requirement.deactivated"
