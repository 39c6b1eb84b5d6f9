"""SQL of leader records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import visibility
from app.access.principal import Power, Principal
from app.access.visibility import seen_as_own, visible
from app.db import among
from app.db.rows import AnySelect
from app.db.unit_of_work import UnitOfWork
from app.kit import clock
from app.kit.problems import Forbidden, NotFound
from app.models import Activity, LeaderRecord, Organization, Report

_SEEN_BY: Final = (LeaderRecord.org_id, LeaderRecord.dispute_org_id)
"""By which columns a record is in sight: its unit's, and that of who entered what is disputed."""


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[LeaderRecord]:
    """Select the leader records that the caller sees, for a list: their own as a leader, too."""
    own = seen_as_own(caller, LeaderRecord.leader_id, LeaderRecord.org_id)
    if own and under is None:
        seen = visible(caller, LeaderRecord.org_id)
        return select(LeaderRecord).where(or_(seen, *own), *_shown(caller), *conditions)
    return visibility.list_visible(caller, LeaderRecord, *conditions, *_shown(caller), under=under)


def disputed(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[LeaderRecord]:
    """Select the disputed records that the caller sees, as the leader's unit or as who entered."""
    seen = [visible(caller, column, under=under) for column in _SEEN_BY]
    if under is None:
        seen += seen_as_own(caller, LeaderRecord.leader_id, LeaderRecord.org_id)
    return select(LeaderRecord).where(
        LeaderRecord.dispute_org_id.is_not(None), or_(*seen), *conditions
    )


async def get(session: AsyncSession, caller: Principal, record_id: UUID) -> LeaderRecord:
    """Return one record that the caller sees, or raise `NotFound`."""
    statement = _seen(caller, record_id)
    found: LeaderRecord | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def get_for_update(
    session: AsyncSession, caller: Principal, record_id: UUID, power: Power | None = Power.REPORT
) -> LeaderRecord:
    """Lock and return one record; raise `NotFound`, or `Forbidden` without a power at its unit.

    Without `power` it is for the caller to see only, from whichever side.
    """
    statement = _seen(caller, record_id).with_for_update().execution_options(populate_existing=True)
    found: LeaderRecord | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    if power is None:
        return found
    place = select(Organization.path).where(Organization.id == found.org_id)
    path = (await session.execute(place)).scalar_one()
    own = power is Power.REPORT and caller.is_self(found.leader_id, path)
    if not own and not caller.may(power, path):
        raise Forbidden
    return found


async def lock_all(session: AsyncSession, caller: Principal, ids: Collection[UUID]) -> None:
    """Lock the records among these that the caller sees, in the order of their ids."""
    seen = select(LeaderRecord.id).where(
        among(session, LeaderRecord.id, list(ids)), visible(caller, LeaderRecord.org_id)
    )
    await session.execute(seen.order_by(LeaderRecord.id).with_for_update())


async def find_by_natural_keys(
    session: AsyncSession, keys: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], LeaderRecord]:
    """Return records by `(org_id, source, external_id)`."""
    if not keys:
        return {}
    columns = (LeaderRecord.org_id, LeaderRecord.source, LeaderRecord.external_id)
    statement = select(LeaderRecord).where(tuple_(*columns).in_(list(keys)))
    found = (await session.execute(statement)).scalars()
    return {(r.org_id, r.source or "", r.external_id or ""): r for r in found}


async def load_by_ids(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, LeaderRecord]:
    """Return records by id, whoever owns them."""
    if not ids:
        return {}
    statement = select(LeaderRecord).where(LeaderRecord.id.in_(ids))
    return {r.id: r for r in (await session.execute(statement)).scalars()}


async def lock_derived(
    session: AsyncSession, source_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID, str, UUID], LeaderRecord]:
    """Lock and return records derived from activities or reports.

    They are known by `(source, leader, item, campaign)`.
    """
    statement = _derived(source_ids).with_for_update().execution_options(populate_existing=True)
    return _by_key((await session.execute(statement)).scalars())


async def find_derived(
    session: AsyncSession, source_id: UUID
) -> dict[tuple[UUID, UUID, str, UUID], LeaderRecord]:
    """Return the records derived from one activity or report in the same way, and lock none."""
    return _by_key((await session.execute(_derived([source_id]))).scalars())


def _derived(source_ids: Collection[UUID]) -> AnySelect:
    of_them = or_(LeaderRecord.activity_id.in_(source_ids), LeaderRecord.report_id.in_(source_ids))
    return select(LeaderRecord).where(of_them).order_by(LeaderRecord.id)


def _by_key(
    rows: Iterable[LeaderRecord],
) -> dict[tuple[UUID, UUID, str, UUID], LeaderRecord]:
    return {
        (source_id, r.leader_id, r.item, r.campaign_id): r
        for r in rows
        if (source_id := r.activity_id or r.report_id)
    }


class SourceRow(NamedTuple):
    """The activity or report that a record follows from, and who entered it."""

    organization: Organization
    authors: list[str]
    id: UUID


async def sources(
    session: AsyncSession, records: Collection[LeaderRecord]
) -> dict[UUID, SourceRow]:
    """Return who entered records, by their activities and reports."""
    found: dict[UUID, SourceRow] = {}
    for source, ids in (
        (Activity, {r.activity_id for r in records if r.activity_id is not None}),
        (Report, {r.report_id for r in records if r.report_id is not None}),
    ):
        if ids:
            statement = select(Organization, source.authors, source.id).where(
                source.id.in_(ids), Organization.id == source.org_id
            )
            rows = [SourceRow(*row) for row in await session.execute(statement)]
            found |= {row.id: row for row in rows}
    return found


def insert(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep records to insert."""
    UnitOfWork.of(session).insert(LeaderRecord, rows)


async def change(session: AsyncSession, record_id: UUID, values: Mapping[str, Any]) -> None:
    """Set values of one record; the revision counts up."""
    statement = (
        update(LeaderRecord)
        .where(LeaderRecord.id == record_id)
        .values(**values, revision=LeaderRecord.revision + 1, updated_at=clock.now())
    )
    await session.execute(statement)


async def remove(session: AsyncSession, record_ids: Collection[UUID]) -> None:
    """Delete records."""
    statement = delete(LeaderRecord).where(LeaderRecord.id.in_(record_ids))
    await session.execute(statement)


def in_sight(caller: Principal) -> ColumnElement[bool]:
    """Return the condition that the caller sees a record, from either side."""
    own = seen_as_own(caller, LeaderRecord.leader_id, LeaderRecord.org_id)
    seen = or_(*(visible(caller, column) for column in _SEEN_BY), *own)
    return and_(seen, *_shown(caller))


def _seen(caller: Principal, record_id: UUID) -> AnySelect:
    return select(LeaderRecord).where(LeaderRecord.id == record_id, in_sight(caller))


def _shown(caller: Principal) -> list[ColumnElement[bool]]:
    """Return what a record must be to be shown to who sees it: no other's draft."""
    own = seen_as_own(caller, LeaderRecord.leader_id, LeaderRecord.org_id)
    return visibility.no_draft_of_others(caller, LeaderRecord.status, LeaderRecord.org_id, *own)
