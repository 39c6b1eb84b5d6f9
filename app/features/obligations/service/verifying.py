"""Whether ledger and counters agree with what they were made from: everything is counted again."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.obligations.queries import verifying
from app.features.obligations.queries.verifying import Miscount


@dataclass(frozen=True, slots=True)
class Disagreements:
    """What does not agree, the first hundred of each kind; `obligations` were looked at."""

    obligations: int
    mistallied: list[UUID]
    misplaced: list[UUID]
    miscounted: list[Miscount]


async def find_disagreements(session: AsyncSession) -> Disagreements:
    """Count everything again: credits into obligations, obligations into counters."""
    return Disagreements(
        await verifying.count_all(session),
        await verifying.find_mistallied(session),
        await verifying.find_misplaced(session),
        await verifying.find_miscounts(session),
    )
