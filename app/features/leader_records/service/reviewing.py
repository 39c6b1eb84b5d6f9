"""Reviews of records in batches."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.leader_records import queries
from app.features.leader_records.service import direct
from app.features.submissions.reviewing import review_each
from app.features.submissions.schemas import ReviewItem
from app.http.batches import ItemResult
from app.kit.problems import Problem
from app.models import Review


async def review_all(
    session: AsyncSession, caller: Principal, items: Mapping[int, ReviewItem]
) -> tuple[dict[int, ItemResult], dict[int, Problem]]:
    """Decide on several records, each by itself; return results and problems by index."""
    await queries.lock_all(session, caller, {item.id for item in items.values()})

    async def one(item: ReviewItem) -> tuple[UUID, int]:
        record = await queries.get_for_update(session, caller, item.id, Power.VIEW)
        await direct.review(session, caller, record, Review(**item.model_dump(exclude={"id"})))
        return record.id, record.revision

    return await review_each(items, one)
