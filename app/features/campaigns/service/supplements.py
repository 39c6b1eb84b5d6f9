"""Supplements: what a unit's notice adds to a campaign; made, approved of, ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.campaigns import rules, templates
from app.features.campaigns.errors import NotProposed, RequirementCodeTaken
from app.features.campaigns.notice_errors import (
    SupplementEnded,
    SupplementExists,
    SupplementInUse,
)
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import supplements
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.schemas.parameters import SupplementPlace
from app.features.campaigns.schemas.requirements import RequirementDecisionIn, RequirementState
from app.features.campaigns.schemas.supplements import (
    SupplementEndIn,
    SupplementFromTemplate,
    SupplementIn,
)
from app.features.campaigns.service import (
    adding,
    approving,
    campaigns,
    framing,
    layering,
    records,
    requirements,
)
from app.features.tree.queries.lock import lock_structure
from app.kit import clock, ids
from app.kit.ids import is_within
from app.kit.problems import FieldError
from app.models import Campaign, Requirement, Supplement


@dataclass(frozen=True, slots=True)
class Held:
    """A supplement locked for change, with its campaign and the unit that issued it."""

    supplement: Supplement
    campaign: Campaign
    issuer: Place


@dataclass(frozen=True, slots=True)
class Written:
    """A supplement that was written, and the jobs that bring the ledger up to date, if any."""

    supplement: Supplement
    job_ids: Sequence[UUID] = ()
    new: bool = False


async def create(
    session: AsyncSession,
    caller: Principal,
    campaign_id: UUID,
    body: SupplementIn | SupplementFromTemplate,
) -> Written:
    """Add what a unit's notice adds, for its subtree; the same again is what is there."""
    await lock_structure(session)
    seen = await queries.get_campaign(session, caller, campaign_id)
    issuer = await framing.issuer(session, caller, seen, body.unit_id, "/unit_id")
    campaign = await queries.lock_campaign(session, campaign_id)
    campaigns.require_changeable(campaign)
    line = await supplements.list_active(session, [campaign_id], ids.path_ids(issuer.path))
    standing = await queries.list_requirements(session, campaign_id)
    own = [record for record in line if record.org_id == issuer.id]
    template = body.template if isinstance(body, SupplementFromTemplate) else None
    if known := next((record for record in own if template and record.template == template), None):
        return Written(known)
    whole = _whole(body, {record.code for record in standing})
    if known := adding.find_known(own, whole):
        if template is None and adding.says_the_same(known, whole, standing):
            return Written(known)
        raise SupplementExists(number=whole.notice.document_number)
    record = adding.build(campaign_id, whole, template)
    site = framing.Site(campaign, issuer, [*line, whole])
    items, errors = await _build_requirements(session, caller, site, whole)
    errors = [*adding.supplement_errors(campaign, line, whole), *errors]
    framing.refuse(adding.of_template(errors) if template else errors)
    taken = {each.code for each in standing}
    if again := next((item.code for item in items if item.code in taken), None):
        raise RequirementCodeTaken(taken=again)
    return await _insert(session, caller, campaign, record, items, standing)


def _whole(body: SupplementIn | SupplementFromTemplate, taken: set[str]) -> SupplementIn:
    """Return the supplement; codes of a template that are taken get a number."""
    if isinstance(body, SupplementIn):
        return body
    whole = templates.supplement(body)
    for item in whole.requirements:
        item.code = rules.free_code(item.code, taken)
        taken = taken | {item.code}
    return whole


async def _build_requirements(
    session: AsyncSession, caller: Principal, site: framing.Site, body: SupplementIn
) -> tuple[list[Requirement], list[FieldError]]:
    """Return rows for what a supplement asks for, and all that is wrong with it.

    Each is checked beside those before it: together they may not ask too much.
    """
    wanted, campaign, issuer = body.requirements, site.campaign, site.issuer
    frame = await framing.frame_of(session, caller, site, wanted)
    found: list[Requirement] = []
    errors: list[FieldError] = []
    for place, item in enumerate(wanted):
        wrong = adding.requirement_errors(frame, item, wanted[:place])
        errors += [error.below(f"/requirements/{place}") for error in wrong]
        extends_code = layering.extended(frame, item)
        record = records.build_requirement(campaign.id, issuer.id, item, extends_code)
        await framing.await_approval(session, caller, campaign, record, frame)
        found.append(record)
        if frame.local is not None:
            under = frame.places.get(UUID(record.applies_to["under_unit_id"]), issuer)
            others = [*frame.local.others, (record, layering.reach_of(record, under.path))]
            frame = replace(frame, local=replace(frame.local, others=others))
    return found, errors


async def _insert(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    record: Supplement,
    items: Sequence[Requirement],
    standing: Sequence[Requirement],
) -> Written:
    for item in items:
        item.supplement_id = record.id
    requirements.set_lines([*standing, *items])
    await supplements.add(session, record)
    await queries.add(session, *items)
    campaign.revision += 1
    await session.flush()
    await events.record(
        session,
        records.supplement_change("supplement.created", record),
        *(records.requirement_change("requirement.created", item) for item in items),
    )
    owed = [item for item in items if item.active]
    job_ids = await requirements.follow(session, caller, campaign, owed)
    return Written(record, job_ids, new=True)


async def get_for_update(session: AsyncSession, caller: Principal, place: SupplementPlace) -> Held:
    """Lock and return the supplement, for change; raises `NotFound` or `Forbidden`."""
    await lock_structure(session)
    campaign_id, supplement_id = place.campaign_id, place.supplement_id
    await queries.get_campaign(session, caller, campaign_id)
    seen = await supplements.get(session, caller, campaign_id, supplement_id)
    issuer = await campaigns.get_organized_unit(session, caller, seen.org_id)
    campaign = await queries.lock_campaign(session, campaign_id)
    # Every writer of supplements holds the campaign, so this one is now as it will stay.
    record = await supplements.get(session, caller, campaign_id, supplement_id)
    return Held(record, campaign, issuer)


async def decide(
    session: AsyncSession, caller: Principal, held: Held, body: RequirementDecisionIn
) -> Written:
    """Approve or refuse at once all that a supplement asks for and that waits for it."""
    record, campaign = held.supplement, held.campaign
    require_changeable(held)
    mine = await supplements.list_requirements(session, [record.id])
    waiting = [item for item in mine if item.status == "proposed"]
    if not waiting:
        raise NotProposed
    for item in waiting:
        asked = RequirementState.model_validate(records.requirement_state(item))
        frame = await framing.frame(session, caller, campaign, held.issuer, asked, item)
        await approving.decide(session, caller, item, frame, body)
    requirements.set_lines(await queries.list_requirements(session, campaign.id))
    record.revision += 1
    campaign.revision += 1
    await session.flush()
    owed = [item for item in waiting if item.active]
    return Written(record, await requirements.follow(session, caller, campaign, owed))


async def end(
    session: AsyncSession, caller: Principal, held: Held, body: SupplementEndIn
) -> Written:
    """End a supplement: nobody owes any more what it asks for, and nothing new has its codes.

    What was done stays. What still waits for approval is refused.
    """
    record, campaign = held.supplement, held.campaign
    require_changeable(held)
    standing = await queries.list_requirements(session, campaign.id)
    await _require_unused(session, held, standing)
    before = records.supplement_json(record)
    record.status, record.ended_at, record.reason = "ended", clock.now(), body.reason
    record.revision += 1
    campaign.revision += 1
    changes: list[events.Change] = []
    ended = []
    for item in standing:
        if item.supplement_id != record.id or not stands(item):
            continue
        was, kind = records.requirement_json(item), "requirement.deactivated"
        if item.active:
            item.active = False
            ended.append(item)
        else:
            item.status, kind = "refused", "requirement.refused"
            decided: dict[str, Any] = {"reason": body.reason}
            decided["decided_at"] = clock.now().isoformat()
            item.approval = {**(item.approval or {}), **decided}
        item.revision += 1
        changes.append(records.requirement_change(kind, item, before=was))
    await session.flush()
    data = {"reason": body.reason} if body.reason else None
    told = records.supplement_change("supplement.ended", record, before=before, data=data)
    await events.record(session, told, *changes)
    return Written(record, await requirements.follow(session, caller, campaign, ended))


def require_changeable(held: Held) -> None:
    """Raise unless the campaign may be changed and the supplement is in force."""
    campaigns.require_changeable(held.campaign)
    if held.supplement.status == "ended":
        raise SupplementEnded


async def _require_unused(
    session: AsyncSession, held: Held, standing: Sequence[Requirement]
) -> None:
    """Raise if others below its unit ask for one of the codes that a supplement adds."""
    record = held.supplement
    found = {item.id: adding.find_added(record, item) for item in standing}
    others = [
        item
        for item in standing
        if found[item.id] and item.supplement_id != record.id and stands(item)
    ]
    places = await queries.load_places(session, {item.org_id for item in others})
    for item in others:
        if is_within(places[item.org_id].path, held.issuer.path):
            raise SupplementInUse(requirement=item.code, added=found[item.id])


def stands(record: Requirement) -> bool:
    """Return whether a requirement is in force, or waits for approval."""
    return record.active or record.status == "proposed"
