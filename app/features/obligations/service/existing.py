"""Days on which subjects exist: when they move, what counts follows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.features.obligations.queries import counting, crediting, existence, owed
from app.features.obligations.queries.owed import Narrowing
from app.features.obligations.service.reconciling import credit_standing


async def recredit_organizations(session: AsyncSession, org_ids: Sequence[UUID]) -> None:
    """Count for organizations what was done while they existed, and nothing else."""
    for start in range(0, len(org_ids), crediting.CHUNK):
        some = org_ids[start : start + crediting.CHUNK]
        await _recredit(session, owed.of_organizations(session, some))


async def recredit_leaders(session: AsyncSession, leader_ids: Sequence[UUID]) -> None:
    """Count for leaders what was done while they were in post, and nothing else."""
    for start in range(0, len(leader_ids), crediting.CHUNK):
        some = leader_ids[start : start + crediting.CHUNK]
        await _recredit(session, owed.of_leaders(session, some))


async def _recredit(session: AsyncSession, narrowing: Narrowing) -> None:
    again = {state.id for state in await existence.lock_strayed(session, narrowing)}
    known = await existence.list_live_obligations(session, narrowing)
    for start in range(0, len(known), crediting.CHUNK):
        some = known[start : start + crediting.CHUNK]
        before = {state.id: state for state in await crediting.lock(session, some)}
        await crediting.remove_strayed(session, some)
        changed = sorted((again & before.keys()) | await credit_standing(session, some))
        after = await crediting.recount(session, changed)
        await counting.insert_differences(session, [before[id_] for id_ in changed], after)
        await UnitOfWork.of(session).flush()
