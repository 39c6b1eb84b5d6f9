"""SQL of evidence: the records that weigh for obligations, whichever came first."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible
from app.db.rows import AnySelect, name_rows
from app.features.obligations.facts import OWN
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
from app.models.activities import counts_in

Record = Activity | Inspection | LeaderRecord | Report


class EvidenceRow(NamedTuple):
    """A record that weighs for an obligation, with whatever of it may be asked for.

    What is not told of records of its kind has its default.
    """

    obligation_id: UUID
    org_id: UUID
    campaign_id: UUID
    period_id: UUID
    opens_on: date | None
    due_on: date | None
    evidence: dict[str, Any]
    """What the requirement asks for."""
    record: str
    source_id: UUID
    kind: str
    day: date | None
    standing: bool
    """False while it is returned."""
    first_day: date | None
    """Between this day and `last_day_there` the subject of the obligation is there."""
    last_day_there: date | None
    at: datetime | None = None
    own_kind: str | None = None
    last_day: date | None = None
    held_by: UUID | None = None
    talk_mode: str | None = None
    details: dict[str, Any] | None = None
    topics: Sequence[str] = ()
    checks: Sequence[str] = ()
    methods: Sequence[str] = ()
    members_due: int | None = None
    members_present: int | None = None
    public_present: int | None = None
    person_times: int | None = None
    place: str | None = None
    summary: str | None = None
    audience_count: int | None = None
    selected: bool = False
    forwarded: bool = False
    handed_up: bool = False
    nil_kinds: Sequence[str] = ()
    period: dict[str, str] | None = None


async def load_evidence(
    session: AsyncSession, obligation_ids: Sequence[UUID], caller: Principal | None = None
) -> list[EvidenceRow]:
    """Return records that could count for obligations and do not yet, each with its obligation.

    All of them, or those that a caller sees.
    """
    found: list[EvidenceRow] = []
    records: Sequence[tuple[AnySelect, type[Record]]] = (
        (_activities(), Activity),
        (_attendance(), Activity),
        (_leader_records(), LeaderRecord),
        (_reports(), Report),
        (_nil_returns(), Report),
        *((statement, Report) for statement in _passed_on()),
        (_inspections(), Inspection),
    )
    for statement, record in records:
        counted = exists().where(
            Credit.obligation_id == Obligation.id, Credit.source_id == record.id
        )
        narrowed = statement.where(Obligation.id.in_(obligation_ids), ~counted)
        if caller is not None:
            narrowed = narrowed.where(visible(caller, record.org_id))
        found += name_rows(EvidenceRow, await session.execute(narrowed))
    return _of_days_there(found)


async def load_activities(
    session: AsyncSession, obligation_ids: Sequence[UUID], activity_id: UUID | None
) -> list[EvidenceRow]:
    """Return the same of activities, or of one, whether they count already or not."""
    found: list[EvidenceRow] = []
    for statement in (_activities(), _attendance()):
        narrowed = statement.where(Obligation.id.in_(obligation_ids))
        if activity_id is not None:
            narrowed = narrowed.where(Activity.id == activity_id)
        found += name_rows(EvidenceRow, await session.execute(narrowed))
    return _of_days_there(found)


def _of_days_there(found: list[EvidenceRow]) -> list[EvidenceRow]:
    """Return the rows of days on which the subject of the obligation was there."""
    return [
        row
        for row in found
        if existed(row.first_day, row.last_day_there, passings.day_of(row.day, row.at))
    ]


def _activities() -> AnySelect:
    """Activities held by the obliged organization."""
    return _of_activity().join(
        Activity,
        (Activity.org_id == Obligation.subject_id) & counts_in(Obligation.campaign_id),
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
            & counts_in(Obligation.campaign_id),
        )
    )


def _of_activity() -> AnySelect:
    begun = func.substr(Activity.summary, 1, 1).label("summary")
    told = (getattr(Activity, name) for name in OWN if name != "summary")
    return _rows(
        "activity", Activity, Activity.kind, Activity.held_on,
        Activity.own_kind, Activity.ended_on.label("last_day"), Activity.org_id.label("held_by"),
        Activity.talk_mode, Activity.details, begun, *told,
    ).where(_weighs(Activity.status))  # fmt: skip


def _leader_records() -> AnySelect:
    """Return the obliged leader's own records."""
    article = LeaderRecord.report_id.in_(select(Report.id).where(Report.endorsed))
    return (
        _rows(
            "leader_record", LeaderRecord, LeaderRecord.item, LeaderRecord.done_on,
            LeaderRecord.place, LeaderRecord.audience_count,
        )
        .join(
            LeaderRecord,
            (LeaderRecord.leader_id == Obligation.subject_id)
            & (LeaderRecord.campaign_id == Obligation.campaign_id),
        )
        .where(_weighs(LeaderRecord.status, article))
    )  # fmt: skip


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


def _rows(record: str, model: type[Record], kind: Any, day: Any, *more: Any) -> AnySelect:
    """Obligations with their requirement and campaign, the record still to be joined."""
    return (
        select(
            Obligation.id.label("obligation_id"),
            Obligation.org_id,
            Obligation.campaign_id,
            Obligation.period_id,
            Obligation.opens_on,
            Obligation.due_on,
            Requirement.evidence,
            literal(record).label("record"),
            model.id.label("source_id"),
            kind.label("kind"),
            day.label("day"),
            (model.status != "returned").label("standing"),
            existence.first_day().label("first_day"),
            existence.last_day().label("last_day_there"),
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
