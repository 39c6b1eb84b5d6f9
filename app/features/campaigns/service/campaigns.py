"""Campaigns: made, changed, replaced, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access import visibility
from app.access.principal import Power, Principal
from app.features.attachments import service as attachments
from app.features.campaigns import templates
from app.features.campaigns.errors import (
    FIXED,
    UNIT_IS_BRANCH,
    UNKNOWN_UNIT,
    CampaignClosed,
    CampaignCodeTaken,
    CampaignInUse,
    CampaignOpening,
)
from app.features.campaigns.notice_errors import NOTICE_IN_USE
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import notices, supplements
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.schemas.campaigns import (
    CampaignFromTemplate,
    CampaignIn,
    CampaignNext,
    CampaignPatch,
)
from app.features.campaigns.service import checking, following, records, requirement_sets
from app.kit.merge_patch import apply_patch
from app.kit.problems import Forbidden, Invalid, NotFound
from app.kit.sameness import says_the_same
from app.models import Campaign, Requirement

RECONCILE_JOB: Final = "requirement.reconcile"


@dataclass(frozen=True, slots=True)
class Made:
    """A campaign that was asked for, and whether it is new (else it was there, the same)."""

    campaign: Campaign
    new: bool


async def create(
    session: AsyncSession,
    caller: Principal,
    body: CampaignIn | CampaignFromTemplate | CampaignNext,
    *,
    campaign_id: UUID | None = None,
) -> Made:
    """Make a campaign with its requirements; the same again is the one that is there.

    Raises `Invalid`, `Forbidden`, or `CampaignCodeTaken`.
    """
    asked = body if isinstance(body, CampaignFromTemplate) else None
    if isinstance(body, CampaignFromTemplate):
        body = templates.campaign(body)
    elif isinstance(body, CampaignNext):
        body = await following.follow(session, caller, body)
    root = await _root(session, caller, body.root_unit_id)
    record = records.build_campaign(body, campaign_id)
    requirements = await requirement_sets.build_requirements(session, caller, record.id, root, body)
    known = await queries.find_by_code(session, body.code)
    if known is not None:
        if asked is not None and _is_of_template(known, record, asked):
            return Made(known, new=False)
        return await _the_same(session, known, record, requirements)
    await queries.add(session, record)
    await queries.add(session, *requirements)
    await events.record(
        session,
        records.campaign_change("campaign.created", record),
        *(records.requirement_change("requirement.created", item) for item in requirements),
    )
    return Made(record, new=True)


async def get_for_update(session: AsyncSession, caller: Principal, campaign_id: UUID) -> Campaign:
    """Lock and return the campaign, for change; raises `NotFound` or `Forbidden`."""
    seen = await queries.get_campaign(session, caller, campaign_id)
    await get_organized_unit(session, caller, seen.org_id)
    return await queries.lock_campaign(session, campaign_id)


async def get_organized_unit(session: AsyncSession, caller: Principal, org_id: UUID) -> Place:
    """Return the place of a unit that the caller organizes; `Forbidden` for one that it does not.

    For units that the caller knows of, be they in its scope or above it.
    """
    try:
        unit = await visibility.get_organization(session, caller, org_id, Power.ORGANIZE)
    except NotFound:
        raise Forbidden from None
    return Place(unit.id, unit.type, unit.name, unit.path)


def require_changeable(record: Campaign) -> None:
    """Raise unless the campaign is a draft or open: not being opened, not closed."""
    if record.status == "closed":
        raise CampaignClosed
    if record.status == "draft" and record.opening_at is not None:
        raise CampaignOpening(job_id=record.opening_job_id, headers={"Retry-After": "1"})


@dataclass(frozen=True, slots=True)
class Changed:
    """The content that a campaign gets, and what of its records is of other days, by record."""

    content: CampaignIn
    outside: dict[str, int]


async def preview_effect(session: AsyncSession, record: Campaign, patch: CampaignPatch) -> Changed:
    """Return what a merge patch would make of a campaign, and change nothing."""
    body = apply_patch(CampaignIn, _current(record), patch)
    changed = {name for name in patch.model_fields_set if name != "retention_years"}
    if record.status != "closed" or changed or record.forgotten_at is not None:
        # How long its records say who may be settled afterwards, too.
        require_changeable(record)
    await _judge(session, record, body)
    return Changed(body, await _outside(session, record, body))


async def update(session: AsyncSession, record: Campaign, patch: CampaignPatch) -> Changed:
    """Change a locked campaign by a merge patch."""
    found = await preview_effect(session, record, patch)
    await _write(session, record, found.content)
    return found


async def is_the_same(session: AsyncSession, record: Campaign, body: CampaignIn) -> bool:
    """Return whether a campaign has the content of a body, and the requirements if it has any."""
    given = [notice.model_copy(update={"id": None}) for notice in body.notices]
    alone = body.model_copy(update={"requirements": None, "notices": given})
    if not says_the_same(alone, {**_current(record), "requirements": None}):
        return False
    return body.requirements is None or await requirement_sets.is_the_same(session, record, body)


async def replace(
    session: AsyncSession, caller: Principal, record: Campaign, body: CampaignIn
) -> Changed:
    """Give a locked campaign new content, and its root's requirements if any are given."""
    require_changeable(record)
    if body.root_unit_id != record.org_id:
        raise Invalid([FIXED.at("/root_unit_id")])
    if body.requirements is not None:
        if record.opening_at is not None:
            raise Invalid([FIXED.at("/requirements")])
        root = await get_organized_unit(session, caller, record.org_id)
        await requirement_sets.replace(session, caller, record, root, body)
    await _judge(session, record, body)
    found = Changed(body, await _outside(session, record, body))
    await _write(session, record, body)
    return found


async def delete(session: AsyncSession, record: Campaign) -> None:
    """Delete a locked campaign that was never opened, with its requirements."""
    if record.opening_at is not None:
        raise CampaignInUse
    before = records.campaign_json(record)
    gone = await queries.list_requirements(session, record.id)
    added = await supplements.list_all(session, record.id)
    for text in await notices.list_texts(session, record.id):
        await attachments.release(session, text)
    await supplements.remove_all(session, record.id)
    await queries.remove_campaign(session, record)
    record.revision += 1
    await events.record(
        session,
        *(
            records.supplement_change(
                "supplement.deleted", item, before=records.supplement_json(item)
            )
            for item in added
        ),
        *(
            records.requirement_change(
                "requirement.deleted", item, before=records.requirement_json(item)
            )
            for item in gone
        ),
        records.campaign_change("campaign.deleted", record, before=before),
    )


async def _root(session: AsyncSession, caller: Principal, root_id: UUID) -> Place:
    try:
        unit = await visibility.get_organization(session, caller, root_id, Power.ORGANIZE)
    except NotFound:
        raise Invalid([UNKNOWN_UNIT.at("/root_unit_id")]) from None
    if unit.type != "unit":
        raise Invalid([UNIT_IS_BRANCH.at("/root_unit_id")])
    return Place(unit.id, unit.type, unit.name, unit.path)


def _is_of_template(known: Campaign, made: Campaign, asked: CampaignFromTemplate) -> bool:
    """Return whether a campaign is the one that a template makes, whatever became of it since.

    A former release may have made it of less, and its organizers may have changed it: it runs over
    the same root and rests on the same of the template's notices, and has what was sent besides.
    """
    told = templates.list_numbers(asked)
    rests_on, wanted = (
        {notice["document_number"] for notice in each.notices} & told for each in (known, made)
    )
    sent = asked.model_fields_set & set(_CONTENT)
    return (
        known.org_id == made.org_id
        and rests_on == wanted
        and all(getattr(known, name) == getattr(made, name) for name in sent)
    )


async def _the_same(
    session: AsyncSession, known: Campaign, asked: Campaign, requirements: Sequence[Requirement]
) -> Made:
    """Return the campaign with the code, if it is what was asked for; else `CampaignCodeTaken`."""
    standing = {item.code: item for item in await queries.list_requirements(session, known.id)}
    wanted = {item.code: item for item in requirements}
    same = (
        known.org_id == asked.org_id
        and all(getattr(known, name) == getattr(asked, name) for name in _CONTENT)
        and standing.keys() == wanted.keys()
        and all(records.is_same_requirement(standing[code], wanted[code]) for code in wanted)
    )
    if not same:
        raise CampaignCodeTaken(taken=asked.code)
    return Made(known, new=False)


def _current(record: Campaign) -> dict[str, Any]:
    return {
        "root_unit_id": record.org_id,
        **{name: getattr(record, name) for name in _CONTENT},
    }


async def _outside(session: AsyncSession, record: Campaign, body: CampaignIn) -> dict[str, int]:
    period = (body.starts_on, body.ends_on)
    if record.opening_at is None or period == (record.starts_on, record.ends_on):
        return {}
    return await queries.count_outside(session, record.id, *period)


async def _judge(session: AsyncSession, record: Campaign, body: CampaignIn) -> None:
    requirements = await queries.list_requirements(session, record.id)
    errors = [
        *checking.campaign_errors(body),
        *checking.notice_id_errors(body, record),
        *checking.change_errors(record, body, requirements),
    ]
    if dropped := checking.dropped_notices(record, body):
        used = await notices.find_used(session, dropped)
        errors += [NOTICE_IN_USE.at("/notices", number=dropped[id_]) for id_ in used]
    if errors:
        raise Invalid(errors)
    if body.code != record.code and await queries.find_by_code(session, body.code):
        raise CampaignCodeTaken(taken=body.code)


async def _write(session: AsyncSession, record: Campaign, body: CampaignIn) -> None:
    before, days = records.campaign_json(record), (record.starts_on, record.ends_on)
    records.set_campaign(record, body)
    record.revision += 1
    await session.flush()
    await events.record(session, records.campaign_change("campaign.updated", record, before=before))
    if record.opening_at is not None and days != (record.starts_on, record.ends_on):
        await _follow_days(session, record)


async def _follow_days(session: AsyncSession, record: Campaign) -> None:
    """Have periods cut anew by jobs, after the days of a campaign have changed."""
    for item in await queries.list_requirements(session, record.id):
        if item.every is not None and item.active:
            payload = records.job_payload(session, item)
            await jobs.enqueue(session, RECONCILE_JOB, payload, org_id=item.org_id, created_by=None)


_CONTENT = (
    "code", "name", "starts_on", "ends_on", "notices", "topics", "checks", "talk_modes",
    "methods", "counts_from", "public_feed", "retention_years", "notice_days",
    "local_requirements", "activity_kinds", "leader_items", "report_kinds",
)  # fmt: skip
