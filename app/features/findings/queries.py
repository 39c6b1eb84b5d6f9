"""SQL of findings and opinions on their own."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.access import visibility
from app.access.principal import Principal
from app.access.visibility import visible
from app.db import among
from app.db.conditions import equals
from app.db.rows import AnySelect
from app.db.unit_of_work import UnitOfWork
from app.kit import clock
from app.kit.problems import NotFound
from app.models import Activity, Extension, Finding, Inspection, Opinion, Organization
from app.models.activities import counts_in
from app.models.deadlines import is_one_of

P = TypeVar("P", Finding, Opinion)
Organizations = InstrumentedAttribute[UUID | None]
"""A column that names the other organization of what was passed on."""

_OTHERS: Final[dict[Any, Organizations]] = {
    Finding: Finding.from_org_id,
    Opinion: Opinion.handler_org_id,
}
"""By which column who is not its organization sees it."""
_AMONG: Final = ("draft", "withdrawn")
"""States of the index of few activities: those that are hidden are looked up in it."""
SECTOR: Final = (
    select(Organization.sector)
    .where(Organization.id == Finding.org_id)
    .correlate(Finding)
    .scalar_subquery()
)
"""The sector of the organization at which a finding was made."""


def list_visible(
    caller: Principal, kind: type[P], *conditions: ColumnElement[bool], under: str | None
) -> AnySelect:
    """Select the findings or opinions that the caller sees, for a list.

    Those of activities that are still drafts are not among them.
    """
    return visibility.list_visible(caller, kind, ~is_hidden(kind), *conditions, under=under)


def select_passed_on(
    caller: Principal,
    column: Organizations,
    org_ids: list[UUID],
    *conditions: ColumnElement[bool],
    under: str | None,
) -> AnySelect:
    """Select what an organization passed on, or was passed on to it, for a list."""
    kind = Finding if column.class_ is Finding else Opinion
    narrowed = visibility.belongs_under(under, kind.org_id, column)
    seen = visible(caller, column)
    return select(kind).where(*equals(column, org_ids), seen, *narrowed, *conditions)


def found_at(kind: type[P], activity_ids: list[UUID] | None) -> list[ColumnElement[bool]]:
    """Return the condition that it was found at an activity, a part of that still or not."""
    if not activity_ids:
        return []
    places = (kind.activity_id, kind.from_activity_id)
    return [or_(*(c for place in places for c in equals(place, activity_ids)))]


def is_hidden(kind: type[Finding] | type[Opinion]) -> ColumnElement[bool]:
    """Return the condition that its activity is still a draft.

    The states stand in the text of the statement, where the planner can compare them with those
    of the index of such activities.
    """
    few = is_one_of(Activity.status, _AMONG)
    draft = is_one_of(Activity.status, ("draft",))
    return select(Activity.id).where(Activity.id == kind.activity_id, few, draft).exists()


async def get_for_update(
    session: AsyncSession, caller: Principal, kind: type[P], part_id: UUID
) -> P:
    """Lock and return one finding or opinion that the caller sees, or raise `NotFound`.

    The activity that shows it is locked first, as whoever changes that does.
    """
    of = select(kind.activity_id).where(kind.id == part_id, in_sight(caller, kind))
    holder = select(Activity.id).where(Activity.id == of.scalar_subquery()).with_for_update()
    await session.execute(holder)
    statement = (
        select(kind)
        .where(kind.id == part_id, in_sight(caller, kind))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def lock_findings(
    session: AsyncSession, caller: Principal, finding_ids: Collection[UUID]
) -> dict[UUID, Finding]:
    """Lock and return the findings among these that the caller sees, after their activities."""
    named = among(session, Finding.id, list(finding_ids))
    seen = visible(caller, Finding.org_id)
    holders = select(Finding.activity_id).where(named, seen, Finding.activity_id.is_not(None))
    first = select(Activity.id).where(Activity.id.in_(holders)).order_by(Activity.id)
    await session.execute(first.with_for_update())
    statement = select(Finding).where(named, seen).order_by(Finding.id).with_for_update()
    found = await session.execute(statement.execution_options(populate_existing=True))
    return {finding.id: finding for finding in found.scalars()}


async def touch_activity(session: AsyncSession, activity_id: UUID) -> tuple[UUID, int]:
    """Count up the revision of an activity, of which a part has changed.

    Return its organization and its new revision.
    """
    statement = (
        update(Activity)
        .where(Activity.id == activity_id)
        .values(revision=Activity.revision + 1, updated_at=clock.now())
        .returning(Activity.org_id, Activity.revision)
    )
    org_id, revision = (await session.execute(statement)).one()
    return org_id, revision


async def lock_activity(session: AsyncSession, activity_id: UUID) -> None:
    """Lock an activity that gets one more part."""
    await session.execute(select(Activity.id).where(Activity.id == activity_id).with_for_update())


async def get_day_held(session: AsyncSession, activity_id: UUID) -> date:
    """Return the day of an activity."""
    statement = select(Activity.held_on).where(Activity.id == activity_id)
    return (await session.execute(statement)).scalar_one()


async def by_id(
    session: AsyncSession, kind: type[Finding | Opinion], part_id: UUID
) -> Finding | Opinion | None:
    """Return the finding or opinion of an id, seen by anybody or not."""
    found: Finding | Opinion | None = await session.scalar(select(kind).where(kind.id == part_id))
    return found


async def exists(session: AsyncSession, kind: type[P], part_id: UUID) -> bool:
    """Return whether there is a finding or an opinion of this id at all, seen by anybody or not."""
    statement = select(kind.id).where(kind.id == part_id)
    return (await session.execute(statement)).first() is not None


async def find_existing(
    session: AsyncSession, kind: type[P], part_ids: Collection[UUID]
) -> set[UUID]:
    """Return those of these ids that a finding or an opinion has, seen by anybody or not."""
    if not part_ids:
        return set()
    statement = select(kind.id).where(among(session, kind.id, list(part_ids)))
    return set((await session.execute(statement)).scalars())


async def get_name(session: AsyncSession, org_id: UUID) -> str:
    """Return the name of an organization."""
    statement = select(Organization.name).where(Organization.id == org_id)
    return (await session.execute(statement)).scalar_one()


async def is_activity_of(
    session: AsyncSession, activity_id: UUID, org_id: UUID, campaign_id: UUID
) -> bool:
    """Return whether it is an activity of the organization, in the campaign, and no draft."""
    its = (Activity.id == activity_id, Activity.org_id == org_id, counts_in(campaign_id))
    statement = select(Activity.id).where(*its, Activity.status != "draft")
    return (await session.execute(statement)).first() is not None


async def is_inspection_of(
    session: AsyncSession, inspection_id: UUID, org_id: UUID, campaign_id: UUID
) -> bool:
    """Return whether the inspection is of the organization, in the campaign."""
    statement = select(Inspection.id).where(
        Inspection.id == inspection_id,
        Inspection.org_id == org_id,
        Inspection.campaign_id == campaign_id,
    )
    return (await session.execute(statement)).first() is not None


def insert_part(
    session: AsyncSession, kind: type[Finding | Opinion], values: Mapping[str, Any]
) -> None:
    """Keep one finding or opinion to insert."""
    UnitOfWork.of(session).insert(kind, [values])


async def change_part(
    session: AsyncSession, kind: type[Finding | Opinion], part_id: UUID, values: Mapping[str, Any]
) -> None:
    """Set values of one finding or opinion; its revision counts up."""
    statement = (
        update(kind)
        .where(kind.id == part_id)
        .values(**values, revision=kind.revision + 1, updated_at=clock.now())
    )
    await session.execute(statement)


async def get_again(session: AsyncSession, kind: type[P], part_id: UUID) -> P:
    """Return one as it is now, under whichever organization."""
    statement = select(kind).where(kind.id == part_id)
    found = await session.execute(statement.execution_options(populate_existing=True))
    return found.scalar_one()


async def remove_parts(
    session: AsyncSession, kind: type[Finding | Opinion], part_ids: Collection[UUID]
) -> None:
    """Delete findings or opinions."""
    statement = delete(kind).where(kind.id.in_(part_ids))
    await session.execute(statement)


async def load_extensions(
    session: AsyncSession, record_ids: Collection[UUID]
) -> dict[UUID, list[Extension]]:
    """Map records to the later days that were asked for, the first one first."""
    statement = (
        select(Extension)
        .where(among(session, Extension.record_id, list(record_ids)))
        .order_by(Extension.asked_at, Extension.id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Extension]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        found[row.record_id].append(row)
    return found


def insert_extension(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Insert a request for a later day."""
    UnitOfWork.of(session).insert(Extension, [values])


async def decide_extension(
    session: AsyncSession, extension_id: UUID, values: Mapping[str, Any]
) -> None:
    """Write what the superior said to it."""
    statement = update(Extension).where(Extension.id == extension_id).values(**values)
    await session.execute(statement)


def in_sight(caller: Principal, kind: type[P]) -> ColumnElement[bool]:
    """Return the condition that the caller sees it: as its own, or as passed on."""
    return or_(visible(caller, kind.org_id), visible(caller, _OTHERS[kind]))
