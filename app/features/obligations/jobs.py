"""Background work of the ledger."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.counts import service as counts
from app.features.obligations import service
from app.features.obligations.queries import counting, existence
from app.features.tree.queries import lock
from app.features.tree.queries.lock import lock_structure
from app.kit import clock

_LOOK_BACK = timedelta(days=31)
"""How long the worker may have stood still without a closing day being missed."""


async def settle_ended(session: AsyncSession) -> None:
    """Settle what subjects owed whose closing or leaving day, set ahead, has come."""
    await lock_structure(session)
    today = clock.today()
    organizations, leaders = await existence.list_ended(session, today - _LOOK_BACK, today)
    begun, in_post = await existence.find_begun_or_not(session, today - _LOOK_BACK, today)
    await service.reconcile_organizations(session, [*organizations, *begun])
    await service.reconcile_leaders(session, [*leaders, *in_post])
    await service.recredit_organizations(session, begun)
    await service.recredit_leaders(session, in_post)


async def fold_counters(session: AsyncSession) -> None:
    """Add up what writers have counted or marked; put off while the tree is being changed."""
    if await lock.try_lock_structure(session):
        await counting.fold(session)
        await counts.fold(session)
