"""What a report counts for: its organization's duties, and the three ones of who wrote it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.features.campaigns import codes
from app.features.leader_records.service.derived import Derivation
from app.features.obligations.evidence import Evidence, find_period
from app.features.submissions.references import CampaignRow, Placed
from app.models.vocabulary import LeaderItem, ReportKind


def build_evidence(row: Mapping[str, Any]) -> Evidence:
    """Return a report that was handed in, as the ledger sees it at its author's."""
    return Evidence(
        record="report",
        source_id=row["id"],
        campaign_id=row["campaign_id"],
        kind=row["kind"],
        day=row["reported_on"],
        subjects=frozenset({row["org_id"]}),
        selected=row["selected"],
        # As `passings.handed_up` has it in SQL.
        handed_up=row["level_id"] != row["org_id"] or row["status"] == "returned",
    )


def handed_in(row: Mapping[str, Any]) -> Iterator[Evidence]:
    """Yield a new report as the ledger sees it; nothing of a draft."""
    if row["status"] != "draft":
        own = build_evidence(row)
        yield own
        yield from nil(own, row)


def nil(own: Evidence, row: Mapping[str, Any]) -> Iterator[Evidence]:
    """Yield what a nil return settles: the kinds that it names, for its organization."""
    if row["kind"] == ReportKind.NIL_RETURN:
        period = find_period(row["period"])
        kinds = frozenset(row["nil_kinds"])
        yield replace(own, record="nil_return", nil_kinds=kinds, period=period)


def passed_on(own: Evidence, passings: Iterable[tuple[UUID, date]]) -> list[Evidence]:
    """Return a report as the ledger sees it at each unit that passed it on, by the day of that."""
    return [
        replace(own, subjects=frozenset({unit_id}), day=day, forwarded=True, handed_up=False)
        for unit_id, day in passings
    ]


def derive_records(
    row: Mapping[str, Any], leader: Placed | None, campaign: CampaignRow | None
) -> list[Derivation]:
    """Return the leader record that a research article gives; a draft gives none.

    Nor is there one in a campaign that does not ask its leaders for articles.
    """
    if leader is None or row["status"] == "draft" or row["kind"] != ReportKind.RESEARCH_ARTICLE:
        return []
    called = codes.find_item(campaign, LeaderItem.RESEARCH_ARTICLE) if campaign else None
    if called is None:
        return []
    derivation = Derivation(
        activity_id=None,
        report_id=row["id"],
        campaign_id=row["campaign_id"],
        leader_id=leader.id,
        **leader.home.columns,
        item=called,
        done_on=row["reported_on"],
        title=row["title"],
        place=None,
        audience_count=None,
        status=row["status"],
    )
    return [derivation]
