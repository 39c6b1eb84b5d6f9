"""SQL of reports and their adoptions."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import visibility
from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db import among
from app.db.rows import AnySelect
from app.db.unit_of_work import UnitOfWork
from app.features.submissions.references import Placed
from app.kit import clock
from app.kit.problems import Forbidden, NotFound
from app.models import (
    AdoptedText,
    Adoption,
    Campaign,
    Dispatch,
    Leader,
    Organization,
    Report,
)

IN_FEEDS = ("submitted", "accepted")
_PUBLIC = (Report.adopted_count > 0, Report.status.in_(IN_FEEDS))
"""States of adopted reports that feeds show."""


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[Report]:
    """Select the reports that the caller sees, for a list."""
    shown = visibility.show(caller, Report, *_PUBLIC)
    return visibility.list_visible(caller, Report, *conditions, *shown, under=under)


async def get(session: AsyncSession, caller: Principal, report_id: UUID) -> Report:
    """Return one report that the caller sees, or raise `NotFound`."""
    return await _found(session, _seen(caller, report_id))


async def get_for_update(
    session: AsyncSession, caller: Principal, report_id: UUID, power: Power = Power.REPORT
) -> Report:
    """Lock and return one report; raise `NotFound`, or `Forbidden` without the power."""
    statement = _seen(caller, report_id).with_for_update()
    found = await _found(session, statement.execution_options(populate_existing=True))
    allowed = select(Organization.id).where(visible(caller, Organization.id, power))
    if (await session.execute(allowed.where(Organization.id == found.org_id))).first() is None:
        raise Forbidden
    return found


async def lock_all(session: AsyncSession, caller: Principal, ids: Collection[UUID]) -> None:
    """Lock the reports among these that the caller sees, in the order of their ids."""
    seen = select(Report.id).where(among(session, Report.id, list(ids)), in_sight(caller))
    await session.execute(seen.order_by(Report.id).with_for_update())


async def is_there(session: AsyncSession, report_id: UUID) -> bool:
    """Return whether there is a report of this id at all."""
    statement = select(Report.id).where(Report.id == report_id)
    return (await session.execute(statement)).first() is not None


async def by_ids(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Report]:
    """Return reports by id, whoever sees them."""
    if not ids:
        return {}
    found = (await session.execute(select(Report).where(Report.id.in_(ids)))).scalars()
    return {report.id: report for report in found}


async def find_by_natural_keys(
    session: AsyncSession, keys: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], Report]:
    """Return reports by `(org_id, source, external_id)`."""
    if not keys:
        return {}
    columns = (Report.org_id, Report.source, Report.external_id)
    statement = select(Report).where(tuple_(*columns).in_(list(keys)))
    found = (await session.execute(statement)).scalars()
    return {(r.org_id, r.source or "", r.external_id or ""): r for r in found}


def insert(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep reports to insert."""
    UnitOfWork.of(session).insert(Report, rows)


async def change(session: AsyncSession, report: Report, values: Mapping[str, Any]) -> None:
    """Set values of one report and read it again; the revision counts up."""
    statement = (
        update(Report)
        .where(Report.id == report.id)
        .values(**values, revision=Report.revision + 1, updated_at=clock.now())
    )
    await session.execute(statement)
    await session.refresh(report)


async def remove(session: AsyncSession, report_id: UUID) -> None:
    """Delete a report with all that hangs on it."""
    statement = delete(Report).where(Report.id == report_id)
    await session.execute(statement)


async def load_names(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of organizations."""
    statement = select(Organization.id, Organization.name).where(Organization.id.in_(org_ids))
    return dict((await session.execute(statement)).all())


async def load_adoptions(
    session: AsyncSession, report_ids: Collection[UUID]
) -> dict[UUID, list[Adoption]]:
    """Map reports to their adoptions by day."""
    statement = (
        select(Adoption)
        .where(Adoption.report_id.in_(report_ids))
        .order_by(Adoption.adopted_on, Adoption.id)
    )
    found: dict[UUID, list[Adoption]] = defaultdict(list)
    for adoption in (await session.execute(statement)).scalars():
        found[adoption.report_id].append(adoption)
    return found


async def add_fact(session: AsyncSession, fact: Adoption | Dispatch) -> None:
    """Insert an adoption or a dispatch."""
    session.add(fact)
    await session.flush()


async def remove_fact(session: AsyncSession, fact: Adoption | Dispatch) -> None:
    """Delete an adoption or a dispatch."""
    await session.delete(fact)
    await session.flush()


async def load_dispatches(
    session: AsyncSession, report_ids: Collection[UUID]
) -> dict[UUID, list[Dispatch]]:
    """Map reports to their dispatches by day."""
    statement = (
        select(Dispatch)
        .where(Dispatch.report_id.in_(report_ids))
        .order_by(Dispatch.sent_on, Dispatch.id)
    )
    found: dict[UUID, list[Dispatch]] = defaultdict(list)
    for dispatch in (await session.execute(statement)).scalars():
        found[dispatch.report_id].append(dispatch)
    return found


def is_current(renderer: int) -> ColumnElement[bool]:
    """Return the condition that a report's present text is kept, by this renderer or a newer."""
    return and_(
        AdoptedText.report_id == Report.id,
        AdoptedText.revision == Report.revision,
        AdoptedText.renderer >= renderer,
    )


async def lock_without_adopted_text(
    session: AsyncSession, renderer: int, limit: int
) -> Sequence[Report]:
    """Lock and return adopted reports whose present text is not kept; skip what others locked."""
    statement = (
        select(Report)
        .where(
            Report.id.in_(select(Adoption.report_id)),
            Report.status.in_(IN_FEEDS),
            ~exists().where(is_current(renderer)),
        )
        .order_by(Report.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(statement)).scalars().all()


async def replace_adopted_texts(
    session: AsyncSession, report_ids: Collection[UUID], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Set what is kept of the texts of these reports; without rows it is forgotten."""
    statement = delete(AdoptedText).where(AdoptedText.report_id.in_(report_ids))
    await session.execute(statement)
    work = UnitOfWork.of(session)
    work.insert(AdoptedText, rows)
    await work.flush()


async def get_campaign_start(session: AsyncSession, campaign_id: UUID) -> date:
    """Return the first day of a campaign."""
    statement = select(Campaign.starts_on).where(Campaign.id == campaign_id)
    return (await session.execute(statement)).scalar_one()


def in_sight(caller: Principal) -> ColumnElement[bool]:
    """Return the condition that the caller sees a report."""
    return and_(visible(caller, Report.org_id), *visibility.show(caller, Report, *_PUBLIC))


def _seen(caller: Principal, report_id: UUID) -> AnySelect:
    return select(Report).where(Report.id == report_id, in_sight(caller))


async def _found(session: AsyncSession, statement: AnySelect) -> Report:
    found: Report | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def find_placed(session: AsyncSession, leader_id: UUID | None) -> Placed | None:
    """Return a leader and the unit that they lead, for reading: nothing is locked."""
    statement = select(Leader.id, Leader.org_id, Leader.branch_id, Organization.path)
    placed = statement.join(Organization, Organization.id == Leader.org_id)
    rows = await session.execute(placed.where(Leader.id == leader_id)) if leader_id else ()
    found = (Placed(id_, org, branch, None, None, [path]) for id_, org, branch, path in rows)
    return next(found, None)
