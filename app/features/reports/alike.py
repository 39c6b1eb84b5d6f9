"""SQL of the sketches of reports' texts, by which reports that say the same are found."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible_organizations
from app.db.rows import find_rows
from app.db.unit_of_work import UnitOfWork
from app.models import Organization, Report, ReportBand

_CANDIDATES: Final = 20
"""Reports that are compared, at most."""


async def replace_bands(
    session: AsyncSession, sketches: Mapping[tuple[UUID, UUID], Sequence[int]]
) -> None:
    """Set the sketches of reports, by `(report, organization)`."""
    known = [report_id for report_id, _ in sketches]
    statement = delete(ReportBand).where(ReportBand.report_id.in_(known))
    await session.execute(statement)
    insert_bands(session, sketches)
    await UnitOfWork.of(session).flush()


def insert_bands(
    session: AsyncSession, sketches: Mapping[tuple[UUID, UUID], Sequence[int]]
) -> None:
    """Keep the sketches of new reports to insert, by `(report, organization)`."""
    rows = [
        {"report_id": report_id, "org_id": org_id, "band": band, "value": value}
        for (report_id, org_id), values in sketches.items()
        for band, value in enumerate(values)
    ]
    UnitOfWork.of(session).insert(ReportBand, rows)


class CandidateRow(NamedTuple):
    """A report that may say the same; `seen`: 1 if the caller sees it."""

    id: UUID
    title: str
    body: str
    org_id: UUID
    seen: int


async def find_candidates(
    session: AsyncSession, caller: Principal, report: Report
) -> Sequence[CandidateRow]:
    """Return reports that share bands of this one's sketch."""
    own = select(ReportBand.value).where(ReportBand.report_id == report.id)
    shared = (
        select(ReportBand.report_id, func.count().label("bands"))
        .where(ReportBand.value.in_(own), ReportBand.report_id != report.id)
        .group_by(ReportBand.report_id)
        .subquery("shared")
    )
    # By the organization of each of the few, never out of all that the caller sees.
    seen = case((visible_organizations(caller), 1), else_=0).label("seen")
    statement = (
        select(Report.id, Report.title, Report.body, Report.org_id, seen)
        .join(shared, shared.c.report_id == Report.id)
        .join(Organization, Organization.id == Report.org_id)
        .where(Report.status.in_(("submitted", "returned", "accepted")))
        .order_by(shared.c.bands.desc(), Report.id)
        .limit(_CANDIDATES)
    )
    return await find_rows(session, CandidateRow, statement)
