"""What can be unfinished: where it is kept, who has to act, and by which day if by one."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

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

from app.db.conditions import between, equals
from app.db.rows import AnySelect
from app.features.findings.queries import is_hidden
from app.features.reminders.rules import spans
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
from app.models.activities import counts_in
from app.models.obligations import NO_PERIOD
from app.models.vocabulary import ReminderStage

Model = (
    type[Activity]
    | type[Finding]
    | type[FollowUp]
    | type[Inspection]
    | type[LeaderRecord]
    | type[Obligation]
    | type[Opinion]
    | type[Report]
)


Returnable = type[Activity] | type[LeaderRecord] | type[Report]


class Source(NamedTuple):
    """Rows of one kind that can be unfinished; `at` leaves those that have a day."""

    kind: str
    record: str
    model: Model
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

    def of_campaigns(self, campaign_ids: Sequence[UUID] | None) -> list[ColumnElement[bool]]:
        """Return that it is of one of the campaigns, where any are given."""
        if self.model is Activity:
            named = [counts_in(campaign_id) for campaign_id in campaign_ids or ()]
            return [or_(*named)] if named else []
        return equals(self.campaign_id, campaign_ids)

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

    def at(self, stages: Collection[ReminderStage], today: date) -> ColumnElement[bool]:
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
            # What is done in one period meets nothing of another.
            or_(
                Obligation.period_id == NO_PERIOD,
                and_(other.opens_on >= Obligation.opens_on, other.due_on <= Obligation.due_on),
            ),
            other.status == "open",
            other.returned.is_(False),
            or_(other.opens_on.is_(None), other.opens_on <= today),
            tuple_(other.due_on, other.id) < tuple_(Obligation.due_on, Obligation.id),
        )
        .correlate(Obligation, Requirement)
    )


def _found(rows: AnySelect, _: date) -> AnySelect:
    """Return what was found and is not reported done; what is kept up for long never is."""
    return rows.where(Finding.is_unsettled, ~is_hidden(Finding))


def _kept_at_home(rows: AnySelect, _: date) -> AnySelect:
    """Return opinions that wait for the answer of who gathered them."""
    waits = rows.where(Opinion.is_unsettled, ~is_hidden(Opinion))
    return waits.where(Opinion.handler_org_id.is_(None))


def _passed_on(rows: AnySelect, _: date) -> AnySelect:
    """Return opinions that wait for the answer of whom they were passed on to."""
    waits = rows.where(Opinion.is_unsettled, ~is_hidden(Opinion))
    return waits.where(Opinion.handler_org_id.is_not(None))


def _asked(rows: AnySelect, _: date) -> AnySelect:
    """Return what must follow from inspections and is not answered."""
    its_own = and_(Inspection.id == FollowUp.inspection_id, Inspection.org_id == FollowUp.org_id)
    return rows.join(Inspection, its_own).where(
        FollowUp.is_unsettled, Inspection.status == "submitted"
    )


def _answered_at_home(rows: AnySelect, today: date) -> AnySelect:
    """Return what waits for the answer of who was inspected."""
    kept = (Inspection.answering_org_id.is_(None), FollowUp.handler_org_id.is_(None))
    return _asked(rows, today).where(*kept)


def _taken_over(rows: AnySelect, today: date) -> AnySelect:
    """Return what waits for the answer of who came after that."""
    taken = (Inspection.answering_org_id.is_not(None), FollowUp.handler_org_id.is_(None))
    return _asked(rows, today).where(*taken)


def _handled(rows: AnySelect, today: date) -> AnySelect:
    """Return what waits for the answer of whom it was passed on to."""
    return _asked(rows, today).where(FollowUp.handler_org_id.is_not(None))


def _returned(
    model: type[Activity] | type[LeaderRecord] | type[Report], rows: AnySelect, _: date
) -> AnySelect:
    """Return what was returned and should come back.

    An activity may be of several campaigns: it comes back while one of them is open.
    """
    if model is Activity:
        waits = exists().where(Campaign.status == "open", counts_in(Campaign.id))
        return rows.where(Activity.status == "returned", waits)
    in_campaign = rows.join(Campaign, Campaign.id == model.campaign_id)
    # What was derived from an activity or report comes back with that.
    direct = [LeaderRecord.derived.is_(False)] if model is LeaderRecord else []
    return in_campaign.where(model.status == "returned", Campaign.status == "open", *direct)


def _sent_back(record: str, model: type[Activity] | type[LeaderRecord] | type[Report]) -> Source:
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
    Source(
        "follow_up", "follow_up", FollowUp, FollowUp.due_on, FollowUp.what, Inspection.campaign_id,
        _handled, FollowUp.handler_org_id,
    ),
    _sent_back("activity", Activity),
    _sent_back("leader_record", LeaderRecord),
    _sent_back("report", Report),
)  # fmt: skip
