"""SQL of leader records."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access import visibility
from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db import Named, Prepared, add_rows
from app.db.rows import AnyRow, AnySelect
from app.kit import clock
from app.kit.ids import is_within, zones_of
from app.kit.problems import Forbidden, NotFound
from app.models import Campaign, Leader, LeaderRecord, Organization, SecondPost


@dataclass(slots=True)
class Placed:
    """A leader and where they stand; `paths` of their units, that of their own post first."""

    id: UUID
    org_id: UUID
    branch_id: UUID | None
    paths: list[str]

    @property
    def path(self) -> str:
        """That of the unit that they lead, with which they are seen."""
        return self.paths[0]

    @property
    def zones(self) -> dict[str, UUID]:
        """`area_id` and `zone_id` of that unit."""
        return zones_of(self.path)

    def is_within(self, path: str) -> bool:
        """Whether one of their posts is in the subtree at a path."""
        return any(is_within(own, path) for own in self.paths)


async def leaders(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Placed]:
    """Leaders with the paths of their units, share-locked so that none is transferred now."""
    if not ids:
        return {}
    found: dict[UUID, Placed] = {}
    for row in await _LEADERS.rows(session, ids=list(ids)):
        placed = found.setdefault(row.id, Placed(row.id, row.org_id, row.branch_id, [row.path]))
        if row.second_path is not None:
            placed.paths.append(row.second_path)
    return found


async def campaigns(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, AnyRow]:
    """Campaigns with the `path` of their root, share-locked against opening and closing."""
    return {row.id: row for row in await _CAMPAIGNS.rows(session, ids=list(ids))}


def _leaders(named: Named) -> AnySelect:
    second = aliased(Organization)
    held = and_(SecondPost.leader_id == Leader.id, SecondPost.until.is_(None))
    return (
        select(Leader.id, Leader.org_id, Leader.branch_id, Organization.path)
        .add_columns(second.path.label("second_path"))
        .join(Organization, Organization.id == Leader.org_id)
        .outerjoin(SecondPost, held)
        .outerjoin(second, second.id == SecondPost.unit_id)
        .where(named(Leader.id, "ids"))
        .order_by(Leader.id)
        .with_for_update(read=True, key_share=True, of=Leader)
    )


def _campaigns(named: Named) -> AnySelect:
    return (
        select(
            Campaign.id,
            Campaign.status,
            Campaign.starts_on,
            Campaign.ends_on,
            Campaign.counts_from,
            Campaign.topics,
            Campaign.checks,
            Campaign.talk_modes,
            Campaign.methods,
            Organization.path,
        )
        .join(Organization, Organization.id == Campaign.org_id)
        .where(named(Campaign.id, "ids"))
        .order_by(Campaign.id)
        .with_for_update(read=True, key_share=True, of=Campaign)
    )


_LEADERS: Final = Prepared(_leaders, apart=True)
_CAMPAIGNS: Final = Prepared(_campaigns, apart=True)


def listed(caller: Principal, *conditions: ColumnElement[bool], under: str | None) -> AnySelect:
    """Leader records that the caller sees, for a list."""
    return visibility.listed(caller, LeaderRecord, *conditions, under=under)


async def one(session: AsyncSession, caller: Principal, record_id: UUID) -> LeaderRecord:
    """One record that the caller sees; raises `NotFound`."""
    statement = _seen(caller, record_id)
    found: LeaderRecord | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def locked(
    session: AsyncSession, caller: Principal, record_id: UUID, power: Power = Power.REPORT
) -> LeaderRecord:
    """One record locked for change; raises `NotFound`, or `Forbidden` without the power."""
    statement = _seen(caller, record_id).with_for_update().execution_options(populate_existing=True)
    found: LeaderRecord | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    allowed = select(Organization.id).where(
        Organization.id == found.org_id, visible(caller, Organization.id, power)
    )
    if (await session.execute(allowed)).first() is None:
        raise Forbidden
    return found


async def by_natural_keys(
    session: AsyncSession, keys: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], LeaderRecord]:
    """Records by `(org_id, source, external_id)`."""
    if not keys:
        return {}
    columns = (LeaderRecord.org_id, LeaderRecord.source, LeaderRecord.external_id)
    statement = select(LeaderRecord).where(tuple_(*columns).in_(list(keys)))
    found = (await session.execute(statement)).scalars()
    return {(r.org_id, r.source or "", r.external_id or ""): r for r in found}


async def by_ids(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, LeaderRecord]:
    """Records by id, whoever owns them."""
    if not ids:
        return {}
    statement = select(LeaderRecord).where(LeaderRecord.id.in_(ids))
    return {r.id: r for r in (await session.execute(statement)).scalars()}


async def derived_from(
    session: AsyncSession, source_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID, str], LeaderRecord]:
    """The records derived from activities and reports by `(source, leader, item)`, locked."""
    statement = (
        select(LeaderRecord)
        .where(
            or_(LeaderRecord.activity_id.in_(source_ids), LeaderRecord.report_id.in_(source_ids))
        )
        .order_by(LeaderRecord.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = (await session.execute(statement)).scalars()
    return {
        (source_id, r.leader_id, r.item): r
        for r in rows
        if (source_id := r.activity_id or r.report_id)
    }


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert records."""
    await add_rows(session, LeaderRecord, rows)


async def change(session: AsyncSession, record_id: UUID, values: Mapping[str, Any]) -> None:
    """Set values of one record; the revision counts up."""
    statement = (
        update(LeaderRecord)
        .where(LeaderRecord.id == record_id)
        .values(**values, revision=LeaderRecord.revision + 1, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)


async def remove(session: AsyncSession, record_ids: Collection[UUID]) -> None:
    """Delete records."""
    statement = delete(LeaderRecord).where(LeaderRecord.id.in_(record_ids))
    await session.execute(statement.execution_options(synchronize_session=False))


def _seen(caller: Principal, record_id: UUID) -> AnySelect:
    seen = visible(caller, LeaderRecord.org_id)
    return select(LeaderRecord).where(LeaderRecord.id == record_id, seen)
