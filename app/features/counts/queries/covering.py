"""How far work reaches: the organizations there are, and those of them that it has come to."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Uuid, and_, case, func, literal, or_, select, union_all
from sqlalchemy.sql.functions import coalesce

from app.db.rows import AnySelect
from app.features.counts.queries.reaching import OF_LINK, exists_on
from app.features.counts.queries.rows import CampaignId, DayAfter, build_row
from app.features.counts.rules import STANDING
from app.models import Activity, ActivityCampaign, Inspection, Organization
from app.models.activities import counts_in
from app.models.counts import EVERYWHERE
from app.models.vocabulary import ActivityKind

BEGINNING: Final = date(1900, 1, 1)
"""Before any day that is asked for: since when what has no first day is there."""
_OPENED: Final = coalesce(Organization.opened_on, literal(BEGINNING, Date()))


def covered(campaign_id: CampaignId, of: Any) -> Iterator[AnySelect]:
    """Yield rows of what is there, and of what of that was inspected and has met.

    Each counts 1 from its first day on, and -1 from the day after its organization's last.
    """
    everywhere = literal(EVERYWHERE, Uuid())
    for day, sign, there in _spans(_OPENED):
        branches = case((Organization.type == "branch", literal(sign)), else_=0)
        counts = {"organizations": literal(sign), "branches": branches}
        rows = build_row(Organization.id, everywhere, day, **counts).where(there)
        yield rows if of is None else rows.where(Organization.id.in_(of))
    for name, first in (
        ("organizations_inspected", _first_inspections(campaign_id, of).cte()),
        ("branches_met", _first_meetings(campaign_id, of).cte()),
    ):
        begun = case((first.c.day > _OPENED, first.c.day), else_=_OPENED)
        for day, sign, there in _spans(begun):
            rows = build_row(first.c.org_id, first.c.campaign_id, day, **{name: literal(sign)})
            yield rows.join(Organization, Organization.id == first.c.org_id).where(there)


def was_inspected(campaign_id: UUID, day: date) -> ColumnElement[bool]:
    """Return the condition that an organization was inspected up to a day."""
    inspected = select(Inspection.id).where(
        Inspection.org_id == Organization.id, *is_inspected(campaign_id, day)
    )
    return inspected.exists()


def is_inspected(campaign_id: UUID, day: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on an inspection that it counts in a campaign on a day."""
    return (
        Inspection.campaign_id == campaign_id,
        Inspection.status == "submitted",
        Inspection.held_on <= day,
    )


def has_met(campaign_id: UUID, day: date) -> ColumnElement[bool]:
    """Return the condition that an organization had held a themed meeting by a day.

    One is looked up for each organization: of all meetings, as `EXISTS` may be read, a page of a
    list needs few.
    """
    met = select(Activity.id).where(
        Activity.org_id == Organization.id,
        counts_in(campaign_id),
        Activity.held_on <= day,
        *_is_meeting(),
    )
    return met.limit(1).correlate(Organization).scalar_subquery().is_not(None)


def stands(day: date, places: type[Organization] = Organization) -> ColumnElement[bool]:
    """Return the condition that an organization is there on a day; `places` stand for them then."""
    opened, ends = coalesce(places.opened_on, literal(BEGINNING, Date())), places.closed_on
    return and_(day >= opened, or_(ends.is_(None), ends >= day))


def _spans(begun: Any) -> Iterator[tuple[Any, int, ColumnElement[bool]]]:
    """Yield both ends of a time: its day, whether one more or one less, and what must hold."""
    ends = Organization.closed_on
    yield begun, 1, or_(ends.is_(None), ends >= begun)
    yield DayAfter(ends), -1, and_(ends.is_not(None), ends >= begun)


def _first_inspections(campaign_id: CampaignId, of: Any) -> AnySelect:
    """Select when each organization was first inspected, campaign by campaign."""
    keys = (Inspection.org_id, Inspection.campaign_id)
    rows = select(*keys, func.min(Inspection.held_on).label("day")).group_by(*keys)
    return _narrowed(rows.where(Inspection.status == "submitted"), keys, campaign_id, of)


def _first_meetings(campaign_id: CampaignId, of: Any) -> AnySelect:
    """Select when each branch first held a themed meeting, campaign by campaign."""
    held = union_all(*_meetings(campaign_id, of)).cte()
    keys = (held.c.org_id, held.c.campaign_id)
    return select(*keys, func.min(held.c.day).label("day")).group_by(*keys)


def _meetings(campaign_id: CampaignId, of: Any) -> Iterator[AnySelect]:
    """Yield the themed meetings of branches in their first campaign, and in each further one."""
    holder = Organization.__table__.alias("holder")
    for table in (Activity, ActivityCampaign):
        keys = (table.org_id, table.campaign_id)
        rows = select(*keys, Activity.held_on.label("day")).select_from(table)
        if table is ActivityCampaign:
            rows = rows.join(Activity, OF_LINK)
        rows = rows.join(holder, and_(holder.c.id == table.org_id, holder.c.type == "branch"))
        yield _narrowed(rows.where(*_is_meeting()), keys, campaign_id, of)


def _is_meeting() -> tuple[ColumnElement[bool], ...]:
    return (
        Activity.kind == ActivityKind.THEMED_ORG_LIFE_MEETING,
        Activity.status.in_(STANDING),
        exists_on(Activity.org_id, Activity.held_on),
    )


def _narrowed(rows: AnySelect, keys: Any, campaign_id: CampaignId, of: Any) -> AnySelect:
    org_id, campaign = keys
    if campaign_id is not None:
        rows = rows.where(campaign == campaign_id)
    return rows if of is None else rows.where(org_id.in_(of))
