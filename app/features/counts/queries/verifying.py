"""SQL that counts all work again and compares."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnyRow, AnySelect
from app.features.counts.queries.adding import roll_up
from app.features.counts.queries.folding import (
    OWN,
    SUBTREE,
    count_records,
    place_at_units,
    subtract,
)
from app.features.counts.rules import KEPT
from app.models import OwnCount, SubtreeCount, Uncounted


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

    What is marked to be counted again may differ from its records.
    """
    marked = select(Uncounted.org_id)
    stored = select(OwnCount).where(OwnCount.org_id.not_in(marked))
    recounted = count_records(None).subquery("recounted")
    unmarked = select(recounted).where(recounted.c.org_id.not_in(marked))
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
            org_id=row[0],
            campaign_id=row.campaign_id,
            day=row.day,
            sector=row.sector,
            excess={name: int(number) for name, number in _counts(row) if number},
        )
        for row in await session.execute(wrong.limit(limit))
    ]


def _counts(row: AnyRow) -> Iterator[tuple[str, int]]:
    return ((name, getattr(row, name)) for name in KEPT)
