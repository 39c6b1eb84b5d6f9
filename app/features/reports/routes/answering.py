"""Reports in answers to those who write them."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.reports.schemas import ReportWritten
from app.features.reports.service import answers, effects
from app.http.dependencies import Reply
from app.http.preconditions import tag
from app.models import Report


async def answer_written(
    reply: Reply, session: AsyncSession, caller: Principal, report: Report
) -> ReportWritten:
    """Return a report as this caller gets it, with what it counts for, and with its ETag."""
    answered = await answers.answer(session, caller, report)
    told = await effects.tell(session, caller, report, reply.language)
    return tag(reply.response, ReportWritten(**dict(answered), **told))
