"""What must be true of a report before anything of it is written."""

from collections.abc import Iterable, Iterator

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.campaigns import codes
from app.features.campaigns.errors import PERIOD_REVERSED
from app.features.reports.errors import NOT_FOR_KIND
from app.features.reports.schemas import ReportIn
from app.features.submissions import references
from app.features.submissions.errors import (
    CLOSED_ORGANIZATION,
    IN_FUTURE,
    NOT_FOUNDED_YET,
    OUTSIDE_CAMPAIGN,
    UNKNOWN_CAMPAIGN,
    UNKNOWN_LEADER,
    UNKNOWN_ORGANIZATION,
    CampaignNotOpen,
)
from app.features.submissions.references import References, behalf_errors
from app.features.submissions.rules import comes_in, of_changes, stage_of
from app.features.submissions.schemas import UNFILLED
from app.kit import clock
from app.kit.ids import is_within
from app.kit.problems import FieldError, Forbidden, Invalid, Problem
from app.kit.validation import REQUIRED
from app.models import Report


async def load_references(
    session: AsyncSession, caller: Principal, items: Iterable[ReportIn]
) -> References:
    """Load what the reports name: three statements, a fourth for files."""
    items = list(items)
    return References(
        await references.load_organizations(session, caller, {item.org_id for item in items}),
        await references.load_campaigns(session, {item.campaign_id for item in items}),
        await references.load_leaders(session, {i.leader_id for i in items if i.leader_id}),
        await attachments.lock_owners(session, {i for item in items for i in item.attachment_ids}),
    )


def problem_of(
    caller: Principal,
    item: ReportIn,
    refs: References,
    known: Report | None = None,
    before: Report | None = None,
) -> Problem | None:
    """Return all that is wrong with one report, None if nothing; `known` is what it was before.

    `before` is the same where it is changed and not handed in: what stays is not judged again.
    """
    organization = refs.organizations.get(item.org_id)
    campaign = refs.campaigns.get(item.campaign_id)
    found = [*_own_errors(item)]
    found += attachment_rules.unknown(item.attachment_ids, refs.attachments, {item.org_id})
    if organization is None:
        found += [UNKNOWN_ORGANIZATION.at("/org_id")] if item.org_id != UNFILLED else []
    else:
        found += of_changes(_existence_errors(item, organization), before, item)
        path, mark = organization.path, item.on_behalf
        found += of_changes(behalf_errors(caller, path, on_behalf=mark), before, item)
    if campaign is None or (organization and not is_within(organization.path, campaign.path)):
        found += [UNKNOWN_CAMPAIGN.at("/campaign_id")] if item.campaign_id != UNFILLED else []
    else:
        unfit = [*_day_errors(item, campaign), *_kind_errors(item, campaign)]
        found += of_changes(unfit, before, item)
        found += _leader_errors(caller, item, campaign, refs, known)
    found = item.tell(found)
    if found or organization is None or campaign is None:
        return Invalid(found)
    if not caller.may(Power.REPORT, organization.path):
        return Forbidden()
    stage, back = (
        stage_of(campaign.status, campaign.settle_until),
        known is not None and known.status == "returned",
    )
    in_time = comes_in(stage, returned=back, summary=item.kind == "summary" and known is None)
    return None if in_time else CampaignNotOpen(status=stage)


def _own_errors(item: ReportIn) -> Iterator[FieldError]:
    nil = item.kind == "nil_return"
    if nil:
        if not item.nil_kinds:
            yield REQUIRED.at("/nil_kinds")
        if item.leader_id is not None:
            yield NOT_FOR_KIND.at("/leader_id")
    else:
        if item.body is None:
            yield REQUIRED.at("/body")
        for name in ("nil_kinds", "period"):
            if getattr(item, name):
                yield NOT_FOR_KIND.at(f"/{name}")
    if item.period is not None and item.period.to < item.period.from_:
        yield PERIOD_REVERSED.at("/period/to", start=item.period.from_)
    before = {"nil_return"}
    for index, kind in enumerate(item.nil_kinds):
        if kind in before:
            yield NOT_FOR_KIND.at(f"/nil_kinds/{index}")
        before.add(kind)


def _kind_errors(item: ReportIn, campaign: references.CampaignRow) -> Iterator[FieldError]:
    if item.kind not in codes.label([campaign], "report_kinds"):
        yield codes.unknown("/kind", [campaign], "report_kinds")
    yield from codes.judge("/nil_kinds", item.nil_kinds, [campaign], "report_kinds")


def _day_errors(item: ReportIn, campaign: references.CampaignRow) -> Iterator[FieldError]:
    # What sums a campaign up is handed in after its last day.
    if item.reported_on is not None and item.reported_on > clock.today():
        yield IN_FUTURE.at("/reported_on")
    elif item.reported_on is not None and item.reported_on < campaign.starts_on:
        starts_on, ends_on = campaign.starts_on, campaign.ends_on or "…"
        yield OUTSIDE_CAMPAIGN.at("/reported_on", starts_on=starts_on, ends_on=ends_on)


def _existence_errors(
    item: ReportIn, organization: references.OrganizationRow
) -> Iterator[FieldError]:
    """Yield an error before the organization is founded, and once it is closed."""
    opened_on, closed_on = organization.opened_on, organization.closed_on
    if opened_on is not None and (item.reported_on or clock.today()) < opened_on:
        yield NOT_FOUNDED_YET.at("/reported_on", opened_on=opened_on)
    elif closed_on is not None and clock.today() > closed_on:
        yield CLOSED_ORGANIZATION.at("/org_id", closed_on=closed_on)


def _leader_errors(
    caller: Principal,
    item: ReportIn,
    campaign: references.CampaignRow,
    refs: References,
    known: Report | None,
) -> Iterator[FieldError]:
    """Yield an error if a leader named anew is out of sight; one named before may have left.

    In sight of a branch are the leaders who belong to it, too.
    """
    if item.leader_id in {None, UNFILLED} or (known and item.leader_id == known.leader_id):
        return
    leader = refs.leaders.get(item.leader_id)
    in_sight = leader is not None and (
        leader.branch_id == item.org_id or caller.may(Power.VIEW, leader.path)
    )
    if not (leader and in_sight and leader.is_within(campaign.path)):
        yield UNKNOWN_LEADER.at("/leader_id")
