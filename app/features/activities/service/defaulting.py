"""What a new activity does not say, told from what is known of its branch and its campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.activities.queries import alike
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import MEETINGS, ActivityIn, ActivityNew
from app.features.activities.service import checking
from app.features.campaigns import codes
from app.features.submissions import defaulting
from app.features.submissions.defaulting import Unfilled
from app.features.submissions.references import CampaignRow, OrganizationRow, References
from app.features.submissions.schemas import UNFILLED
from app.kit.pacing import paced
from app.models.vocabulary import ActivityKind

FILLED: Final = (
    "campaign_id", "org_id", "kind", "title", "checks", "host", "members_due", "status",
)  # fmt: skip
"""What is filled in where it was not sent."""
_FOLLOWING: Final = ("title", "checks", "host", "members_due")
"""What of it follows from what is known at the moment: sent again, it is as it was then."""
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class Completed:
    """Activities with their defaults, what they name, and of what there was nothing to tell."""

    items: dict[int, ActivityIn]
    refs: References
    unfilled: Unfilled


def may_be_short(item: ActivityIn) -> bool:
    """Return whether what is not sent of an activity is filled in: of a new one, not of a PUT."""
    return isinstance(item, ActivityNew)


def place(caller: Principal, item: ActivityIn) -> ActivityIn:
    """Return an activity with the organization of the caller's grant, if none was sent."""
    own = defaulting.find_own_organization(caller) if _lacks(item, "org_id") else None
    return item if own is None else item.model_copy(update={"org_id": own})


async def complete(
    session: AsyncSession,
    sent: Mapping[int, ActivityIn],
    placed: Mapping[int, ActivityIn],
    known: Mapping[int, Whole],
    callers: Mapping[int, Principal],
) -> Completed:
    """Fill in what was not sent; of what is `known`, as it is there.

    The organizations and campaigns are loaded for it as they are for the checks, which follow.
    Of an organization that a caller does not see nothing is told.
    """
    items = dict(placed)
    named = {item.org_id for item in items.values()} - {UNFILLED}
    organizations = await alike.organizations(session, named, list(items.values()))
    homes = {
        index: home
        for index, item in items.items()
        if (home := organizations.get(item.org_id)) and callers[index].may(Power.VIEW, home.path)
    }
    for index in known.keys() & homes.keys():
        items[index] = _as_known(items[index], known[index])
    unfilled: Unfilled = {}
    async for index, item in paced(list(items.items())):
        if _lacks(sent[index], "org_id") and not _is_branch(homes.get(index)):
            items[index] = item.model_copy(update={"org_id": UNFILLED})
            unfilled[index] = [defaulting.require_organization()]
    paths = {index: home.path for index, home in homes.items() if index not in unfilled}
    wrong = await _choose_campaigns(session, items, paths)
    refs = await checking.load_references(session, items.values(), organizations)
    done = {
        i: _fill(item, homes.get(i), refs) if may_be_short(sent[i]) else item
        async for i, item in paced(items.items())
    }
    return Completed(done, refs, unfilled | wrong)


async def _choose_campaigns(
    session: AsyncSession, items: dict[int, ActivityIn], paths: Mapping[int, str]
) -> Unfilled:
    """Fill in the campaigns that were not sent; return of which none can be told."""
    lacking = {index: path for index, path in paths.items() if _lacks(items[index], "campaign_id")}
    chosen, wrong = await defaulting.choose_campaigns(session, lacking)
    for index, campaign_id in chosen.items():
        items[index] = items[index].put_into([campaign_id])
    return wrong


def _is_branch(home: OrganizationRow | None) -> bool:
    return home is not None and defaulting.is_branch(home.kind)


def _lacks(item: ActivityIn, name: str) -> bool:
    return isinstance(item, ActivityNew) and defaulting.lacks(item, name)


def _as_known(item: ActivityIn, whole: Whole) -> ActivityIn:
    """Return an activity with what was filled in when it was sent first."""
    if not may_be_short(item) or whole.activity.org_id != item.org_id:
        return item
    if _lacks(item, "campaign_id"):
        item = item.put_into(whole.activity.campaign_ids)
    return defaulting.fill(item, {name: getattr(whole.activity, name) for name in _FOLLOWING})


def _fill(item: ActivityIn, home: OrganizationRow | None, refs: References) -> ActivityIn:
    """Return an activity with the defaults that follow from its organization and campaigns."""
    campaigns = [refs.campaigns[id_] for id_ in item.campaign_ids if id_ in refs.campaigns]
    values = _by_campaign(item, campaigns)
    if home is not None and item.base_kind in MEETINGS and _is_branch(home):
        values |= _by_branch(item, home)
    return defaulting.fill(item, values)


def _by_campaign(item: ActivityIn, campaigns: Sequence[CampaignRow]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if defaulting.lacks(item, "title"):
        values["title"] = _title(item, campaigns)
    is_meeting = item.base_kind is ActivityKind.THEMED_ORG_LIFE_MEETING
    if campaigns and is_meeting and defaulting.lacks(item, "checks"):
        entries = (entry for c in campaigns for entry in codes.read_entries(c, "checks"))
        values["checks"] = list(dict.fromkeys(entry["code"] for entry in entries))
    return values


def _by_branch(item: ActivityIn, home: OrganizationRow) -> dict[str, Any]:
    """Return who was in the chair, and the members due where it is said how many were present."""
    due = home.member_count if item.members_present is not None else None
    return {"host": home.chair, "members_due": due}


def _title(item: ActivityIn, campaigns: Sequence[CampaignRow]) -> str:
    """Return a title by kind and topics: “讨论：谈……”, “讨论：谈……等2个议题”."""
    kinds, titles = (codes.label(campaigns, name) for name in ("activity_kinds", "topics"))
    kind = kinds[item.kind].zh if item.kind in kinds else _find_label(item)
    topics = [titles[code].zh for code in item.topics if code in titles]
    if not topics:
        return kind
    end = f"等{len(topics)}个议题" if len(topics) > 1 else ""
    left = _LONGEST_TITLE - len(f"{kind}：{end}")
    first = topics[0] if len(topics[0]) <= left else f"{topics[0][: left - 1]}…"
    return f"{kind}：{first}{end}"


def _find_label(item: ActivityIn) -> str:
    """Return what the service calls a kind: no campaign is known, which is told as wrong."""
    return item.base_kind.zh if item.base_kind is not None else str(item.kind)
