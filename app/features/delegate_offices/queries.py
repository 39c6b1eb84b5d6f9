"""SQL of delegates' offices, and of what was received there."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Power, Principal
from app.access.visibility import belongs_under, taking_part, visible_organizations
from app.db.conditions import containing
from app.db.rows import AnySelect, find_rows
from app.db.unit_of_work import UnitOfWork
from app.features.counts.rules import STANDING
from app.features.submissions.references import OfficeRow
from app.http.paging import Join
from app.kit import clock
from app.kit.problems import Forbidden, NotFound
from app.models import Activity, DelegateOffice, Organization
from app.models.activities import counts_in

LEVEL: Final = Activity.details["delegate_level"].as_string()
Condition = ColumnElement[bool]
_NUMBERS: Final = ("delegates", "people_received")


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[DelegateOffice]:
    """Select the offices that the caller sees: in its scope, and of the units above it."""
    narrowed = belongs_under(under, DelegateOffice.org_id)
    return select(DelegateOffice).where(
        taking_part(caller, DelegateOffice.org_id), *narrowed, *conditions
    )


def naming(part: str | None) -> list[Condition]:
    """Return the condition that name or place has a part, in any case and width of its letters."""
    return containing(part, DelegateOffice.name, func.coalesce(DelegateOffice.place, ""))


def is_closed() -> ColumnElement[bool]:
    """Return the condition that the last day of an office is over."""
    return DelegateOffice.closed_on < clock.today()


async def get(session: AsyncSession, caller: Principal, office_id: UUID) -> DelegateOffice:
    """Return one office that the caller sees, or raise `NotFound`."""
    statement = list_visible(caller, DelegateOffice.id == office_id, under=None)
    statement = statement.execution_options(populate_existing=True)
    found: DelegateOffice | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def get_for_update(
    session: AsyncSession, caller: Principal, office_id: UUID
) -> DelegateOffice:
    """Lock and return one office; raise `NotFound`, or `Forbidden` for who may not keep it."""
    await get(session, caller, office_id)
    statement = (
        select(DelegateOffice, Organization.path)
        .join(Organization, Organization.id == DelegateOffice.org_id)
        .where(DelegateOffice.id == office_id)
        .with_for_update(of=DelegateOffice)
        .execution_options(populate_existing=True)
    )
    office, path = (await session.execute(statement)).one()
    if not caller.may(Power.REPORT, path):
        raise Forbidden
    found: DelegateOffice = office
    return found


async def by_id(session: AsyncSession, office_id: UUID) -> DelegateOffice | None:
    """Return the office of an id, whoever sees it."""
    return await session.get(DelegateOffice, office_id, populate_existing=True)


async def find_by_natural_key(
    session: AsyncSession, source: str, external_id: str
) -> DelegateOffice | None:
    """Return the office with the caller's own key."""
    statement = select(DelegateOffice).where(
        DelegateOffice.source == source, DelegateOffice.external_id == external_id
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def lock_offices(
    session: AsyncSession, office_ids: Collection[UUID]
) -> dict[UUID, OfficeRow]:
    """Return offices with `path` of their units and their days, kept from being deleted."""
    if not office_ids:
        return {}
    statement = (
        select(
            DelegateOffice.id,
            DelegateOffice.opened_on,
            DelegateOffice.closed_on,
            Organization.path,
        )
        .join(Organization, Organization.id == DelegateOffice.org_id)
        .where(DelegateOffice.id.in_(office_ids))
        .order_by(DelegateOffice.id)
        .with_for_update(read=True, key_share=True, of=DelegateOffice)
    )
    return {row.id: row for row in await find_rows(session, OfficeRow, statement)}


async def add(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Insert an office."""
    work = UnitOfWork.of(session)
    work.insert(DelegateOffice, [values])
    await work.flush()


async def change(session: AsyncSession, office: DelegateOffice, values: Mapping[str, Any]) -> None:
    """Set values of one office and read it again; the revision counts up."""
    newer = {"revision": DelegateOffice.revision + 1, "updated_at": clock.now()}
    statement = update(DelegateOffice).where(DelegateOffice.id == office.id)
    await session.execute(statement.values(**values, **newer))
    await session.refresh(office)


async def remove(session: AsyncSession, office_id: UUID) -> None:
    """Delete an office."""
    await session.execute(delete(DelegateOffice).where(DelegateOffice.id == office_id))


async def is_used(session: AsyncSession, office_id: UUID) -> bool:
    """Return whether any activity names an office, whatever became of it."""
    statement = select(Activity.id).where(Activity.office_id == office_id).limit(1)
    return (await session.execute(statement)).first() is not None


def select_receptions(office_id: UUID, *conditions: ColumnElement[bool]) -> AnySelect:
    """Select the activities that stand as receptions at an office."""
    return select(Activity).where(
        Activity.office_id == office_id, Activity.status.in_(STANDING), *conditions
    )


def count_in(campaign_ids: Sequence[UUID]) -> list[Condition]:
    """Return that a reception counts in one of the campaigns, where any are given."""
    return [or_(*map(counts_in, campaign_ids))] if campaign_ids else []


class ReceptionRow(NamedTuple):
    """A reception with the name of who held it."""

    activity: Activity
    org_name: str
    seen: int
    """Whether the activity is in the caller's scope, 1 or 0."""


def join_holders(caller: Principal) -> Join[ReceptionRow]:
    """Return what gives a page's receptions the names of who held them, and if they are seen."""

    def widened(page: Subquery) -> AnySelect:
        held = aliased(Activity, page)
        seen = case((visible_organizations(caller), 1), else_=0)
        return select(held, Organization.name, seen).join(
            Organization, Organization.id == held.org_id
        )

    return Join(widened, ReceptionRow)


class LevelRow(NamedTuple):
    """What was received at an office by delegates of one level."""

    level: str
    receptions: int
    delegates: int
    people_received: int


async def sum_receptions(
    session: AsyncSession, office_id: UUID, *conditions: ColumnElement[bool]
) -> Sequence[LevelRow]:
    """Return what was received at an office, level by level."""
    numbers = (func.sum(Activity.details[name].as_integer()).label(name) for name in _NUMBERS)
    statement = (
        select_receptions(office_id, *conditions)
        .with_only_columns(LEVEL.label("level"), func.count().label("receptions"), *numbers)
        .group_by(LEVEL)
    )
    return await find_rows(session, LevelRow, statement)
