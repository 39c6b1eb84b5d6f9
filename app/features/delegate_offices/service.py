"""Delegates' offices: entered, changed, closed and opened again; what was received there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.delegate_offices import queries
from app.features.delegate_offices.errors import (
    CLOSES_TOO_EARLY,
    KEPT_BY_UNITS,
    OfficeInUse,
    OfficeIsClosed,
    OfficeIsOpen,
)
from app.features.delegate_offices.schemas import (
    LevelCounts,
    OfficeClosing,
    OfficeCounts,
    OfficeIn,
    OfficeOut,
    ReceptionOut,
)
from app.features.submissions import references
from app.features.submissions.errors import (
    CLOSED_ORGANIZATION,
    IMMUTABLE,
    UNKNOWN_ORGANIZATION,
    ExistsOtherwise,
)
from app.kit import clock, ids
from app.kit.problems import FieldError, Forbidden, Invalid
from app.kit.sameness import says_the_same
from app.models import DelegateOffice
from app.models.vocabulary import BranchKind, DelegateLevel

_CONTENT: Final = tuple(name for name in OfficeIn.model_fields if name != "unit_id")
_COUNTED: Final = ("receptions", "delegates", "people_received")


async def create(
    session: AsyncSession, caller: Principal, item: OfficeIn, own_id: UUID | None = None
) -> tuple[UUID, bool]:
    """Enter an office; return its id, and whether it is new."""
    path = await _check(session, caller, item)
    known = await _known(session, item, own_id)
    if known is not None:
        same = says_the_same(item, build_content(known)) and own_id in {None, known.id}
        if not same:
            raise ExistsOtherwise
        return known.id, False
    office_id = own_id or ids.new_id()
    now = clock.now()
    stamp = {"closed_on": None, "revision": 1, "created_at": now, "updated_at": now}
    values = item.model_dump(include=set(_CONTENT)) | ids.OrgRef.of(path).columns | stamp
    await queries.add(session, {"id": office_id, **values})
    office = await queries.get(session, caller, office_id)
    await _tell(session, "created", office, None)
    return office_id, True


async def replace(session: AsyncSession, office: DelegateOffice, item: OfficeIn) -> None:
    """Give an office new content; the unit that keeps it stays."""
    if item.unit_id != office.org_id:
        raise Invalid([IMMUTABLE.at("/unit_id")])
    if office.closed_on and item.opened_on and item.opened_on > office.closed_on:
        raise Invalid([CLOSES_TOO_EARLY.at("/opened_on", opened_on=item.opened_on)])
    if item.source is not None and item.external_id is not None:
        other = await queries.find_by_natural_key(session, item.source, item.external_id)
        if other is not None and other.id != office.id:
            raise ExistsOtherwise
    await _change(session, office, "updated", item.model_dump(include=set(_CONTENT)))


async def close(session: AsyncSession, office: DelegateOffice, item: OfficeClosing) -> None:
    """Close an office from a day on; what was received there stays."""
    if office.closed_on is not None:
        raise OfficeIsClosed
    if office.opened_on and item.closed_on < office.opened_on:
        raise Invalid([CLOSES_TOO_EARLY.at("/closed_on", opened_on=office.opened_on)])
    await _change(session, office, "closed", {"closed_on": item.closed_on}, item.reason)


async def reopen(session: AsyncSession, office: DelegateOffice, reason: str | None) -> None:
    """Open an office again, as if it had not been closed."""
    if office.closed_on is None:
        raise OfficeIsOpen
    await _change(session, office, "reopened", {"closed_on": None}, reason)


async def delete(session: AsyncSession, office: DelegateOffice) -> None:
    """Delete an office that no activity names."""
    if await queries.is_used(session, office.id):
        raise OfficeInUse
    before, revision = _json(office), office.revision + 1
    told = events.Change("delegate_office.deleted", office.id, office.org_id, revision, before)
    await queries.remove(session, office.id)
    await events.record(session, told)


def build_content(office: DelegateOffice) -> dict[str, Any]:
    """Return an office in the form in which it is sent."""
    return {"unit_id": office.org_id, **{name: getattr(office, name) for name in _CONTENT}}


def answer_reception(row: queries.ReceptionRow) -> ReceptionOut:
    """Return a reception as callers get it."""
    activity, details = row.activity, row.activity.details
    return ReceptionOut(
        held_on=activity.held_on,
        campaign_id=activity.campaign_id,
        campaign_ids=activity.campaign_ids,
        org_id=activity.org_id,
        org_name=row.org_name,
        delegate_level=details["delegate_level"],
        delegates=details["delegates"],
        people_received=details["people_received"],
        activity_id=activity.id if row.seen else None,
    )


def answer_counts(office_id: UUID, rows: Sequence[queries.LevelRow]) -> OfficeCounts:
    """Return what was received at an office, by level and in all."""
    found = {row.level: {name: int(getattr(row, name) or 0) for name in _COUNTED} for row in rows}
    levels = [
        LevelCounts(delegate_level=level, **found[level.value])
        for level in DelegateLevel
        if level.value in found
    ]
    whole = {name: sum(of[name] for of in found.values()) for name in _COUNTED}
    return OfficeCounts(office_id=office_id, levels=levels, **whole)


async def _check(session: AsyncSession, caller: Principal, item: OfficeIn) -> str:
    """Return the path of the unit that is to keep an office, or raise what is wrong with that."""
    found = await references.load_organizations(session, caller, {item.unit_id})
    unit = found.get(item.unit_id)
    wrong: list[FieldError] = []
    if unit is None:
        wrong.append(UNKNOWN_ORGANIZATION.at("/unit_id"))
    elif unit.kind in set(BranchKind):
        wrong.append(KEPT_BY_UNITS.at("/unit_id"))
    elif unit.closed_on is not None and unit.closed_on < clock.today():
        wrong.append(CLOSED_ORGANIZATION.at("/unit_id", closed_on=unit.closed_on))
    if wrong or unit is None:
        raise Invalid(wrong)
    if not caller.may(Power.REPORT, unit.path):
        raise Forbidden
    path: str = unit.path
    return path


async def _known(
    session: AsyncSession, item: OfficeIn, own_id: UUID | None
) -> DelegateOffice | None:
    """Return the office that has the id or the natural key already, whoever sees it."""
    if own_id is not None and (known := await queries.by_id(session, own_id)):
        return known
    if item.source is None or item.external_id is None:
        return None
    return await queries.find_by_natural_key(session, item.source, item.external_id)


async def _change(
    session: AsyncSession,
    office: DelegateOffice,
    act: str,
    values: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    before = _json(office)
    await queries.change(session, office, values)
    await _tell(session, act, office, before, reason)


async def _tell(
    session: AsyncSession,
    act: str,
    office: DelegateOffice,
    before: str | None,
    reason: str | None = None,
) -> None:
    data = None if reason is None else {"reason": reason}
    kind = f"delegate_office.{act}"
    told = events.Change(
        kind, office.id, office.org_id, office.revision, before, _json(office), data
    )
    await events.record(session, told)


def _json(office: DelegateOffice) -> str:
    return OfficeOut.model_validate(office).model_dump_json()
