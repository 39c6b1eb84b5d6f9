"""What an activity counts for: its holder's duties, and its leaders'."""

from collections.abc import Iterable
from uuid import UUID

from app.features.activities.schemas.activity import ActivityIn
from app.features.leader_records.rules import find_item
from app.features.leader_records.service.derived import Derivation
from app.features.obligations.rules import Evidence
from app.features.submissions.references import References


def build_evidence(activity_id: UUID, item: ActivityIn, refs: References) -> Evidence:
    """Return the activity as the ledger sees it: for its holder, and leaders of the same branch."""
    own = (
        p.leader_id for p in item.participants if refs.leaders[p.leader_id].branch_id == item.org_id
    )
    return Evidence(
        record="activity",
        source_id=activity_id,
        campaign_id=item.campaign_id,
        kind=item.kind,
        day=item.held_on,
        subjects=frozenset({item.org_id, *own}),
        topics=frozenset(item.topics),
        checks=frozenset(item.checks),
    )


def derive_records(
    activity_id: UUID, item: ActivityIn, refs: References, status: str
) -> Iterable[Derivation]:
    """Yield the leader records that the activity gives; a draft gives none."""
    if status == "draft":
        return
    audience = None
    if isinstance(item.details, dict):
        audience = item.details.get("audience_count")
    for participant in item.participants:
        leader = refs.leaders[participant.leader_id]
        kind = refs.organizations[item.org_id].kind
        derived = find_item(item.kind, participant.role, kind)
        if derived is not None:
            yield Derivation(
                activity_id=activity_id,
                report_id=None,
                campaign_id=item.campaign_id,
                leader_id=leader.id,
                **leader.home.columns,
                item=derived.value,
                done_on=item.held_on,
                title=item.title,
                place=item.place,
                audience_count=audience,
                status=status,
            )
