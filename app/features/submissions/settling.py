"""The ledger follows submissions: what they counted for is taken back and given anew."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.obligations import service as obligations
from app.features.obligations.evidence import Evidence
from app.features.submissions.rules import Weight


async def settle(
    session: AsyncSession,
    before: Sequence[UUID],
    evidence: Iterable[Evidence],
    weight: Weight,
    *,
    within: Collection[UUID] | None = None,
) -> None:
    """Let the ledger follow a submission: what it counted for is taken back and given anew.

    `before` are the records whose credits end, `evidence` is what the submission is now. `within`
    are the campaigns whose ledger it is, all of them unless given.
    """
    await settle_each(session, before, [(item, weight) for item in evidence], within=within)


async def settle_each(
    session: AsyncSession,
    before: Sequence[UUID],
    evidence: Sequence[tuple[Evidence, Weight]],
    *,
    within: Collection[UUID] | None = None,
) -> None:
    """Let the ledger follow a submission that may weigh otherwise in each of its campaigns."""
    items = [item for item, _ in evidence]
    await obligations.debit(session, before, within)
    obligations.discard(session, items)
    heavy = [item for item, weight in evidence if weight is not Weight.NOTHING]
    light = [item for item, weight in evidence if weight is Weight.NOTHING]
    if light:
        await obligations.follow(session, [item for item in light if item.record == "activity"])
    if heavy or not light:
        await obligations.credit(session, heavy)
    suspended = [item for item, weight in evidence if weight is Weight.SUSPENDED]
    if suspended:
        await obligations.suspend(session, suspended, within)
    if heavy and light:
        # What it will count for elsewhere is told, too: it is found out where it is asked for.
        obligations.discard(session, items)
