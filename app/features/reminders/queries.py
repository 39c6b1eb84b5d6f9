"""SQL of reminders: everything unfinished with a day, as one set."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Subquery,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import in_subtree, visible_organizations
from app.features.activities.queries.parts import is_hidden
from app.features.counts.rules import UNSETTLED
from app.features.reminders.rules import ESCALATION_DAYS, SOON_DAYS, Stage
from app.kit.rows import AnyRow, AnySelect
from app.models import (
    Activity,
    Campaign,
    Finding,
    FollowUp,
    Inspection,
    Job,
    LeaderRecord,
    Obligation,
    Organization,
    Reminder,
    Report,
    Requirement,
)


def unfinished(today: date) -> Subquery:
    """Everything unfinished whose day is near or past.

    Columns: `kind, record, record_id, inspection_id, campaign_id, org_id, title, due_on, stage`.
    """
    last = today + timedelta(days=SOON_DAYS)
    everything = union_all(
        _obligations(today).where(Obligation.due_on <= last),
        _findings().where(Finding.due_on <= last),
        _follow_ups().where(FollowUp.due_on <= last),
        *(_returned(kind, name).where(kind.resubmit_by <= last) for kind, name in _RETURNABLE),
    ).subquery("everything")
    due_on = everything.c.due_on
    stage = case(
        (due_on <= today - timedelta(days=ESCALATION_DAYS), Stage.ESCALATED.value),
        (due_on < today, Stage.OVERDUE.value),
        else_=Stage.DUE_SOON.value,
    )
    return select(*everything.c, stage.label("stage")).subquery("unfinished")


def listed(
    caller: Principal, due: Subquery, *conditions: ColumnElement[bool], under: str | None
) -> AnySelect:
    """Reminders that the caller sees, each with `org_name` and `parent_id`."""
    statement = (
        select(due, Organization.name.label("org_name"), Organization.parent_id)
        .join(Organization, Organization.id == due.c.org_id)
        .where(visible_organizations(caller), *conditions)
    )
    return statement if under is None else statement.where(in_subtree(under))


async def unsent(session: AsyncSession, today: date, limit: int) -> Sequence[AnyRow]:
    """Reminders that have not become events yet, the oldest day first."""
    due = unfinished(today)
    sent = exists().where(
        Reminder.record_id == due.c.record_id,
        Reminder.due_on == due.c.due_on,
        Reminder.stage == due.c.stage,
    )
    statement = (
        select(due, Organization.parent_id)
        .join(Organization, Organization.id == due.c.org_id)
        .where(~sent)
        .order_by(due.c.due_on, due.c.record_id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def keep(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Note reminders that have become events."""
    await session.execute(insert(Reminder), list(rows))


async def is_being_sent(session: AsyncSession, kind: str) -> bool:
    """Whether a job of this kind is waiting or at work."""
    statement = select(Job.id).where(Job.kind == kind, Job.status.in_(("queued", "running")))
    return (await session.execute(statement.limit(1))).first() is not None


def _obligations(today: date) -> AnySelect:
    """What is owed in open campaigns; what was returned has a day of its own."""
    return (
        _row("obligation", "obligation", Obligation, Requirement.title, Obligation.due_on)
        .join(Requirement, Requirement.id == Obligation.requirement_id)
        .join(Campaign, Campaign.id == Obligation.campaign_id)
        .where(
            Obligation.status == "open",
            Obligation.returned.is_(False),
            or_(Obligation.opens_on.is_(None), Obligation.opens_on <= today),
            Campaign.status == "open",
        )
    )


def _findings() -> AnySelect:
    """What was found and is not reported done; what is kept up for long has no day.

    The states stand in the text of the statement, where the planner can compare them with those
    of the index of such findings.
    """
    states: BindParameter[str] = bindparam(
        "unsettled", UNSETTLED, expanding=True, literal_execute=True, unique=True
    )
    return _row("finding", "finding", Finding, Finding.description, Finding.due_on).where(
        Finding.status.in_(states), Finding.nature != "long_term", ~is_hidden(Finding)
    )


def _follow_ups() -> AnySelect:
    """What must follow from inspections and is not answered."""
    return (
        select(
            *_literals("follow_up", "follow_up"),
            FollowUp.id.label("record_id"),
            FollowUp.inspection_id,
            Inspection.campaign_id,
            FollowUp.org_id,
            FollowUp.what.label("title"),
            FollowUp.due_on,
        )
        .join(
            Inspection,
            and_(Inspection.id == FollowUp.inspection_id, Inspection.org_id == FollowUp.org_id),
        )
        .where(FollowUp.answer.is_(None), Inspection.status == "submitted")
    )


_RETURNABLE: Final[tuple[tuple[Any, str], ...]] = (
    (Activity, "activity"),
    (LeaderRecord, "leader_record"),
    (Report, "report"),
)


def _returned(kind: Any, record: str) -> AnySelect:
    """What was returned and should come back by a day."""
    statement = _row("resubmission", record, kind, kind.title, kind.resubmit_by)
    return statement.join(Campaign, Campaign.id == kind.campaign_id).where(
        kind.status == "returned", Campaign.status == "open"
    )


def _row(kind: str, record: str, model: Any, title: Any, due_on: Any) -> AnySelect:
    return select(
        *_literals(kind, record),
        model.id.label("record_id"),
        null().cast(Uuid()).label("inspection_id"),
        model.campaign_id.label("campaign_id"),
        model.org_id.label("org_id"),
        title.label("title"),
        due_on.label("due_on"),
    ).select_from(model)


def _literals(kind: str, record: str) -> tuple[ColumnElement[str], ColumnElement[str]]:
    return literal(kind, Text()).label("kind"), literal(record, Text()).label("record")
