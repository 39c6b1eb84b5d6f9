"""Members reached: of each branch the distinct ones, or the most that were there at once."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Text,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement, coalesce

from app.db.rows import AnySelect
from app.features.counts.queries.rows import CampaignId
from app.features.counts.rules import STANDING
from app.models import Activity, ActivityCampaign, Organization

_DOER: Final = Organization.__table__.alias("doer")
"""Made once: a mapped alias is made of all its columns anew, many times for each statement."""


def sum_attendance() -> ColumnElement[int]:
    """Return the person-times of an activity: as reported, or else all who were there."""
    # Sums of two may not fit the 32 bits of each.
    public = coalesce(Activity.public_present, 0).cast(BigInteger)
    return coalesce(Activity.person_times, coalesce(Activity.members_present, 0) + public)


def exists_on(org_id: Any, day: Any) -> ColumnElement[bool]:
    """Return the condition that an organization exists on a day: what is done on others is none."""
    return exists().where(
        _DOER.c.id == org_id,
        coalesce(_DOER.c.opened_on, day) <= day,
        coalesce(_DOER.c.closed_on, day) >= day,
    )


def reached(campaign_id: CampaignId, of: Any) -> AnySelect:
    """Return `org_id, campaign_id, day, members, referred`: by how much both grow on each day.

    Up to a day a branch has reached the members that it refers to, each once; where it refers to
    none, the most that were at one activity; and never more than there were attendances.
    `referred` is 1 once it refers to any. What units hold reaches members of branches, where they
    are counted already.
    """
    days = _by_day(campaign_id, of)
    new = _first_seen(campaign_id, of)
    joined = and_(*(new.c[name] == days.c[name] for name in _DAY))
    order: dict[str, Any] = {
        "partition_by": (days.c.org_id, days.c.campaign_id),
        "order_by": days.c.day,
    }
    running = (
        select(
            *(days.c[name] for name in _DAY),
            func.sum(coalesce(new.c.members, 0)).over(**order).label("distinct"),
            func.max(days.c.present).over(**order).label("most"),
            func.sum(days.c.attendances).over(**order).label("attendances"),
        )
        .outerjoin_from(days, new, joined)
        .cte()
    )
    known = case((running.c.distinct > 0, running.c.distinct), else_=running.c.most)
    members = case((known < running.c.attendances, known), else_=running.c.attendances)
    referred = case((running.c.distinct > 0, 1), else_=0)
    before: dict[str, Any] = {
        "partition_by": (running.c.org_id, running.c.campaign_id),
        "order_by": running.c.day,
    }
    return select(
        *(running.c[name] for name in _DAY),
        *(
            (so_far - func.lag(so_far, 1, literal(0)).over(**before)).label(name)
            for name, so_far in (("members", members), ("referred", referred))
        ),
    )


def _by_day(campaign_id: CampaignId, of: Any) -> CTE:
    """Return per branch and day the most members that were at one, and all attendances."""
    present = coalesce(Activity.members_present, 0).label("present")
    held = union_all(
        *(
            rows.add_columns(present, sum_attendance().label("attendances"))
            for rows in _held(campaign_id, of)
        )
    ).cte()
    day = [held.c[name] for name in _DAY]
    most, all_ = func.max(held.c.present), func.sum(held.c.attendances)
    return select(*day, most.label("present"), all_.label("attendances")).group_by(*day).cte()


def _first_seen(campaign_id: CampaignId, of: Any) -> CTE:
    """How many members branches refer to for the first time on each day."""
    member = _Elements(Activity.member_refs).table_valued("value", name="member")
    each = union_all(
        *(
            rows.add_columns(member.c.value.cast(Text).label("member")).join(
                member, literal(value=True)
            )
            for rows in _held(campaign_id, of)
        )
    ).cte()
    first = (
        select(each.c.org_id, each.c.campaign_id, func.min(each.c.day).label("day"))
        .group_by(each.c.org_id, each.c.campaign_id, each.c.member)
        .cte()
    )
    return (
        select(*(first.c[name] for name in _DAY), func.count().label("members"))
        .group_by(*(first.c[name] for name in _DAY))
        .cte()
    )


def _held(campaign_id: CampaignId, of: Any) -> Iterator[AnySelect]:
    """Yield what branches held in its first campaign, and again in each further one."""
    for table in (Activity, ActivityCampaign):
        rows = (
            select(table.org_id, table.campaign_id, Activity.held_on.label("day"))
            .select_from(table)
            .join(Organization, Organization.id == table.org_id)
            .where(
                Organization.type == "branch",
                Activity.status.in_(STANDING),
                exists_on(Activity.org_id, Activity.held_on),
            )
        )
        if table is ActivityCampaign:
            rows = rows.join(Activity, OF_LINK)
        if campaign_id is not None:
            rows = rows.where(table.campaign_id == campaign_id)
        yield rows if of is None else rows.where(table.org_id.in_(of))


OF_LINK: Final = and_(
    ActivityCampaign.activity_id == Activity.id, ActivityCampaign.org_id == Activity.org_id
)


_DAY: Final = ("org_id", "campaign_id", "day")


class _Elements(FunctionElement[Any]):
    """The elements of a JSON list, as rows with a `value`."""

    inherit_cache = True


@compiles(_Elements, "postgresql")
def _on_postgresql(element: _Elements, compiler: SQLCompiler, **values: Any) -> str:
    return f"jsonb_array_elements_text({compiler.process(element.clauses, **values)})"


@compiles(_Elements, "sqlite")
def _on_sqlite(element: _Elements, compiler: SQLCompiler, **values: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **values)})"
