"""What can be unfinished and has a day: where it is kept, and who has to act."""

from collections.abc import Callable, Collection
from datetime import date
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Text,
    Uuid,
    and_,
    exists,
    literal,
    null,
    or_,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.db.conditions import between
from app.db.rows import AnySelect
from app.features.findings.queries import is_hidden
from app.features.reminders.rules import Stage, spans
from app.models import (
    Activity,
    Campaign,
    Finding,
    FollowUp,
    Inspection,
    LeaderRecord,
    Obligation,
    Opinion,
    Report,
    Requirement,
)


class Source(NamedTuple):
    """Rows of one kind that can be unfinished and have a day."""

    kind: str
    record: str
    model: Any
    due_on: Any
    title: Any
    campaign_id: Any
    narrowed: Callable[[AnySelect, date], AnySelect]
    """Join to rows of `model` what they need and leave the unfinished ones, of a day."""
    org_id: Any = None
    """Who has to act, where that is not whom the row belongs to."""

    @property
    def acting(self) -> Any:
        """The column of who has to act."""
        return self.model.org_id if self.org_id is None else self.org_id

    def read(self, rows: AnySelect, today: date) -> AnySelect:
        """Of rows of the model the unfinished ones, in the columns that all sources have."""
        its_inspection = getattr(self.model, "inspection_id", null().cast(Uuid()))
        columns = (
            literal(self.kind, Text()).label("kind"),
            literal(self.record, Text()).label("record"),
            self.model.id.label("record_id"),
            its_inspection.label("inspection_id"),
            self.campaign_id.label("campaign_id"),
            self.acting.label("org_id"),
            self.title.label("title"),
            self.due_on.label("due_on"),
        )
        narrowed = self.narrowed(rows, today)
        return narrowed.with_only_columns(*columns, maintain_column_froms=True)

    def at(self, stages: Collection[Stage], today: date) -> ColumnElement[bool]:
        """Condition: its day is such that it has one of the stages."""
        return or_(*(and_(*between(self.due_on, *days)) for days in spans(stages, today)))


def _owed(rows: AnySelect, today: date) -> AnySelect:
    """Return what is owed in open campaigns; what was returned has a day of its own.

    What is met by whatever meets something due earlier is not reminded of once more: one meeting
    that three levels ask for is one reminder.
    """
    return (
        rows.join(Requirement, Requirement.id == Obligation.requirement_id)
        .join(Campaign, Campaign.id == Obligation.campaign_id)
        .where(
            Obligation.status == "open",
            Obligation.returned.is_(False),
            or_(Obligation.opens_on.is_(None), Obligation.opens_on <= today),
            Campaign.status == "open",
            ~_comes_with_an_earlier(today),
        )
    )


def _comes_with_an_earlier(today: date) -> ColumnElement[bool]:
    """Condition on obligations: the subject owes the head of their line, too, due before them."""
    other, asked = aliased(Obligation, name="other"), aliased(Requirement, name="other_asked")
    return (
        exists()
        .where(
            asked.campaign_id == Requirement.campaign_id,
            asked.id != Requirement.id,
            asked.code == Requirement.line_code,
            other.subject_id == Obligation.subject_id,
            other.requirement_id == asked.id,
            other.org_id == Obligation.org_id,
            other.status == "open",
            other.returned.is_(False),
            or_(other.opens_on.is_(None), other.opens_on <= today),
            tuple_(other.due_on, other.id) < tuple_(Obligation.due_on, Obligation.id),
        )
        .correlate(Obligation, Requirement)
    )


def _found(rows: AnySelect, _: date) -> AnySelect:
    """Return what was found and is not reported done; what is kept up for long has no day."""
    return rows.where(Finding.can_be_overdue, ~is_hidden(Finding))


def _kept_at_home(rows: AnySelect, _: date) -> AnySelect:
    """Return opinions that wait for the answer of who gathered them."""
    waits = rows.where(Opinion.can_be_overdue, ~is_hidden(Opinion))
    return waits.where(Opinion.handler_org_id.is_(None))


def _passed_on(rows: AnySelect, _: date) -> AnySelect:
    """Return opinions that wait for the answer of whom they were passed on to."""
    waits = rows.where(Opinion.can_be_overdue, ~is_hidden(Opinion))
    return waits.where(Opinion.handler_org_id.is_not(None))


def _asked(rows: AnySelect, _: date) -> AnySelect:
    """Return what must follow from inspections and is not answered."""
    its_own = and_(Inspection.id == FollowUp.inspection_id, Inspection.org_id == FollowUp.org_id)
    return rows.join(Inspection, its_own).where(
        FollowUp.can_be_overdue, Inspection.status == "submitted"
    )


def _answered_at_home(rows: AnySelect, today: date) -> AnySelect:
    """Return what waits for the answer of who was inspected."""
    return _asked(rows, today).where(Inspection.answering_org_id.is_(None))


def _taken_over(rows: AnySelect, today: date) -> AnySelect:
    """Return what waits for the answer of who came after that."""
    return _asked(rows, today).where(Inspection.answering_org_id.is_not(None))


def _returned(model: Any, rows: AnySelect, _: date) -> AnySelect:
    """Return what was returned and should come back by a day."""
    in_campaign = rows.join(Campaign, Campaign.id == model.campaign_id)
    return in_campaign.where(model.status == "returned", Campaign.status == "open")


def _sent_back(record: str, model: Any) -> Source:
    day, title, campaign_id = model.resubmit_by, model.title, model.campaign_id
    narrowed = partial(_returned, model)
    return Source("resubmission", record, model, day, title, campaign_id, narrowed)


SOURCES: Final = (
    Source(
        "obligation", "obligation", Obligation, Obligation.due_on, Requirement.title,
        Obligation.campaign_id, _owed,
    ),
    Source(
        "finding", "finding", Finding, Finding.due_on, Finding.description, Finding.campaign_id,
        _found,
    ),
    Source(
        "opinion", "opinion", Opinion, Opinion.due_on, Opinion.content, Opinion.campaign_id,
        _kept_at_home,
    ),
    Source(
        "opinion", "opinion", Opinion, Opinion.due_on, Opinion.content, Opinion.campaign_id,
        _passed_on, Opinion.handler_org_id,
    ),
    Source(
        "follow_up", "follow_up", FollowUp, FollowUp.due_on, FollowUp.what, Inspection.campaign_id,
        _answered_at_home,
    ),
    Source(
        "follow_up", "follow_up", FollowUp, FollowUp.due_on, FollowUp.what, Inspection.campaign_id,
        _taken_over, Inspection.answering_org_id,
    ),
    _sent_back("activity", Activity),
    _sent_back("leader_record", LeaderRecord),
    _sent_back("report", Report),
)  # fmt: skip
