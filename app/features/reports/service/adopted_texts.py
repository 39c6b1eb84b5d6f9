"""The last version of each adopted report as HTML: feeds only put together what is kept here.

See `docs/decisions/0067-html-within-limits.md`.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.reports import queries
from app.features.reports.service.answers import load_lineages
from app.kit import markdown
from app.models import Report

_BATCH: Final = 20


async def keep(session: AsyncSession, reports: Sequence[Report]) -> None:
    """Render those that feeds show, and keep it; forget what is kept of the others."""
    await session.flush()
    shown = [r for r in reports if r.adopted_count and r.status in queries.IN_FEEDS]
    versions = await load_lineages(session, shown) if shown else {}
    rows = []
    for report in shown:
        last = versions[report.id][-1]
        row = {
            "report_id": report.id,
            "org_id": report.org_id,
            "revision": report.revision,
            "renderer": markdown.RENDERER,
            "title": last.title,
            "html": None if last.body is None else await markdown.render(last.body),
        }
        rows.append(row)
    await queries.replace_adopted_texts(session, [report.id for report in reports], rows)


async def keep_missing(session: AsyncSession) -> None:
    """Render some of what is not kept as it is now: older records, or after an erasure."""
    reports = await queries.lock_without_adopted_text(session, markdown.RENDERER, _BATCH)
    if reports:
        await keep(session, reports)
