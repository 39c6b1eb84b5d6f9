"""What an activity counts for: its holder's duties, and its leaders'."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from app.features.activities.schemas.activity import ActivityIn
from app.features.campaigns import codes
from app.features.leader_records.rules import find_item
from app.features.leader_records.service.derived import Derivation, derive
from app.features.obligations.evidence import Evidence
from app.features.obligations.facts import OWN, build_facts, find_filled_of
from app.features.submissions.references import References
from app.kit.pacing import paced


def build_evidence(
    activity_id: UUID, item: ActivityIn, refs: References, *, new: bool = False
) -> list[Evidence]:
    """Return the activity as the ledger sees it: for its holder, and leaders of the same branch.

    It is evidence in each of its campaigns, of its kind and of the one that this extends. What was
    found at a new one is all in it; later it is looked up where it decides.
    """
    own = (
        p.leader_id for p in item.participants if refs.leaders[p.leader_id].branch_id == item.org_id
    )
    details = item.details if isinstance(item.details, dict) else None
    first = Evidence(
        record="activity",
        source_id=activity_id,
        campaign_id=item.campaign_id,
        kind=str(item.kind),
        day=item.held_on,
        subjects=frozenset({item.org_id, *own}),
        last_day=item.ended_on,
        org_id=item.org_id,
        topics=frozenset(item.topics),
        checks=frozenset(item.checks),
        talk_mode=item.talk_mode,
        methods=frozenset(item.methods),
        facts=build_facts({name: getattr(item, name) for name in OWN}, details),
        findings=find_filled_of(item.findings) if new else None,
    )
    kinds = dict.fromkeys((str(item.kind), str(item.base_kind)))
    return [
        replace(first, campaign_id=id_, kind=kind) for id_ in item.campaign_ids for kind in kinds
    ]


async def build_drafts(items: Mapping[UUID, ActivityIn], refs: References) -> list[Evidence]:
    """Return drafts, and what they give leaders, as the ledger would see them if handed in."""
    own: list[Evidence] = []
    given: list[Derivation] = []
    async for id_, item in paced(items.items()):
        if item.status == "draft":
            own += build_evidence(id_, item, refs, new=True)
            given += derive_records(id_, item, refs, "submitted")
    return own + derive(given).evidence


def derive_records(
    activity_id: UUID, item: ActivityIn, refs: References, status: str
) -> Iterable[Derivation]:
    """Yield the leader records that the activity gives in each campaign; a draft gives none."""
    if status == "draft":
        return
    audience = None
    if isinstance(item.details, dict):
        audience = item.details.get("audience_count")
    for participant in item.participants:
        leader = refs.leaders[participant.leader_id]
        kind = refs.organizations[item.org_id].kind
        derived = find_item(str(item.base_kind), participant.role, kind)
        if derived is None:
            continue
        for campaign_id in item.campaign_ids:
            called = codes.find_item(refs.campaigns[campaign_id], derived)
            if called is None:
                continue
            yield Derivation(
                activity_id=activity_id,
                report_id=None,
                campaign_id=campaign_id,
                leader_id=leader.id,
                **leader.home.columns,
                item=called,
                done_on=item.held_on,
                title=item.title,
                place=item.place,
                audience_count=audience,
                status=status,
            )
