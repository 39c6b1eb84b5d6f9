"""Leader records in answers to those who write them."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.leader_records.schemas import LeaderRecordWritten
from app.features.leader_records.service import direct, effects
from app.http.dependencies import Reply
from app.http.preconditions import tag
from app.models import LeaderRecord


async def answer_written(
    reply: Reply,
    session: AsyncSession,
    caller: Principal,
    record: LeaderRecord,
) -> LeaderRecordWritten:
    """Return a record as this caller gets it, with what it counts for, and with its ETag."""
    answered = await direct.answer(session, caller, record)
    told = await effects.tell(session, caller, record, reply.language)
    return tag(reply.response, LeaderRecordWritten(**dict(answered), **told))
