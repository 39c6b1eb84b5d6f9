"""What a requirement is checked against: its campaign, its issuer, and what others ask for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible_organizations
from app.features.campaigns import codes, rules
from app.features.campaigns.errors import OUTSIDE_SUBTREE, UNIT_IS_BRANCH, UNKNOWN_UNIT
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import supplements
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.schemas.requirements import RequirementIn, RequirementState
from app.features.campaigns.schemas.supplements import SupplementIn
from app.features.campaigns.service import approving, campaigns, checking, layering, records
from app.features.campaigns.service.layering import Frame, Local
from app.kit import clock, ids
from app.kit.ids import is_within
from app.kit.problems import FieldError, Invalid
from app.models import Campaign, Requirement, Supplement


@dataclass(frozen=True, slots=True)
class Held:
    """A requirement locked for change, with its campaign and the unit that issued it."""

    requirement: Requirement
    campaign: Campaign
    issuer: Place


@dataclass(frozen=True, slots=True)
class Site:
    """Where something is asked for: a campaign, a unit, and the supplements on its line."""

    campaign: Campaign
    issuer: Place
    line: Sequence[Supplement | SupplementIn]


async def issuer(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    issuer_id: UUID | None,
    pointer: str = "/issued_by_unit_id",
) -> Place:
    """Return who issues a requirement: the root, or one below it that the caller organizes."""
    if issuer_id is None or issuer_id == campaign.org_id:
        return await campaigns.get_organized_unit(session, caller, campaign.org_id)
    seen = await queries.load_places(session, [issuer_id], visible_organizations(caller))
    place = seen.get(issuer_id)
    if place is None:
        raise Invalid([UNKNOWN_UNIT.at(pointer)])
    root = (await queries.load_places(session, [campaign.org_id]))[campaign.org_id]
    if place.type != "unit":
        raise Invalid([UNIT_IS_BRANCH.at(pointer)])
    if not is_within(place.path, root.path):
        raise Invalid([OUTSIDE_SUBTREE.at(pointer, name=root.name)])
    return await campaigns.get_organized_unit(session, caller, issuer_id)


async def frame(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    issuer: Place,
    body: RequirementIn,
    itself: Requirement | None = None,
) -> Frame:
    """Return what a requirement of this issuer, not `itself`, is checked against."""
    line = await supplements.list_active(session, [campaign.id], ids.path_ids(issuer.path))
    return await frame_of(session, caller, Site(campaign, issuer, line), [body], itself)


async def frame_of(
    session: AsyncSession,
    caller: Principal,
    site: Site,
    bodies: Sequence[RequirementIn],
    itself: Requirement | None = None,
) -> Frame:
    """Return what requirements of one issuer are checked against, beside all that stand there."""
    campaign, issuer = site.campaign, site.issuer
    found = await queries.requirements_of_line(session, campaign.id, issuer.path)
    under = {record.id: UUID(record.applies_to["under_unit_id"]) for record in found}
    places = await queries.load_places(session, set(under.values()))
    line = [
        (record, layering.reach_of(record, places[under[record.id]].path))
        for record in found
        if record is not itself
    ]
    days = campaign.notice_days
    local = Local(
        root_id=campaign.org_id,
        notice_days=days,
        earliest=None if days is None else clock.today() + timedelta(days),
        free=campaign.local_requirements == "free",
        others=[item for item in line if item[0].org_id == issuer.id],
    )
    under_ids = (body.applies_to.under_unit_id for body in bodies)
    named = {unit_id for unit_id in under_ids if unit_id is not None}
    return Frame(
        campaign.starts_on,
        campaign.ends_on,
        checking.with_added(checking.codes_of(campaign), site.line),
        codes.list_extended(campaign),
        issuer,
        await queries.load_places(session, named, visible_organizations(caller)),
        [item for item in line if item[0].org_id != issuer.id],
        passed_on=itself.extends_code if itself is not None else None,
        local=local if issuer.id != campaign.org_id else None,
    )


async def judged(
    session: AsyncSession, caller: Principal, held: Held, body: RequirementState
) -> Frame:
    """Return what a change is checked against; raise `Invalid` with all that is wrong with it.

    What a unit below the root may ask for is judged only where it asks for more than before.
    """
    record, campaign = held.requirement, held.campaign
    found = await frame(session, caller, campaign, held.issuer, body, record)
    after = records.requirement_content(body, record.org_id, None)
    more = rules.asks_more(records.requirement_state(record), after)
    again = record.status != "active" or (body.active and not record.active)
    if not more and not again:
        found = replace(found, local=None)
    by = approving.deciding_unit(campaign, found, record)
    needed = bool(more) and approving.is_asked_for(campaign, held.issuer.id)
    needed = needed and not await approving.may_decide(session, caller, by)
    refuse(
        [
            *checking.requirement_errors(found, body),
            *approving.change_errors(record, body, more, needed=needed),
        ]
    )
    return found


async def await_approval(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    record: Requirement,
    frame: Frame,
) -> None:
    """Let a new requirement wait for the superior, unless that is who asks."""
    if not approving.is_asked_for(campaign, record.org_id):
        return
    by = approving.deciding_unit(campaign, frame, record)
    if not await approving.may_decide(session, caller, by):
        approving.propose(record, by)


def refuse(errors: Iterable[FieldError]) -> None:
    """Raise all that was found, if anything was."""
    found = list(errors)
    if found:
        raise Invalid(found)
