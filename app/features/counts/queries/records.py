"""Every count from the records themselves, each by the day from which it counts.

Queries on queries are common table expressions here, not subqueries in one another: the parser of
SQLite 3.40 takes no more than 100 symbols that wait for their end, some seven for each level.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.functions import coalesce

from app.db.rows import AnySelect
from app.features.counts.queries import covering
from app.features.counts.queries.reaching import OF_LINK, exists_on, reached, sum_attendance
from app.features.counts.queries.rows import CampaignId, DayAfter, build_row
from app.features.counts.rules import STANDING
from app.models import Activity, ActivityCampaign, Adoption, Finding, Inspection, Opinion, Report
from app.models.vocabulary import ActivityKind

KEY: Final = ("org_id", "campaign_id", "day")
_DETAILS: Final = {
    "items": "items",
    "households": "households",
    "people_received": "people_received",
    "volunteers": "volunteers",
    "volunteer_hours": "hours",
    "column_issues": "issues",
}
"""Counts out of what is asked of some kinds of activity, and the field of the details."""


def select_work(campaign_id: CampaignId = None, of: Any = None) -> CompoundSelect[Any]:
    """Rows of `org_id, campaign_id, day` and all counts: what is done by whom.

    Of one campaign if it is given, and of the organizations that `of` selects the ids of. What
    is there whatever the campaign is counts in `counts.EVERYWHERE`.
    """
    parts = (*_activities(), _found(), _overdue(), _gathered(), *_reported(), _inspected())
    narrowed = [_narrowed(part, campaign_id, of) for part in parts]
    covered = covering.covered(campaign_id, of)
    return union_all(*narrowed, _reached(campaign_id, of), *covered)


def _narrowed(part: AnySelect, campaign_id: CampaignId, of: Any) -> AnySelect:
    columns = part.selected_columns
    if campaign_id is not None:
        part = part.where(columns["campaign_id"] == campaign_id)
    return part if of is None else part.where(columns["org_id"].in_(of))


def _activities() -> tuple[AnySelect, AnySelect]:
    """Return activities in their first campaign, and again in each further one."""
    further = _held(ActivityCampaign.org_id, ActivityCampaign.campaign_id)
    return (
        _held(Activity.org_id, Activity.campaign_id),
        further.join_from(ActivityCampaign, Activity, OF_LINK),
    )


def _held(org_id: Any, campaign_id: Any) -> AnySelect:
    persons = coalesce(Activity.members_present, 0) + _wide(coalesce(Activity.public_present, 0))
    told = {name: Activity.details[field].as_integer() for name, field in _DETAILS.items()}
    visited = Activity.kind == ActivityKind.VISIT
    return build_row(
        org_id,
        campaign_id,
        Activity.held_on,
        activities=literal(1),
        attendances=sum_attendance(),
        households_visited=case((visited, told["households"])),
        persons=persons,
        person_times=Activity.person_times,
        **told,
    ).where(Activity.status.in_(STANDING), exists_on(Activity.org_id, Activity.held_on))


def _reached(campaign_id: CampaignId, of: Any) -> AnySelect:
    rows = reached(campaign_id, of).cte()
    return build_row(
        rows.c.org_id,
        rows.c.campaign_id,
        rows.c.day,
        members_reached=rows.c.members,
        branches_with_references=rows.c.referred,
    )


def _found() -> AnySelect:
    closed = Finding.status == "closed"
    counts = {"findings_open": _one(~closed), "findings_closed": _one(closed)}
    day = _day(Finding.found_on)
    return _standing(Finding, day, build_row(*_of(Finding), day, **counts))


def _overdue() -> AnySelect:
    """By the first day on which a finding is found and its own day has passed."""
    found, passed = _day(Finding.found_on), DayAfter(Finding.due_on)
    day = case((passed > found, passed), else_=found)
    row = build_row(*_of(Finding), day, findings_overdue=literal(1))
    return _standing(Finding, found, row).where(Finding.can_be_overdue)


def _gathered() -> AnySelect:
    day = _day(Opinion.gathered_on)
    return _standing(Opinion, day, build_row(*_of(Opinion), day, opinions=literal(1)))


def _reported() -> tuple[AnySelect, AnySelect]:
    """Return what was reported, and what of it some outlet used: from when both are so."""
    nil = Report.kind == "nil_return"
    first = _first_adoption()
    used = case((first > Report.reported_on, first), else_=Report.reported_on)
    counts = {"reports": _one(~nil), "nil_returns": _one(nil)}
    standing = and_(
        Report.status.in_(STANDING),
        Report.reported_on.is_not(None),
        exists_on(Report.org_id, Report.reported_on),
    )
    return (
        build_row(*_of(Report), Report.reported_on, **counts).where(standing),
        build_row(*_of(Report), used, adopted=literal(1)).where(standing, first.is_not(None)),
    )


def _first_adoption() -> ScalarSelect[Any]:
    days = select(func.min(Adoption.adopted_on)).where(Adoption.report_id == Report.id)
    return days.correlate(Report).scalar_subquery()


def _inspected() -> AnySelect:
    """Return inspections, counted at the unit that inspected."""
    held = build_row(
        Inspection.unit_id, Inspection.campaign_id, Inspection.held_on, inspections=literal(1)
    )
    there = exists_on(Inspection.unit_id, Inspection.held_on)
    return held.where(Inspection.status == "submitted", there)


def _standing(
    part: type[Finding] | type[Opinion], day: ColumnElement[Any], row: AnySelect
) -> AnySelect:
    """Parts of activities that are no drafts, whatever became of them, and those that stand alone.

    What was found or asked for does not go away with the meeting at which it was. What was passed
    on was found while another one existed.
    """
    there = exists_on(part.org_id, day)
    if part is Finding:
        there = or_(Finding.from_org_id.is_not(None), there)
    joined = and_(Activity.id == part.activity_id, Activity.org_id == part.org_id)
    return (
        row.select_from(part)
        .outerjoin(Activity, joined)
        .where(
            or_(part.activity_id.is_(None), Activity.status != "draft"),
            there,
        )
    )


def _of(table: type[Finding] | type[Opinion] | type[Report]) -> tuple[Any, Any]:
    return table.org_id, table.campaign_id


def _day(own: Any) -> ColumnElement[Any]:
    return coalesce(own, Activity.held_on)


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _wide(number: ColumnElement[int]) -> ColumnElement[int]:
    # Sums of two may not fit the 32 bits of each.
    return number.cast(BigInteger)
