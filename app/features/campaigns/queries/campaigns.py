"""SQL of campaigns and requirements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.access.principal import Principal
from app.access.visibility import in_subtree, taking_part
from app.db.rows import find_rows
from app.kit import ids
from app.kit.problems import NotFound
from app.models import (
    Activity,
    Campaign,
    ExemptionProposal,
    Finding,
    Inspection,
    Job,
    Leader,
    LeaderRecord,
    Obligation,
    Organization,
    Report,
    Requirement,
)
from app.models.activities import counts_in


def select_visible(caller: Principal, *conditions: ColumnElement[bool]) -> Select[Campaign]:
    """Select the campaigns that the caller sees."""
    shown = [Campaign.status != "draft"] if caller.public_only else []
    return select(Campaign).where(taking_part(caller, Campaign.org_id), *shown, *conditions)


def select_visible_requirements(
    caller: Principal, campaign_id: UUID, *conditions: ColumnElement[bool]
) -> Select[Requirement]:
    """Select the requirements of a campaign that the caller sees."""
    return select(Requirement).where(
        Requirement.campaign_id == campaign_id,
        taking_part(caller, Requirement.org_id),
        *conditions,
    )


async def get_campaign(session: AsyncSession, caller: Principal, campaign_id: UUID) -> Campaign:
    """Return the campaign, if the caller sees it; raises `NotFound`."""
    statement = select_visible(caller, Campaign.id == campaign_id)
    found: Campaign | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def lock_campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Lock and return the campaign as it is now: no evidence for it is written at the same time."""
    statement = (
        select(Campaign)
        .where(Campaign.id == campaign_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def find_by_id(session: AsyncSession, campaign_id: UUID) -> Campaign | None:
    """Return the campaign, whoever asks: to tell an id that is taken from one that is free."""
    return await session.get(Campaign, campaign_id)


async def find_by_code(session: AsyncSession, code: str) -> Campaign | None:
    """Return the campaign with the code."""
    statement = select(Campaign).where(Campaign.code == code)
    return (await session.execute(statement)).scalar_one_or_none()


async def get_requirement(
    session: AsyncSession, caller: Principal, campaign_id: UUID, requirement_id: UUID
) -> Requirement:
    """Return the requirement, if the caller sees it; raises `NotFound`."""
    statement = select_visible_requirements(caller, campaign_id, Requirement.id == requirement_id)
    found: Requirement | None = (
        await session.execute(statement.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def list_requirements(session: AsyncSession, campaign_id: UUID) -> Sequence[Requirement]:
    """All requirements of a campaign, in their order."""
    statement = (
        select(Requirement)
        .where(Requirement.campaign_id == campaign_id)
        .order_by(Requirement.sort_order, Requirement.id)
    )
    return (await session.execute(statement)).scalars().all()


async def list_visible_requirements(
    session: AsyncSession, caller: Principal, campaign_ids: Collection[UUID]
) -> Sequence[Requirement]:
    """Return the requirements of campaigns that the caller sees, in their order."""
    statement = (
        select(Requirement)
        .where(Requirement.campaign_id.in_(campaign_ids), taking_part(caller, Requirement.org_id))
        .order_by(Requirement.sort_order, Requirement.id)
    )
    return (await session.execute(statement)).scalars().all()


async def load_extended_dates(
    session: AsyncSession, campaign_ids: Collection[UUID]
) -> dict[UUID, dict[str, tuple[str | None, date | None]]]:
    """Campaign → code of a requirement that others extend → what itself extends, and its date."""
    extended = select(Requirement.campaign_id, Requirement.extends_code).where(
        Requirement.campaign_id.in_(campaign_ids), Requirement.extends_code.is_not(None)
    )
    keys = extended.distinct().subquery("extended")
    statement = select(
        Requirement.campaign_id, Requirement.code, Requirement.extends_code, Requirement.due_on
    ).join(
        keys,
        (keys.c.campaign_id == Requirement.campaign_id) & (keys.c.extends_code == Requirement.code),
    )
    found: dict[UUID, dict[str, tuple[str | None, date | None]]] = {}
    for campaign_id, code, extends_code, due_on in await session.execute(statement):
        found.setdefault(campaign_id, {})[code] = (extends_code, due_on)
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """An organization's place in the tree."""

    id: UUID
    type: str
    name: str
    path: str


async def load_places(
    session: AsyncSession, ids_: Collection[UUID], *conditions: ColumnElement[bool]
) -> dict[UUID, Place]:
    """Return the places of organizations, by id."""
    columns = (Organization.id, Organization.type, Organization.name, Organization.path)
    statement = select(*columns).where(Organization.id.in_(ids_), *conditions)
    return {row.id: row for row in await find_rows(session, Place, statement)}


async def requirements_of_line(
    session: AsyncSession, campaign_id: UUID, path: str
) -> Sequence[Requirement]:
    """Return those of the unit at `path` and of all above it that are owed or wait for approval.

    The nearest unit's first.
    """
    statement = (
        select(Requirement)
        .join(Organization, Organization.id == Requirement.org_id)
        .where(
            Requirement.campaign_id == campaign_id,
            or_(Requirement.active, Requirement.status == "proposed"),
            Requirement.org_id.in_(ids.path_ids(path)),
        )
        .order_by(func.length(Organization.path).desc(), Requirement.sort_order, Requirement.id)
    )
    return (await session.execute(statement)).scalars().all()


def told_status() -> ColumnElement[str]:
    """Return the status of a requirement as it is told: one that is active may have been ended."""
    ended = and_(Requirement.status == "active", Requirement.active.is_(False))
    return case((ended, "ended"), else_=Requirement.status)


async def is_extended(session: AsyncSession, campaign_id: UUID, code: str) -> bool:
    """Return whether another requirement extends the one with this code."""
    statement = select(Requirement.id).where(
        Requirement.campaign_id == campaign_id, Requirement.extends_code == code
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def get_job_status(session: AsyncSession, job_id: UUID) -> str | None:
    """Return how a job stands; None if it is no longer kept."""
    return (await session.execute(select(Job.status).where(Job.id == job_id))).scalar_one_or_none()


async def count_subjects(session: AsyncSession, path: str, limit: int) -> int:
    """Count the organizations and leaders at and below a path, up to one over the limit."""
    inside = in_subtree(path)
    both = union_all(
        select(Organization.id).where(inside),
        select(Leader.id).join(Organization, Organization.id == Leader.org_id).where(inside),
    ).limit(limit + 1)
    statement = select(func.count()).select_from(both.subquery("subjects"))
    return int((await session.execute(statement)).scalar_one())


async def count_waiting(session: AsyncSession, campaign_id: UUID) -> dict[tuple[str, str], int]:
    """Count what a campaign still has before it, by what it is and its state."""
    parts = [
        select(literal(name).label("of"), status.label("status"), func.count().label("number"))
        .where(_is_of(status.class_, campaign_id), status.in_(states))
        .group_by(status)
        for name, status, states in _WAITING
    ]
    rows = await session.execute(union_all(*parts))
    return {(of, status): number for of, status, number in rows}


_HANDED_IN: Final = ("draft", "submitted", "returned")
_WAITING: Final[tuple[tuple[str, InstrumentedAttribute[Any], tuple[str, ...]], ...]] = (
    ("activities", Activity.status, _HANDED_IN),
    ("leader_records", LeaderRecord.status, _HANDED_IN),
    ("reports", Report.status, _HANDED_IN),
    ("findings", Finding.status, ("open", "in_progress", "reported_done", "verified")),
    ("obligations", Obligation.status, ("open",)),
    ("disputes", LeaderRecord.dispute_status, ("open",)),
    ("exemption_proposals", ExemptionProposal.status, ("proposed",)),
)


async def count_outside(
    session: AsyncSession, campaign_id: UUID, starts_on: date, ends_on: date | None
) -> dict[str, int]:
    """Count what is handed in in a campaign and is of days outside of a period, by record."""
    parts = [
        select(literal(record).label("record"), func.count().label("number")).where(
            _is_of(day.class_, campaign_id),
            status.not_in(("draft", "withdrawn")),
            or_(day < starts_on, day > ends_on if ends_on and limited else false()),
        )
        # What sums a campaign up is handed in after its last day.
        for record, day, status, limited in (
            ("activity", Activity.held_on, Activity.status, True),
            ("leader_record", LeaderRecord.done_on, LeaderRecord.status, True),
            ("report", Report.reported_on, Report.status, False),
            ("inspection", Inspection.held_on, Inspection.status, True),
        )
    ]
    return {record: number for record, number in await session.execute(union_all(*parts)) if number}


def _is_of(table: Any, campaign_id: UUID) -> ColumnElement[bool]:
    """Return the condition that a record is of a campaign; an activity may be of several."""
    if table is Activity:
        return counts_in(campaign_id)
    return and_(table.__table__.c.campaign_id == campaign_id)


async def add(session: AsyncSession, *records: Campaign | Requirement) -> None:
    """Insert records."""
    session.add_all(records)
    await session.flush()


async def remove_requirement(session: AsyncSession, record: Requirement) -> None:
    """Delete a requirement."""
    await session.delete(record)
    await session.flush()


async def remove_campaign(session: AsyncSession, record: Campaign) -> None:
    """Delete a campaign with its requirements."""
    await session.execute(delete(Requirement).where(Requirement.campaign_id == record.id))
    await session.delete(record)
    await session.flush()
