"""SQL that counts all work again and compares."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db.rows import AnySelect
from app.features.counts.queries.adding import roll_up
from app.features.counts.queries.anew import is_just_upgraded
from app.features.counts.queries.folding import (
    OWN,
    SUBTREE,
    count_records,
    place_at_units,
    subtract,
)
from app.features.counts.rules import KEPT
from app.models import OwnCount, SubtreeCount, Uncounted
from app.models.counts import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One count that is not what it was made from; `excess` is what it has too much."""

    org_id: UUID
    campaign_id: UUID
    day: date
    sector: str
    excess: dict[str, int]


async def find_discrepancies(session: AsyncSession, limit: int = 100) -> list[Discrepancy]:
    """Organizations' counts that differ from their records, and units' that differ from those.

    What is marked to be counted again may differ from its records. So may what the release before
    founded after the upgrade: it is marked by the worker, for a while (`anew`).
    """
    marked = select(Uncounted.org_id)
    stored = select(OwnCount).where(OwnCount.org_id.not_in(marked))
    recounted = count_records(None).subquery("recounted")
    unmarked = select(recounted).where(recounted.c.org_id.not_in(marked))
    if await is_just_upgraded(session):
        counted = aliased(OwnCount)
        known = select(counted.org_id).where(counted.campaign_id == EVERYWHERE)
        unmarked = unmarked.where(recounted.c.org_id.in_(known))
        stored = stored.where(OwnCount.org_id.in_(known))
    added = roll_up(place_at_units(OwnCount.__table__), ("sector",), KEPT, KEPT)
    return [
        *await _found(session, subtract(stored, unmarked, OWN).order_by(*OWN), limit),
        *await _found(
            session, subtract(select(SubtreeCount), added, SUBTREE).order_by(*SUBTREE), limit
        ),
    ]


async def _found(session: AsyncSession, wrong: AnySelect, limit: int) -> list[Discrepancy]:
    return [
        Discrepancy(
            org_id=org_id,
            campaign_id=campaign_id,
            day=day,
            sector=sector,
            excess={name: int(n) for name, n in zip(KEPT, counts, strict=True) if n},
        )
        for org_id, campaign_id, day, sector, *counts in await session.execute(wrong.limit(limit))
    ]
