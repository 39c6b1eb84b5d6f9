"""What entering a finding and entering an opinion on their own have in common."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.campaigns import codes
from app.features.findings import queries
from app.features.findings.errors import UNKNOWN_ACTIVITY
from app.features.findings.schemas.records import FindingRecordIn, OpinionRecordIn
from app.features.findings.service import writing
from app.features.obligations import service as obligations
from app.features.submissions import references
from app.features.submissions.errors import (
    IMMUTABLE,
    IN_FUTURE,
    UNKNOWN_CAMPAIGN,
    UNKNOWN_ORGANIZATION,
    CampaignNotOpen,
    ExistsOtherwise,
)
from app.features.submissions.known import see_from
from app.features.submissions.schemas import UNFILLED
from app.kit import clock, ids
from app.kit.ids import is_within
from app.kit.naming import sent_fields
from app.kit.problems import FieldError, Invalid
from app.kit.sameness import says_the_same
from app.models import Finding, Opinion


async def check(
    session: AsyncSession,
    caller: Principal,
    item: FindingRecordIn | OpinionRecordIn,
    day: date | None,
    day_pointer: str,
    more: Sequence[FieldError],
) -> str:
    """Return the path of the organization named, or raise all that is wrong with the item."""
    found = await references.load_organizations(session, caller, {item.org_id})
    organization = found.get(item.org_id)
    campaign = (await references.load_campaigns(session, {item.campaign_id})).get(item.campaign_id)
    wrong = list(more)
    if organization is None:
        wrong += [UNKNOWN_ORGANIZATION.at("/org_id")] if item.org_id != UNFILLED else []
    if campaign is None or (organization and not is_within(organization.path, campaign.path)):
        wrong += [UNKNOWN_CAMPAIGN.at("/campaign_id")] if item.campaign_id != UNFILLED else []
    elif isinstance(item, FindingRecordIn):
        path = organization.path if organization else campaign.path
        wrong += await find_check_errors(session, item.check, campaign, path)
    if day is not None and day > clock.today():
        wrong.append(IN_FUTURE.at(day_pointer))
    if item.activity_id is not None and not await queries.is_activity_of(
        session, item.activity_id, item.org_id, item.campaign_id
    ):
        wrong.append(UNKNOWN_ACTIVITY.at("/activity_id"))
    wrong = item.tell(wrong)
    if wrong or organization is None or campaign is None:
        raise Invalid(wrong)
    if campaign.status != "open":
        raise CampaignNotOpen(status=campaign.status)
    return str(organization.path)


async def find_check_errors(
    session: AsyncSession, check: str, campaign: references.CampaignRow, path: str
) -> list[FieldError]:
    """Return an error if a check is none of the campaign's for an organization."""
    if check in codes.label([campaign], "checks"):
        return []
    there = await see_from(session, campaign, path)
    known = codes.label([there], "checks")
    return [] if check in known else [codes.unknown("/check", [there], "checks")]


def refuse_moved(
    row: Finding | Opinion, item: FindingRecordIn | OpinionRecordIn, names: Sequence[str]
) -> None:
    """Raise for every one of these fields that is to be another; one left out stays as it is."""
    wrong = [
        IMMUTABLE.at(f"/{name}")
        for name in names
        if name in item.model_fields_set
        and getattr(item, name) not in {getattr(row, name), UNFILLED}
    ]
    wrong = item.tell(wrong)
    if wrong:
        raise Invalid(wrong)


async def is_again(
    session: AsyncSession,
    kind: type[Finding | Opinion],
    item: FindingRecordIn | OpinionRecordIn,
    own_id: UUID,
    made_here: Sequence[str],
) -> bool:
    """Return whether what is sent under an id of the caller's is there already, the same.

    Raise `ExistsOtherwise` if it is there with other content.
    """
    row = await queries.by_id(session, kind, own_id)
    if row is None:
        return False
    kept = {name: getattr(row, name) for name in sent_fields(type(item))}
    if not says_the_same(item, kept, made_here=made_here):
        raise ExistsOtherwise
    return True


async def add(
    session: AsyncSession,
    kind: type[Finding | Opinion],
    values: Mapping[str, Any],
    own_id: UUID | None,
) -> UUID:
    """Insert a finding or an opinion, under the caller's own id if it has one; return its id."""
    row_id = own_id or ids.new_id()
    activity_id: UUID | None = values["activity_id"]
    if activity_id is not None:
        await queries.lock_activity(session, activity_id)
    queries.insert_part(session, kind, {"id": row_id, **values})
    record = kind.__name__.lower()
    await events.record(session, events.Change(f"{record}.created", row_id, values["org_id"], 1))
    if activity_id is not None:
        await writing.touch(session, activity_id, kind, row_id, "created")
        if kind is Finding:
            await obligations.follow_findings(session, activity_id)
    return row_id
