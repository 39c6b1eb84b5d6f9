"""Activities in answers to those who write them."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.answers import ActivityWritten
from app.features.activities.service import answers, effects
from app.http.dependencies import Reply
from app.http.preconditions import tag


async def answer_written(
    reply: Reply, session: AsyncSession, caller: Principal, whole: Whole
) -> ActivityWritten:
    """Return an activity as this caller gets it, with what it counts for, and with its ETag."""
    answered = await answers.answer(session, caller, whole)
    told = await effects.tell(session, caller, whole, reply.language)
    return tag(reply.response, ActivityWritten(**dict(answered), **told))
