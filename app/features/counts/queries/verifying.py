"""SQL that counts all work again and compares."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import BindParameter, Integer, bindparam, select
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

_MOST: Final[BindParameter[int]] = bindparam("most", type_=Integer())


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
    of_records = _unlike_records(just_upgraded=await is_just_upgraded(session))
    return [
        *await _found(session, of_records, limit),
        *await _found(session, _unlike_organizations(), limit),
    ]


@cache
def _unlike_records(*, just_upgraded: bool) -> AnySelect:
    """Return the counts of organizations that differ from their records; made once."""
    marked = select(Uncounted.org_id)
    stored = select(OwnCount).where(OwnCount.org_id.not_in(marked))
    recounted = count_records(None).subquery("recounted")
    unmarked = select(recounted).where(recounted.c.org_id.not_in(marked))
    if just_upgraded:
        counted = aliased(OwnCount)
        known = select(counted.org_id).where(counted.campaign_id == EVERYWHERE)
        unmarked = unmarked.where(recounted.c.org_id.in_(known))
        stored = stored.where(OwnCount.org_id.in_(known))
    return subtract(stored, unmarked, OWN).order_by(*OWN).limit(_MOST)


@cache
def _unlike_organizations() -> AnySelect:
    """Return the counts of units that differ from those of their organizations; made once."""
    added = roll_up(place_at_units(OwnCount.__table__), ("sector",), KEPT, KEPT)
    wrong = subtract(select(SubtreeCount), added, SUBTREE)
    return wrong.order_by(*SUBTREE).limit(_MOST)


async def _found(session: AsyncSession, wrong: AnySelect, limit: int) -> list[Discrepancy]:
    rows = await session.execute(wrong, {"most": limit})
    return [
        Discrepancy(
            org_id=org_id,
            campaign_id=campaign_id,
            day=day,
            sector=sector,
            excess={name: int(n) for name, n in zip(KEPT, counts, strict=True) if n},
        )
        for org_id, campaign_id, day, sector, *counts in rows
    ]
