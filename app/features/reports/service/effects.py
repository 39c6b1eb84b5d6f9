"""What a report counts for, and why it does not count for more."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.reports import queries
from app.features.reports.service import credits as counted
from app.features.reports.service.changing import build_content
from app.features.reports.service.creating import find_first_level
from app.features.submissions import service as reviews
from app.features.submissions.references import find_campaigns
from app.features.submissions.rules import Weight, weight
from app.kit import clock
from app.kit.language import Language
from app.models import Report


async def tell(
    session: AsyncSession, caller: Principal, report: Report, language: Language
) -> dict[str, Any]:
    """Return what a report counts for; of a draft, or one returned, what it would count for."""
    if report.status == "withdrawn":
        return {}
    if not obligations.is_known(session, report.id):
        await UnitOfWork.of(session).flush()
        await find(session, report)
    return obligations.tell(session, caller, report.id, language)


async def find(session: AsyncSession, report: Report) -> bool:
    """Find out what a report counts for; return whether it counts now."""
    campaign = (await find_campaigns(session, [report.campaign_id]))[report.campaign_id]
    worth = weight(report.status, campaign.counts_from, endorsed=report.endorsed)
    if report.status != "withdrawn":
        row = await _as_handed_in(session, report)
        leader = await queries.find_placed(session, report.leader_id)
        derivations = counted.derive_records(row, leader, campaign)
        evidence = await derived.find_evidence(session, report.id, derivations)
        own = counted.build_evidence(row)
        passings = await obligations.list_passings(session, report.id)
        evidence += [own, *counted.nil(own, row), *counted.passed_on(own, passings)]
        counts_in = [report.campaign_id] if worth is Weight.COUNTED else []
        await obligations.find_effects(session, evidence, counted=counts_in)
    return worth is Weight.COUNTED


async def _as_handed_in(session: AsyncSession, report: Report) -> dict[str, Any]:
    """Return a report as it is, or as it were if it was handed in today."""
    names = ("id", "status", "level_id", "selected")
    row = build_content(report) | {name: getattr(report, name) for name in names}
    if report.status in {"draft", "returned"}:
        paths = (await reviews.load_context(session, [report])).paths
        row["level_id"] = find_first_level(paths[report.org_id])
        row["status"] = "submitted"
    row["reported_on"] = report.reported_on or clock.today()
    return row
