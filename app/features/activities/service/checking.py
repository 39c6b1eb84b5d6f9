"""What must be true of an activity before anything of it is written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.db.rows import AnyRow
from app.features.activities import rules
from app.features.activities.queries import alike
from app.features.activities.schemas.activity import ActivityIn
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
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
    References,
    day_errors,
    existence_errors,
    load_labels,
)
from app.features.submissions.rules import comes_in, stage_of
from app.kit.ids import is_within
from app.kit.language import Text
from app.kit.problems import FieldError, Forbidden, Invalid, Problem
from app.models import Finding, Opinion

_TOPIC: Final = Text("议题", "topic")
_CHECK: Final = Text("“四查四看”内容", "check")
_METHOD: Final = Text("方法", "method")
_TALK_MODE: Final = Text("谈的方式", "talk mode")


async def load_references(session: AsyncSession, items: Iterable[ActivityIn]) -> References:
    """Load what the activities name: three statements, a fourth for files."""
    items = list(items)
    leader_ids = {p.leader_id for item in items for p in item.participants}
    return References(
        await alike.organizations(session, {item.org_id for item in items}, items),
        await references.load_campaigns(session, {item.campaign_id for item in items}),
        await references.load_leaders(session, leader_ids),
        await attachments.lock_owners(session, {i for item in items for i in item.attachment_ids}),
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
    campaign = refs.campaigns.get(item.campaign_id)
    found = [*_own_errors(item)]
    found += attachment_rules.unknown(item.attachment_ids, refs.attachments, {item.org_id})
    if organization is None:
        found.append(UNKNOWN_ORGANIZATION.at("/org_id"))
    else:
        absent = existence_errors("/held_on", item.held_on, organization)
        found += reviews.of_changes(absent, before, item)
    if campaign is None or (organization and not is_within(organization.path, campaign.path)):
        found.append(UNKNOWN_CAMPAIGN.at("/campaign_id"))
    else:
        unfit = [
            *_campaign_errors(item, campaign),
            *_leader_errors(item, campaign, refs.leaders),
        ]
        found += reviews.of_changes(unfit, before, item)
    if found or organization is None or campaign is None:
        return Invalid(found)
    if not caller.may(Power.REPORT, organization.path):
        return Forbidden()
    stage = stage_of(campaign.status, campaign.settle_until)
    return None if comes_in(stage, returned=returned) else CampaignNotOpen(status=stage)


def _own_errors(item: ActivityIn) -> Iterable[FieldError]:
    yield from rules.date_errors(item.held_on, item.ended_on)
    yield from rules.attendance_errors(item.members_due, item.members_present)
    leaders = [p.leader_id for p in item.participants]
    yield from rules.repeated("/participants", leaders, "/leader_id")
    yield from rules.repeated("/member_refs", item.member_refs)
    for index, o in enumerate(item.opinions):
        yield from handling_errors(f"/opinions/{index}", o.handling, o.handler, o.answer)


def _campaign_errors(item: ActivityIn, campaign: AnyRow) -> Iterable[FieldError]:
    yield from day_errors("/held_on", item.held_on, campaign)
    for pointer, given, known, what in (
        ("/topics", item.topics, campaign.topics, _TOPIC),
        ("/checks", item.checks, campaign.checks, _CHECK),
        ("/methods", item.methods, campaign.methods, _METHOD),
    ):
        yield from rules.code_errors(pointer, given, load_labels(known), what)
    modes = load_labels(campaign.talk_modes)
    if item.talk_mode is not None and item.talk_mode not in modes:
        yield rules.not_in_campaign("/talk_mode", modes, _TALK_MODE)


def _leader_errors(
    item: ActivityIn, campaign: AnyRow, leaders: Mapping[UUID, references.Placed]
) -> Iterable[FieldError]:
    """Yield an error for each leader outside the campaign's tree, seen by the caller or not."""
    for index, participant in enumerate(item.participants):
        leader = leaders.get(participant.leader_id)
        if leader is None or not leader.is_within(campaign.path):
            yield UNKNOWN_LEADER.at(f"/participants/{index}/leader_id")
