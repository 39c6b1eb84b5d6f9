"""SQL of documents: the writings of a bulletin, the issued figures of a circular."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible
from app.features.exports.queries.places import Asked
from app.features.progress.snapshots import queries as snapshots
from app.models import Organization, Report, Snapshot


class WritingRow(NamedTuple):
    """A report with the name of its organization."""

    report: Report
    org_name: str


async def find_fit(
    session: AsyncSession, caller: Principal, campaign_id: UUID, report_ids: Sequence[UUID]
) -> set[UUID]:
    """Return which of these are writings of the campaign, in sight, handed in and not returned."""
    statement = select(Report.id).where(
        Report.id.in_(report_ids),
        Report.campaign_id == campaign_id,
        Report.status.in_(("submitted", "accepted")),
        Report.body.is_not(None),
        visible(caller, Report.org_id),
    )
    return set((await session.scalars(statement)).all())


async def load_writings(session: AsyncSession, asked: Asked) -> Sequence[WritingRow]:
    """Return the reports of a bulletin with the names of their organizations, as still fit."""
    ids = asked.wanted.report_ids
    fit = await find_fit(session, asked.caller, asked.campaign.id, ids)
    statement = (
        select(Report, Organization.name)
        .join(Organization, Organization.id == Report.org_id)
        .where(Report.id.in_(fit), visible(asked.caller, Report.org_id))
    )
    found = [WritingRow(*row) for row in await session.execute(statement)]
    rows = {row.report.id: row for row in found}
    return [rows[report_id] for report_id in ids if report_id in rows]


async def load_figures(session: AsyncSession, asked: Asked) -> tuple[Snapshot, dict[str, Any]]:
    """Return issued figures, with the progress that they keep."""
    snapshot = await snapshots.get(
        session, asked.caller, asked.campaign.id, asked.wanted.snapshot_id
    )
    progress: dict[str, Any] = from_json(snapshot.content)
    return snapshot, progress
