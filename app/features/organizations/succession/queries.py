"""SQL of what is open at an organization or waits at a unit, and of who takes it over."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import among
from app.db.rows import AnySelect
from app.kit import clock
from app.kit.ids import OrgRef
from app.models import (
    Activity,
    AdoptedText,
    Attachment,
    DelegateOffice,
    Finding,
    FollowUp,
    Inspection,
    Opinion,
    Organization,
    Report,
    Succession,
)
from app.models.deadlines import UNANSWERED, is_one_of

R = TypeVar("R", Finding, Opinion, Inspection, Report, DelegateOffice)
_AT_LEVEL: Final = ("submitted", "accepted")
"""States in which a report is at a level, which may still do something with it."""

_BLINDLY: Final = {"synchronize_session": False}
"""What was read of the rows is not looked at again."""


async def keep(session: AsyncSession, org_id: UUID, heir_ids: Collection[UUID]) -> None:
    """Note who comes after an organization, and after all that went into it before."""
    before = select(Succession.org_id).where(Succession.heir_id == org_id)
    former = [org_id, *(await session.execute(before)).scalars()]
    pairs = {(old, new) for old in former for new in heir_ids if old != new}
    known = select(Succession.org_id, Succession.heir_id).where(Succession.org_id.in_(former))
    pairs -= {(old, new) for old, new in await session.execute(known)}
    rows = [{"org_id": old, "heir_id": new} for old, new in sorted(pairs)]
    if rows:
        await session.execute(insert(Succession), rows)


async def forget(session: AsyncSession, org_id: UUID) -> None:
    """Note that nobody comes after an organization any more."""
    theirs = delete(Succession).where(Succession.org_id == org_id)
    await session.execute(theirs, execution_options=_BLINDLY)


async def open_findings(session: AsyncSession, org_id: UUID) -> Sequence[Finding]:
    """Lock and return the findings of an organization that are not closed, after their activities.

    Those of drafts are none yet.
    """
    theirs = and_(Finding.org_id == org_id, Finding.status != "closed", ~_is_of_draft(Finding))
    await _lock_activities(session, select(Finding.activity_id).where(theirs))
    return await _locked(session, Finding, theirs)


async def open_opinions(session: AsyncSession, org_id: UUID) -> Sequence[Opinion]:
    """Lock and return the opinions that an organization has to answer, after their activities."""
    own = and_(Opinion.org_id == org_id, Opinion.handler_org_id.is_(None))
    to_answer = or_(own, Opinion.handler_org_id == org_id)
    waits = is_one_of(Opinion.handling, UNANSWERED)
    theirs = and_(to_answer, waits, ~_is_of_draft(Opinion))
    await _lock_activities(session, select(Opinion.activity_id).where(theirs))
    return await _locked(session, Opinion, theirs)


async def open_offices(session: AsyncSession, org_id: UUID) -> Sequence[DelegateOffice]:
    """Lock and return the delegates' offices of a unit whose last day is not over."""
    still = or_(DelegateOffice.closed_on.is_(None), DelegateOffice.closed_on >= clock.today())
    return await _locked(session, DelegateOffice, and_(DelegateOffice.org_id == org_id, still))


async def give_offices(
    session: AsyncSession, office_ids: Collection[UUID], heir: Organization
) -> None:
    """Let another unit keep offices."""
    await _change(session, DelegateOffice, office_ids, OrgRef.of(heir.path).columns)


async def inspections_of(session: AsyncSession, org_id: UUID) -> Sequence[Inspection]:
    """Lock and return the inspections from which something must follow that this one answers."""
    own = and_(Inspection.org_id == org_id, Inspection.answering_org_id.is_(None))
    answered = or_(own, Inspection.answering_org_id == org_id)
    return await _locked(session, Inspection, and_(answered, _has_open()))


async def inspections_handled(session: AsyncSession, org_id: UUID) -> Sequence[Inspection]:
    """Lock and return the inspections of which something open was passed on to this one."""
    theirs = exists().where(FollowUp.inspection_id == Inspection.id, *_is_handled_by(org_id))
    return await _locked(session, Inspection, and_(Inspection.status == "submitted", theirs))


async def give_handled(session: AsyncSession, org_id: UUID, heir_id: UUID) -> None:
    """Let another organization answer what was passed on to this one and is open."""
    statement = update(FollowUp).where(*_is_handled_by(org_id)).values(handler_org_id=heir_id)
    await session.execute(statement, execution_options=_BLINDLY)


def _is_handled_by(org_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (FollowUp.handler_org_id == org_id, FollowUp.status != "closed")


async def inspections_at(
    session: AsyncSession, unit_id: UUID, moved: ColumnElement[bool]
) -> Sequence[Inspection]:
    """Lock and return those among moved organizations of which a unit verifies what follows."""
    within = select(Organization.id).where(moved)
    own = and_(Inspection.unit_id == unit_id, Inspection.verifying_unit_id.is_(None))
    verified = or_(own, Inspection.verifying_unit_id == unit_id)
    answered = func.coalesce(Inspection.answering_org_id, Inspection.org_id).in_(within)
    return await _locked(session, Inspection, and_(verified, answered, _has_open()))


async def reports_at(
    session: AsyncSession, unit_id: UUID, moved: ColumnElement[bool]
) -> Sequence[Report]:
    """Lock and return the reports of moved organizations that a unit has."""
    within = select(Organization.id).where(moved)
    at_level = and_(Report.level_id == unit_id, Report.org_id != unit_id)
    theirs = and_(at_level, Report.org_id.in_(within), Report.status.in_(_AT_LEVEL))
    return await _locked(session, Report, theirs)


async def follow_ups(
    session: AsyncSession, inspection_ids: Collection[UUID]
) -> dict[UUID, list[FollowUp]]:
    """Map inspections to what must follow from them, in its order."""
    statement = (
        select(FollowUp)
        .where(among(session, FollowUp.inspection_id, inspection_ids))
        .order_by(FollowUp.number, FollowUp.id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[FollowUp]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        found[row.inspection_id].append(row)
    return found


async def give_findings(
    session: AsyncSession, finding_ids: Collection[UUID], from_id: UUID, heir: Organization
) -> None:
    """Let findings be another organization's, with their files; they leave their activities."""
    day = select(Activity.held_on).where(Activity.id == Finding.activity_id).scalar_subquery()
    values = {
        **OrgRef.of(heir.path).columns,
        "from_org_id": from_id,
        "found_on": func.coalesce(Finding.found_on, day),
        "from_activity_id": func.coalesce(Finding.activity_id, Finding.from_activity_id),
        "activity_id": None,
    }
    await _change(session, Finding, finding_ids, values)
    files = among(session, Attachment.resource_id, finding_ids)
    theirs = update(Attachment).where(files, Attachment.resource == "finding")
    moved = {"org_id": heir.id, "revision": Attachment.revision + 1, "updated_at": clock.now()}
    await session.execute(theirs.values(moved), execution_options=_BLINDLY)


async def give_opinions(
    session: AsyncSession, opinion_ids: Collection[UUID], heir: Organization
) -> None:
    """Let another organization answer opinions; who gathered them keeps them in its ledger."""
    values = {"handler_org_id": heir.id, "handler": heir.name, "handling": "assigned"}
    await _change(session, Opinion, opinion_ids, values)


async def give_inspections(
    session: AsyncSession, inspection_ids: Collection[UUID], given: Mapping[str, UUID]
) -> None:
    """Let others answer or verify what must follow from inspections, as far as they are named."""
    columns = ("answering_org_id", "verifying_unit_id")
    values = {name: given[name] for name in columns if name in given}
    await _change(session, Inspection, inspection_ids, values)


async def give_reports(session: AsyncSession, report_ids: Collection[UUID], level_id: UUID) -> None:
    """Let another unit have reports; what feeds show of them is still their text."""
    await _change(session, Report, report_ids, {"level_id": level_id})
    shown = among(session, AdoptedText.report_id, report_ids)
    newer = {"revision": AdoptedText.revision + 1}
    await session.execute(
        update(AdoptedText).where(shown).values(newer), execution_options=_BLINDLY
    )


async def touch_activities(
    session: AsyncSession, activity_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID, int]]:
    """Count up the revisions of activities, of which a part has changed.

    Return the organization and the new revision of each.
    """
    if not activity_ids:
        return {}
    await _change(session, Activity, activity_ids, {})
    named = among(session, Activity.id, activity_ids)
    now = select(Activity.id, Activity.org_id, Activity.revision).where(named)
    return {id_: (org_id, revision) for id_, org_id, revision in await session.execute(now)}


Kind = (
    type[Activity]
    | type[DelegateOffice]
    | type[Finding]
    | type[Inspection]
    | type[Opinion]
    | type[Report]
)


async def _change(
    session: AsyncSession, kind: Kind, row_ids: Collection[UUID], values: dict[str, Any]
) -> None:
    newer = {"revision": kind.revision + 1, "updated_at": clock.now()}
    statement = update(kind).where(among(session, kind.id, row_ids)).values(**values, **newer)
    await session.execute(statement, execution_options=_BLINDLY)


async def _locked(
    session: AsyncSession, kind: type[R], condition: ColumnElement[bool]
) -> Sequence[R]:
    statement = select(kind).where(condition).order_by(kind.id).with_for_update()
    found = await session.execute(statement.execution_options(populate_existing=True))
    return found.scalars().all()


async def _lock_activities(session: AsyncSession, holders: AnySelect) -> None:
    first = select(Activity.id).where(Activity.id.in_(holders)).order_by(Activity.id)
    await session.execute(first.with_for_update())


def _is_of_draft(kind: type[Finding] | type[Opinion]) -> ColumnElement[bool]:
    return exists().where(Activity.id == kind.activity_id, Activity.status == "draft")


def _has_open() -> ColumnElement[bool]:
    still = exists().where(FollowUp.inspection_id == Inspection.id, FollowUp.status != "closed")
    return and_(Inspection.status == "submitted", still)
