"""What must be true of an activity before anything of it is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.activities import rules
from app.features.activities.queries import alike
from app.features.activities.schemas.activity import ActivityIn
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.campaigns import codes
from app.features.delegate_offices import queries as offices
from app.features.delegate_offices.errors import OFFICE_CLOSED, OFFICE_NOT_OPEN, UNKNOWN_OFFICE
from app.features.findings import queries
from app.features.findings.rules import handling_errors
from app.features.submissions import references
from app.features.submissions import rules as reviews
from app.features.submissions.errors import (
    UNKNOWN_CAMPAIGN,
    UNKNOWN_LEADER,
    UNKNOWN_ORGANIZATION,
    CampaignNotOpen,
)
from app.features.submissions.references import (
    CampaignRow,
    OfficeRow,
    OrganizationRow,
    References,
    behalf_errors,
    day_errors,
    existence_errors,
)
from app.features.submissions.rules import comes_in, stage_of
from app.features.submissions.schemas import UNFILLED
from app.kit.ids import is_within
from app.kit.pacing import paced
from app.kit.problems import FieldError, Forbidden, Invalid, Problem
from app.models import Finding, Opinion


async def load_references(
    session: AsyncSession,
    items: Iterable[ActivityIn],
    organizations: Mapping[UUID, references.OrganizationRow] | None = None,
) -> References:
    """Load what the activities name: three statements, a fourth for files.

    A fifth for supplements, where anything names more than its campaign has. `organizations` are
    those of the activities, where they are loaded already.
    """
    items = list(items)
    leader_ids = {p.leader_id for item in items for p in item.participants}
    if organizations is None:
        ids = {item.org_id for item in items}
        organizations = await alike.organizations(session, ids, items)
    named = {id_ for item in items for id_ in item.campaign_ids}
    campaigns = await references.load_campaigns(session, named - {UNFILLED})
    extend_kinds(items, campaigns)
    more = {
        (campaign_id, organizations[item.org_id].path)
        async for item in paced(items)
        if item.org_id in organizations and _names_more(item, _find_known(item, campaigns))
        for campaign_id in item.campaign_ids
    }
    return References(
        organizations,
        campaigns,
        await references.load_leaders(session, leader_ids),
        await attachments.lock_owners(session, {i for item in items for i in item.attachment_ids}),
        await references.load_supplements(session, more),
        await offices.lock_offices(session, {item.office_id for item in items if item.office_id}),
    )


def extend_kinds(items: Iterable[ActivityIn], campaigns: Mapping[UUID, CampaignRow]) -> None:
    """Tell activities of a campaign's own kind which one of the service's that extends."""
    for item in items:
        if item.base_kind is None:
            theirs = _find_known(item, campaigns)
            item.extend(codes.find_extended(theirs, "activity_kinds", item.kind))


def _find_known(item: ActivityIn, campaigns: Mapping[UUID, CampaignRow]) -> list[CampaignRow]:
    return [campaigns[id_] for id_ in item.campaign_ids if id_ in campaigns]


def _names_more(item: ActivityIn, campaigns: Sequence[CampaignRow]) -> bool:
    """Return whether an activity names a code that none of its campaigns has itself."""
    if not campaigns:
        return False
    named = {
        "topics": item.topics,
        "checks": [*item.checks, *(finding.check for finding in item.findings)],
        "methods": item.methods,
        "talk_modes": [item.talk_mode] if item.talk_mode is not None else [],
    }
    return any(
        not codes.label(campaigns, name).keys() >= set(given)
        for name, given in named.items()
        if given
    )


@dataclass(frozen=True, slots=True)
class TakenIds:
    """Ids of findings and of opinions that no new one may have."""

    findings: set[UUID]
    opinions: set[UUID]

    def add(self, item: ActivityIn) -> None:
        """Let no other activity have the ids of this one's parts."""
        self.findings.update(f.id for f in item.findings if f.id is not None)
        self.opinions.update(o.id for o in item.opinions if o.id is not None)


async def find_taken_ids(
    session: AsyncSession, items: Iterable[ActivityIn], own: TakenIds | None = None
) -> TakenIds:
    """Return which of the ids that callers gave to parts are those of records other than `own`."""
    given = TakenIds(set(), set())
    for item in items:
        given.add(item)
    if own is not None:
        given.findings.difference_update(own.findings)
        given.opinions.difference_update(own.opinions)
    return TakenIds(
        await queries.find_existing(session, Finding, given.findings),
        await queries.find_existing(session, Opinion, given.opinions),
    )


def part_id_errors(item: ActivityIn, taken: TakenIds) -> Iterator[FieldError]:
    """Yield what is wrong with the ids of an activity's parts."""
    findings, opinions = [f.id for f in item.findings], [o.id for o in item.opinions]
    yield from reviews.part_id_errors("/findings", findings, taken.findings)
    yield from reviews.part_id_errors("/opinions", opinions, taken.opinions)


def problem_of(
    caller: Principal,
    item: ActivityIn,
    refs: References,
    before: ActivityIn | None = None,
    *,
    returned: bool = False,
) -> Problem | None:
    """Return everything that is wrong with one activity, None if nothing.

    `returned`: it was handed in before, and came back. `before` is what it was before a change.
    """
    organization = refs.organizations.get(item.org_id)
    if organization is not None and not caller.may(Power.VIEW, organization.path):
        organization = None
    found = [*_own_errors(item)]
    found += attachment_rules.unknown(item.attachment_ids, refs.attachments, {item.org_id})
    if organization is None:
        found += [UNKNOWN_ORGANIZATION.at("/org_id")] if item.org_id != UNFILLED else []
    else:
        misplaced = _place_errors(caller, item, organization, refs)
        found += reviews.of_changes(misplaced, before, item)
    known, unknown = _find_campaigns(item, refs, organization)
    found += unknown
    if known and not unknown:
        if organization is not None:
            known = [refs.seen_from(campaign, organization.path) for campaign in known]
        unfit = [*_campaign_errors(item, known), *_leader_errors(item, known, refs.leaders)]
        added = before is not None and not set(item.campaign_ids) <= set(before.campaign_ids)
        found += reviews.of_changes(unfit, None if added else before, item)
    found = item.tell(found)
    if found or organization is None or not known:
        return Invalid(found)
    if not caller.may(Power.REPORT, organization.path):
        return Forbidden()
    stages = (stage_of(c.status, c.settle_until) for c in known)
    shut = next((stage for stage in stages if not comes_in(stage, returned=returned)), None)
    return None if shut is None else CampaignNotOpen(status=shut)


def _find_campaigns(
    item: ActivityIn, refs: References, organization: OrganizationRow | None
) -> tuple[list[CampaignRow], list[FieldError]]:
    """Return the campaigns that run where the organization is, and an error for each other one."""
    known, wrong = [], []
    for index, campaign_id in enumerate(item.campaign_ids):
        found = refs.campaigns.get(campaign_id)
        if found and (organization is None or is_within(organization.path, found.path)):
            known.append(found)
        else:
            if campaign_id == UNFILLED:
                continue
            several = "campaign_ids" in item.model_fields_set
            place = f"/campaign_ids/{index}" if several else "/campaign_id"
            wrong.append(UNKNOWN_CAMPAIGN.at(place))
    return known, wrong


def _own_errors(item: ActivityIn) -> Iterable[FieldError]:
    yield from rules.date_errors(item.held_on, item.ended_on)
    yield from rules.attendance_errors(item.members_due, item.members_present)
    leaders = [
        p.leader_id if p.leader_id != UNFILLED else i for i, p in enumerate(item.participants)
    ]
    yield from rules.repeated("/participants", leaders, "/leader_id")
    yield from rules.repeated("/campaign_ids", item.campaign_ids)
    for name in ("member_refs", "topics", "checks", "methods"):
        yield from rules.repeated(f"/{name}", getattr(item, name))
    for index, o in enumerate(item.opinions):
        yield from handling_errors(f"/opinions/{index}", o.handling, o.handler, o.answer)


def _campaign_errors(item: ActivityIn, campaigns: Sequence[CampaignRow]) -> Iterable[FieldError]:
    """Yield errors for days outside of any of the campaigns, and codes that none of them has."""
    days = [e for c in campaigns for e in day_errors("/held_on", item.held_on, c)]
    yield from days[:1]
    for name in ("topics", "checks", "methods"):
        yield from codes.judge(f"/{name}", getattr(item, name), campaigns, name)
    for index, finding in enumerate(item.findings):
        if finding.check not in codes.label(campaigns, "checks"):
            yield codes.unknown(f"/findings/{index}/check", campaigns, "checks")
    if item.base_kind is None:
        yield codes.unknown("/kind", campaigns, "activity_kinds")
    yield from item.wrong_details
    if item.talk_mode is not None and item.talk_mode not in codes.label(campaigns, "talk_modes"):
        yield codes.unknown("/talk_mode", campaigns, "talk_modes")


def _place_errors(
    caller: Principal, item: ActivityIn, organization: OrganizationRow, refs: References
) -> Iterable[FieldError]:
    """Yield errors of what does not agree with the organization that held it."""
    yield from existence_errors("/held_on", item.held_on, organization)
    yield from behalf_errors(caller, organization.path, on_behalf=item.on_behalf)
    yield from _office_errors(caller, item, organization, refs.offices)


def _office_errors(
    caller: Principal,
    item: ActivityIn,
    organization: OrganizationRow,
    known: Mapping[UUID, OfficeRow],
) -> Iterable[FieldError]:
    """Yield an error for an office out of reach, or not open on the day.

    Within reach are those that the caller sees, and those of the units above the organization.
    """
    office_id = item.office_id
    if office_id is None:
        return
    office, place = known.get(office_id), "/details/office_id"
    reached = office is not None and (
        caller.may(Power.VIEW, office.path) or is_within(organization.path, office.path)
    )
    if office is None or not reached:
        yield UNKNOWN_OFFICE.at(place)
    elif office.opened_on is not None and item.held_on < office.opened_on:
        yield OFFICE_NOT_OPEN.at("/held_on", opened_on=office.opened_on)
    elif office.closed_on is not None and item.held_on > office.closed_on:
        yield OFFICE_CLOSED.at(place, closed_on=office.closed_on)


def _leader_errors(
    item: ActivityIn,
    campaigns: Sequence[CampaignRow],
    leaders: Mapping[UUID, references.Placed],
) -> Iterable[FieldError]:
    """Yield an error for each leader outside a campaign's tree, seen by the caller or not."""
    for index, participant in enumerate(item.participants):
        if participant.leader_id == UNFILLED:
            continue  # which is told at the name that stands for nobody
        leader = leaders.get(participant.leader_id)
        if leader is None or not all(leader.is_within(c.path) for c in campaigns):
            yield UNKNOWN_LEADER.at(f"/participants/{index}/leader_id")
