"""SQL of tasks: everything unfinished, with a day or without one.

What is owed comes from where reminders come from; what a superior has to decide is added to it.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Subquery,
    Uuid,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Power, Principal
from app.access.visibility import seen_as_own, visible
from app.db import among, plan_by_index
from app.db.conditions import equals
from app.db.rows import AnySelect
from app.features.findings.queries import is_hidden
from app.features.reminders.queries.sources import SOURCES, Model, Source
from app.http.paging import Join, Sorts
from app.models import (
    Activity,
    Finding,
    FollowUp,
    Inspection,
    Leader,
    LeaderRecord,
    Obligation,
    Organization,
    Report,
    Requirement,
    Review,
)
from app.models.vocabulary import TaskKind

_NO_DAY: Final = date.max
"""Where what has no day comes in the order of days: last."""


class Filters(Protocol):
    """What a list of tasks is narrowed to."""

    @property
    def leader_id(self) -> Sequence[UUID] | None:
        """The leading cadre whom they concern."""

    @property
    def campaign_id(self) -> Sequence[UUID] | None:
        """Some of the campaigns."""

    @property
    def kind(self) -> Sequence[TaskKind] | None:
        """Some of the kinds; all where none is given."""


class TaskRow(NamedTuple):
    """Something unfinished, with the names of who acts and whose it is."""

    kind: str
    record: str
    record_id: UUID
    inspection_id: UUID | None
    campaign_id: UUID
    title: str
    due_on: date | None
    org_id: UUID
    org_code: str
    org_name: str
    owner_id: UUID
    owner_code: str
    owner_name: str
    leader_id: UUID | None
    leader_name: str | None
    requirement_code: str | None
    missing: int | None
    reason: str | None


async def list_below(
    session: AsyncSession, caller: Principal, places: Sequence[UUID]
) -> Sequence[UUID]:
    """Return the organizations directly below some places at which the caller reviews."""
    if not caller.may_anywhere(Power.REVIEW):
        return ()
    reviewed = visible(caller, Organization.parent_id, Power.REVIEW)
    statement = select(Organization.id).where(reviewed, *equals(Organization.parent_id, places))
    return (await session.scalars(statement)).all()


async def list_visible(
    session: AsyncSession,
    caller: Principal,
    filters: Filters,
    places: Sequence[UUID] | None,
    today: date,
) -> list[tuple[AnySelect, Sorts]]:
    """Return what is to be done at some places, source by source, in the order of its days.

    Without `places` it is what concerns `filters.leader_id`, wherever the caller sees it. There is
    no source of a kind that concerns no leader then.
    """
    found = []
    await plan_by_index(session)
    below = () if places is None else await list_below(session, caller, places)
    for source in (*SOURCES, *_DECISIONS):
        leader = _leader(source.model)
        unasked = filters.kind and source.kind not in filters.kind
        if unasked or (filters.leader_id and leader is None):
            continue
        power = _power(source.kind)
        own = seen_as_own(caller, leader, source.model.org_id) if leader is not None else []
        seen = visible(caller, source.acting, power)
        rows = select(source.model).where(
            or_(seen, *own) if power is Power.VIEW else seen,
            *equals(source.acting, places),
            *source.of_campaigns(filters.campaign_id),
            *_of_leader(source.model, filters.leader_id),
        )
        if places is not None and source.acting is Organization.parent_id:
            # By the index of organizations: few of what a unit's own submit waits for it.
            rows = rows.where(among(session, source.model.org_id, below))
        concerns = null().cast(Uuid()) if leader is None else leader
        columns = (source.model.org_id.label("owner_id"), concerns.label("leader_id"))
        day = func.coalesce(source.due_on, literal(_NO_DAY, Date()), type_=Date())
        sorts = Sorts({"due_on": day}, id=source.model.id, default="due_on")
        found.append((source.read(rows, today).add_columns(*columns), sorts))
    return found


def join_names() -> Join[TaskRow]:
    """Return what gives the rows of sources names, what is missing, and why it was returned."""

    def add_names(page: Subquery) -> AnySelect:
        owner = aliased(Organization, name="owner")
        owed = and_(
            page.c.record == "obligation",
            Obligation.id == page.c.record_id,
            Obligation.org_id == page.c.owner_id,
        )
        missing = Obligation.min_count - Obligation.count
        there = {
            "org_code": Organization.code, "org_name": Organization.name,
            "owner_code": owner.code, "owner_name": owner.name, "leader_name": Leader.name,
            "requirement_code": Requirement.code, "missing": missing, "reason": _reason(page),
        }  # fmt: skip
        columns = (
            there[name].label(name) if name in there else page.c[name] for name in TaskRow._fields
        )
        return (
            select(*columns)
            .join(Organization, Organization.id == page.c.org_id)
            .join(owner, owner.id == page.c.owner_id)
            .outerjoin(Leader, Leader.id == page.c.leader_id)
            .outerjoin(Obligation, owed)
            .outerjoin(Requirement, Requirement.id == Obligation.requirement_id)
        )

    return Join(add_names, TaskRow)


def _reason(page: Subquery) -> ColumnElement[str | None]:
    """Return why a record was returned the last time, of those that wait to come back."""
    last = (
        select(Review.reason)
        .where(Review.record_id == page.c.record_id, Review.decision == "return")
        .order_by(Review.at.desc(), Review.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case((page.c.kind == TaskKind.RESUBMISSION.value, last))


def _leader(model: Model) -> Any:
    """Return the column of the leading cadre whom rows of a kind concern, None where of none."""
    if model is Obligation:
        return case((Obligation.subject_type == "leader", Obligation.subject_id))
    if issubclass(model, LeaderRecord | Report):
        return model.leader_id
    return None


def _of_leader(model: Model, leader_ids: Sequence[UUID] | None) -> list[ColumnElement[bool]]:
    """Return the condition, where one is given, that rows concern a leading cadre."""
    if model is Obligation:
        # By the index of subjects; an id is never that of a leader and of an organization.
        return equals(Obligation.subject_id, leader_ids)
    return equals(_leader(model), leader_ids) if leader_ids else []


def _power(kind: str) -> Power:
    """Return the power without which a task of a kind is nobody's."""
    decides = kind in {TaskKind.REVIEW.value, TaskKind.VERIFICATION.value}
    return Power.REVIEW if decides else Power.VIEW


def _to_be_accepted(
    model: type[Activity] | type[LeaderRecord], rows: AnySelect, _: date
) -> AnySelect:
    """Return what waits for the superior of its organization.

    What was derived from an activity or report is decided on with that.
    """
    above = rows.join(Organization, Organization.id == model.org_id)
    direct = [LeaderRecord.derived.is_(False)] if model is LeaderRecord else []
    return above.where(model.status == "submitted", *direct)


def _to_be_read(rows: AnySelect, _: date) -> AnySelect:
    """Return reports that wait for the level that has them."""
    return rows.where(Report.status == "submitted")


def _to_be_verified(rows: AnySelect, _: date) -> AnySelect:
    """Return findings that wait for the superior of who reported them done."""
    above = rows.join(Organization, Organization.id == Finding.org_id)
    return above.where(Finding.status == "reported_done", ~is_hidden(Finding))


def _answered(rows: AnySelect, _: date, *, heir: bool) -> AnySelect:
    """Return what followed from inspections and waits for who inspected, or for its heir."""
    its_own = and_(Inspection.id == FollowUp.inspection_id, Inspection.org_id == FollowUp.org_id)
    given = Inspection.verifying_unit_id
    return rows.join(Inspection, its_own).where(
        FollowUp.answer.is_not(None),
        FollowUp.status.in_(("open", "in_progress", "reported_done")),
        Inspection.status == "submitted",
        given.is_not(None) if heir else given.is_(None),
    )


_WITHOUT_DAY: Final = null().cast(Date())
_DECISIONS: Final = (
    *(
        Source(
            "review", record, model, _WITHOUT_DAY, model.title, model.campaign_id,
            partial(_to_be_accepted, model), Organization.parent_id,
        )
        for record, model in (("activity", Activity), ("leader_record", LeaderRecord))
    ),
    Source(
        "review", "report", Report, _WITHOUT_DAY, Report.title, Report.campaign_id, _to_be_read,
        Report.level_id,
    ),
    Source(
        "verification", "finding", Finding, _WITHOUT_DAY, Finding.description,
        Finding.campaign_id, _to_be_verified, Organization.parent_id,
    ),
    *(
        Source(
            "verification", "follow_up", FollowUp, _WITHOUT_DAY, FollowUp.what,
            Inspection.campaign_id, partial(_answered, heir=heir), acting,
        )
        for heir, acting in ((False, Inspection.unit_id), (True, Inspection.verifying_unit_id))
    ),
)  # fmt: skip
"""What waits for a decision of a superior. It has no day: whoever sent it has done their part."""
