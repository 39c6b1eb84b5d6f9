"""What is probably a slip about a report."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.reports import queries
from app.features.reports.schemas import AdoptionIn
from app.kit.fields import Warned
from app.kit.language import Language
from app.kit.slips import Slip
from app.models import Report

ADOPTED_EARLY: Final = Slip(
    "adopted_before_campaign",
    "采用日期早于主题活动开始日期 {start}，请核对。",
    "The day of the adoption is before the campaign began ({start}).",
)


async def find_slips(
    session: AsyncSession, report: Report, item: AdoptionIn, language: Language
) -> list[Warned]:
    """Return what is told about an adoption that was recorded just now."""
    start = await queries.get_campaign_start(session, report.campaign_id)
    early = item.adopted_on < start
    return [ADOPTED_EARLY.told(language, start=start)] if early else []
