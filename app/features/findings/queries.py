"""SQL of findings and opinions on their own."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Subquery,
    and_,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access import visibility
from app.access.principal import Principal
from app.access.visibility import visible
from app.db import among
from app.db.rows import AnyRow, AnySelect
from app.db.unit_of_work import UnitOfWork
from app.features.counts.rules import UNSETTLED
from app.kit import clock
from app.kit.problems import NotFound
from app.models import Activity, Finding, Inspection, Opinion, Organization

P = TypeVar("P", Finding, Opinion)

_HIDDEN: Final = ("draft", "withdrawn")
SECTOR: Final = (
    select(Organization.sector)
    .where(Organization.id == Finding.org_id)
    .correlate(Finding)
    .scalar_subquery()
)
"""The sector of the organization at which a finding was made."""


def listed(
    caller: Principal, kind: type[P], *conditions: ColumnElement[bool], under: str | None
) -> AnySelect:
    """Select the findings or opinions that the caller sees, for a list.

    What was found at an activity that is still a draft or was withdrawn is not among them.
    """
    return visibility.listed(caller, kind, ~is_hidden(kind), *conditions, under=under)


async def one(session: AsyncSession, caller: Principal, kind: type[P], part_id: UUID) -> AnyRow:
    """Return one that the caller sees, as `placed`, or raise `NotFound`."""
    seen = select(kind).where(kind.id == part_id, visible(caller, kind.org_id), ~is_hidden(kind))
    row = (await session.execute(placed(kind)(seen.subquery("page")))).one_or_none()
    if row is None:
        raise NotFound
    return row


def placed(kind: type[P]) -> Callable[[Subquery], AnySelect]:
    """Return what gives a page's findings or opinions their organizations' `sector` and `path`."""

    def widened(page: Subquery) -> AnySelect:
        part = aliased(kind, page)
        return select(part, Organization.sector, Organization.path).join(
            Organization, Organization.id == part.org_id
        )

    return widened


def is_hidden(kind: type[Finding] | type[Opinion]) -> ColumnElement[bool]:
    """Return the condition that its activity is still a draft or was withdrawn.

    The states stand in the text of the statement, where the planner can compare them with those
    of the index of such activities.
    """
    states: BindParameter[str] = bindparam(
        "hidden", _HIDDEN, expanding=True, literal_execute=True, unique=True
    )
    hidden = select(Activity.id).where(Activity.id == kind.activity_id, Activity.status.in_(states))
    return hidden.exists()


async def locked(session: AsyncSession, caller: Principal, kind: type[P], part_id: UUID) -> P:
    """Lock and return one finding or opinion that the caller sees, or raise `NotFound`."""
    statement = (
        select(kind)
        .where(kind.id == part_id, visible(caller, kind.org_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def exists(session: AsyncSession, kind: type[P], part_id: UUID) -> bool:
    """Return whether there is a finding or an opinion of this id at all, seen by anybody or not."""
    statement = select(kind.id).where(kind.id == part_id)
    return (await session.execute(statement)).first() is not None


async def existing(session: AsyncSession, kind: type[P], part_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these ids that a finding or an opinion has, seen by anybody or not."""
    if not part_ids:
        return set()
    statement = select(kind.id).where(among(session, kind.id, list(part_ids)))
    return set((await session.execute(statement)).scalars())


def is_overdue(day: date) -> ColumnElement[bool]:
    """Return the condition on `findings` that is `rules.overdue` in SQL."""
    return and_(
        Finding.due_on.is_not(None),
        Finding.due_on < day,
        Finding.status.in_(UNSETTLED),
        Finding.nature != "long_term",
    )


def is_not_overdue(day: date) -> ColumnElement[bool]:
    """Return the opposite of `is_overdue`; findings without a day are included."""
    return or_(
        Finding.due_on.is_(None),
        Finding.due_on >= day,
        Finding.status.not_in(UNSETTLED),
        Finding.nature == "long_term",
    )


async def is_activity_of(
    session: AsyncSession, activity_id: UUID, org_id: UUID, campaign_id: UUID
) -> bool:
    """Return whether the activity is the organization's, in the campaign."""
    statement = select(Activity.id).where(
        Activity.id == activity_id, Activity.org_id == org_id, Activity.campaign_id == campaign_id
    )
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


async def remove_parts(
    session: AsyncSession, kind: type[Finding | Opinion], part_ids: Collection[UUID]
) -> None:
    """Delete findings or opinions."""
    statement = delete(kind).where(kind.id.in_(part_ids))
    await session.execute(statement)
