"""Findings and opinions passed on to another organization (转办)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.findings import queries
from app.features.findings.parties import find_roles
from app.features.findings.rules import FINDING
from app.features.findings.schemas.supervision import HandoverIn
from app.features.findings.service.writing import write
from app.features.submissions import queries as review_queries
from app.features.submissions import references
from app.features.submissions import service as reviews
from app.features.submissions.errors import (
    CLOSED_ORGANIZATION,
    IN_PAST,
    UNKNOWN_ORGANIZATION,
)
from app.features.submissions.rules import Side
from app.kit import clock, ids
from app.kit.ids import is_within
from app.kit.problems import FieldError, Forbidden, Invalid
from app.models import Finding, Opinion


@dataclass(frozen=True, slots=True)
class Passed:
    """What is passed on: who has it so far, and in which campaign it is."""

    org_id: UUID
    campaign_id: UUID


async def pass_on_finding(
    session: AsyncSession, caller: Principal, finding: Finding, item: HandoverIn
) -> None:
    """Let another organization below the same superior put a finding right from now on."""
    path = (await review_queries.load_paths(session, [finding.org_id]))[finding.org_id]
    if Side.SUPERIOR not in find_roles(caller, path):
        raise Forbidden
    target = await find_target(session, caller, _passed(finding), item)
    if not caller.may(Power.REVIEW, reviews.above(target.path)):
        raise Forbidden
    reviews.judge_move("hand_over", finding.status, FINDING)
    values: dict[str, Any] = {
        **ids.OrgRef.of(target.path).columns,
        "from_org_id": finding.org_id,
        "status": "open",
        "due_on": item.due_on or finding.due_on,
        **await build_detached(session, finding),
    }
    former = finding.from_org_id
    before, told = finding.org_id, {"from_org_id": str(finding.org_id), "to_org_id": str(target.id)}
    if finding.origin == "own":
        values["origin"] = "superior"
    finding_id = finding.id
    revision = await write(session, finding, "handed_over", values, item.reason, told)
    left = events.Change(
        "finding.handed_over", finding_id, before, revision, data=told, other_org_id=former
    )
    await events.record(session, left)


async def pass_on_opinion(
    session: AsyncSession, caller: Principal, opinion: Opinion, item: HandoverIn
) -> None:
    """Let another organization answer an opinion; who gathered it keeps it in its ledger."""
    path = (await review_queries.load_paths(session, [opinion.org_id]))[opinion.org_id]
    sides = find_roles(caller, path)
    if not sides:
        raise Forbidden
    target = await find_target(session, caller, _passed(opinion), item)
    below = Side.OWNER in sides and is_within(target.path, path)
    if not below and not caller.may(Power.REVIEW, reviews.above(target.path)):
        raise Forbidden
    values = {
        "handler_org_id": target.id,
        "handler": await queries.get_name(session, target.id),
        "handling": "assigned",
        "due_on": item.due_on or opinion.due_on,
    }
    told = {"to_org_id": str(target.id)}
    opinion_id, former = opinion.id, opinion.handler_org_id
    revision = await write(session, opinion, "handed_over", values, item.reason, told)
    if former is not None and former != target.id:
        left = events.Change("opinion.handed_over", opinion_id, former, revision, data=told)
        await events.record(session, left)


async def build_detached(session: AsyncSession, part: Finding | Opinion) -> dict[str, Any]:
    """Return the values of what is no part of its activity any more, and says of which it was."""
    if part.activity_id is None:
        return {}
    day = "found_on" if isinstance(part, Finding) else "gathered_on"
    kept = getattr(part, day) or await queries.get_day_held(session, part.activity_id)
    return {"activity_id": None, "from_activity_id": part.activity_id, day: kept}


def _passed(part: Finding | Opinion) -> Passed:
    return Passed(part.org_id, part.campaign_id)


async def find_target(
    session: AsyncSession, caller: Principal, part: Passed, item: HandoverIn
) -> references.OrganizationRow:
    """Return the organization that gets it, or raise all that is wrong."""
    found = (await references.load_organizations(session, caller, {item.org_id})).get(item.org_id)
    campaign = (await references.load_campaigns(session, {part.campaign_id}))[part.campaign_id]
    wrong: list[FieldError] = []
    if found is None or found.id == part.org_id or not is_within(found.path, campaign.path):
        wrong.append(UNKNOWN_ORGANIZATION.at("/org_id"))
    elif found.closed_on is not None and found.closed_on < clock.today():
        wrong.append(CLOSED_ORGANIZATION.at("/org_id", closed_on=found.closed_on))
    if item.due_on is not None and item.due_on < clock.today():
        wrong.append(IN_PAST.at("/due_on"))
    if wrong or found is None:
        raise Invalid(wrong)
    return found
