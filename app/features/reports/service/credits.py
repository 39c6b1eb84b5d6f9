"""What a report counts for: its organization's duties, and the three ones of who wrote it."""

from collections.abc import Mapping
from typing import Any

from app.features.leader_records.service.derived import Derivation
from app.features.obligations.rules import Evidence
from app.features.submissions.references import Placed
from app.models.vocabulary import LeaderItem, ReportKind


def evidence(row: Mapping[str, Any]) -> Evidence:
    """Return a report that was handed in, as the ledger sees it."""
    return Evidence(
        record="report",
        source_id=row["id"],
        campaign_id=row["campaign_id"],
        kind=row["kind"],
        day=row["reported_on"],
        subjects=frozenset({row["org_id"]}),
    )


def derivations(row: Mapping[str, Any], leader: Placed | None) -> list[Derivation]:
    """Return the leader record that a research article gives; a draft gives none."""
    if leader is None or row["status"] == "draft" or row["kind"] != ReportKind.RESEARCH_ARTICLE:
        return []
    derivation = Derivation(
        activity_id=None,
        report_id=row["id"],
        campaign_id=row["campaign_id"],
        leader_id=leader.id,
        org_id=leader.org_id,
        **leader.zones,
        item=LeaderItem.RESEARCH_ARTICLE.value,
        done_on=row["reported_on"],
        title=row["title"],
        place=None,
        audience_count=None,
        status=row["status"],
    )
    return [derivation]
