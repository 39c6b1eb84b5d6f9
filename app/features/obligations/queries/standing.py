"""SQL of evidence: the records that weigh for obligations, whichever came first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnyRow, AnySelect
from app.features.obligations.queries import existence, passings
from app.features.obligations.rules import existed
from app.models import (
    Activity,
    Campaign,
    Credit,
    Inspection,
    Leader,
    LeaderRecord,
    Obligation,
    Participant,
    Report,
    Requirement,
)


async def load_evidence(session: AsyncSession, obligation_ids: Sequence[UUID]) -> list[AnyRow]:
    """Return records that could count for obligations and do not yet, each with its obligation.

    Rows: `obligation_id, org_id, campaign_id, opens_on, due_on, evidence` (of the requirement),
    then the record's `record, source_id, kind, day, topics, checks`, and `standing`: false while it
    is returned.
    """
    found: list[AnyRow] = []
    for statement, source_id in (
        (_activities(), Activity.id),
        (_attendance(), Activity.id),
        (_leader_records(), LeaderRecord.id),
        (_reports(), Report.id),
        (_nil_returns(), Report.id),
        *((statement, Report.id) for statement in _passed_on()),
        (_inspections(), Inspection.id),
    ):
        counted = exists().where(
            Credit.obligation_id == Obligation.id, Credit.source_id == source_id
        )
        narrowed = statement.where(Obligation.id.in_(obligation_ids), ~counted)
        found += (await session.execute(narrowed)).all()
    return [row for row in found if existed(row.first_day, row.last_day, passings.day_of(row))]


def _activities() -> AnySelect:
    """Activities held by the obliged organization."""
    return _of_activity().join(
        Activity,
        (Activity.org_id == Obligation.subject_id)
        & (Activity.campaign_id == Obligation.campaign_id),
    )


def _attendance() -> AnySelect:
    """Activities of the obliged leader's own branch that the leader took part in."""
    return (
        _of_activity()
        .join(Leader, Leader.id == Obligation.subject_id)
        .join(Participant, Participant.leader_id == Leader.id)
        .join(
            Activity,
            (Activity.id == Participant.activity_id)
            & (Activity.org_id == Leader.branch_id)
            & (Activity.campaign_id == Obligation.campaign_id),
        )
    )


def _of_activity() -> AnySelect:
    topics_and_checks = (Activity.topics, Activity.checks)
    return _rows("activity", Activity, Activity.kind, Activity.held_on, *topics_and_checks).where(
        _weighs(Activity.status)
    )


def _leader_records() -> AnySelect:
    """Return the obliged leader's own records."""
    article = LeaderRecord.report_id.in_(select(Report.id).where(Report.endorsed))
    return (
        _rows("leader_record", LeaderRecord, LeaderRecord.item, LeaderRecord.done_on)
        .join(
            LeaderRecord,
            (LeaderRecord.leader_id == Obligation.subject_id)
            & (LeaderRecord.campaign_id == Obligation.campaign_id),
        )
        .where(_weighs(LeaderRecord.status, article))
    )


def _reports() -> AnySelect:
    """Return reports of the obliged organization."""
    return (
        _rows(
            "report", Report, Report.kind, Report.reported_on,
            Report.selected, passings.handed_up().label("handed_up"),
        )
        .join(
            Report,
            (Report.org_id == Obligation.subject_id)
            & (Report.campaign_id == Obligation.campaign_id),
        )
        .where(_weighs(Report.status, Report.endorsed))
    )  # fmt: skip


def _nil_returns() -> AnySelect:
    """Return nil returns of the obliged organization, by which some of it may be settled."""
    return (
        _rows(
            "nil_return", Report, Report.kind, Report.reported_on, Report.nil_kinds, Report.period
        )
        .join(
            Report,
            (Report.org_id == Obligation.subject_id)
            & (Report.campaign_id == Obligation.campaign_id)
            & (Report.kind == "nil_return"),
        )
        .where(_weighs(Report.status, Report.endorsed))
    )


def _passed_on() -> list[AnySelect]:
    """Return reports that the obliged unit passed on: an act of its own of each, in one way."""
    return [
        _rows(
            "report", Report, Report.kind, way.c.day, way.c.at,
            Report.selected, true().label("forwarded"),
        )
        .join(way, way.c.unit_id == Obligation.subject_id)
        .join(
            Report,
            (Report.id == way.c.report_id) & (Report.campaign_id == Obligation.campaign_id),
        )
        .where(_weighs(Report.status, Report.endorsed))
        for way in passings.select_passings()
    ]  # fmt: skip


def _inspections() -> AnySelect:
    """Inspections by the obliged unit."""
    return (
        _rows("inspection", Inspection, literal("inspection"), Inspection.held_on)
        .join(
            Inspection,
            (Inspection.unit_id == Obligation.subject_id)
            & (Inspection.campaign_id == Obligation.campaign_id),
        )
        .where(Inspection.status == "submitted")
    )


def _rows(record: str, model: Any, kind: Any, day: Any, *more: Any) -> AnySelect:
    """Obligations with their requirement and campaign, the record still to be joined."""
    return (
        select(
            Obligation.id.label("obligation_id"),
            Obligation.org_id,
            Obligation.campaign_id,
            Obligation.opens_on,
            Obligation.due_on,
            Requirement.evidence,
            literal(record).label("record"),
            model.id.label("source_id"),
            kind.label("kind"),
            day.label("day"),
            (model.status != "returned").label("standing"),
            existence.first_day().label("first_day"),
            existence.last_day().label("last_day"),
            *more,
        )
        .select_from(Obligation)
        .join(Requirement, Requirement.id == Obligation.requirement_id)
        .join(Campaign, Campaign.id == Obligation.campaign_id)
    )


def _weighs(status: Any, endorsed: Any = None) -> ColumnElement[bool]:
    """Return the condition that a record weighs: `reviews.rules.weight` in SQL over `campaigns`."""
    early: ColumnElement[bool] = Campaign.counts_from == "submitted"
    if endorsed is not None:
        early = or_(early, endorsed)
    return or_(status.in_(("accepted", "returned")), and_(status == "submitted", early))
