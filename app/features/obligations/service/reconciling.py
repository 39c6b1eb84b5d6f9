"""What is owed: the ledger made to say what requirements and tree ask for."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db import plan_by_values
from app.db.unit_of_work import UnitOfWork
from app.features.obligations.queries import (
    counting,
    crediting,
    owed,
    reconciliation,
    standing,
)
from app.features.obligations.queries.owed import Narrowing
from app.features.obligations.service import periods
from app.features.obligations.service.surroundings import weigh
from app.kit import clock
from app.models import Requirement

_FEW: Final = 20


async def reconcile_organizations(session: AsyncSession, org_ids: Sequence[UUID]) -> None:
    """After organizations were added or changed: their obligations and their leaders'."""
    for some in await _parts(session, org_ids):
        await _reconcile(session, owed.of_organizations(session, some))


async def reconcile_leaders(session: AsyncSession, leader_ids: Sequence[UUID]) -> None:
    """After leaders were added, transferred or changed: their obligations."""
    for some in await _parts(session, leader_ids):
        await _reconcile(session, owed.of_leaders(session, some))


async def reconcile_requirements(session: AsyncSession, requirement_ids: Sequence[UUID]) -> None:
    """After requirements of a live campaign were added, changed or dropped.

    What counts towards them may have changed too: their credits are made anew.
    """
    await periods.follow_days(session, requirement_ids)
    await _reconcile(
        session, owed.of_requirements(requirement_ids), Requirement.id.in_(requirement_ids)
    )
    known = await crediting.lock_requirements(session, requirement_ids)
    for start in range(0, len(known), crediting.CHUNK):
        before = known[start : start + crediting.CHUNK]
        chunk = [state.id for state in before]
        await crediting.remove_credits_of(session, chunk)
        await credit_standing(session, chunk)
        await counting.insert_differences(session, before, await crediting.recount(session, chunk))
        await UnitOfWork.of(session).flush()


async def _parts(session: AsyncSession, ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    """So many as one statement compares with each other.

    It is planned for their number: for any number it would compare each with each, as it may where
    there are few.
    """
    if len(ids) > _FEW:
        await plan_by_values(session)
    return [ids[start : start + crediting.CHUNK] for start in range(0, len(ids), crediting.CHUNK)]


async def _reconcile(session: AsyncSession, narrowing: Narrowing, *only: Any) -> None:
    """Insert, adjust and void until the ledger says what requirements and tree ask for."""
    today = clock.today()
    items = await owed.list_live_requirements(session, *only)
    desired = await owed.select_desired(items, narrowing, today)
    before = await reconciliation.void_unwanted(session, desired, narrowing)
    if desired is None:
        await counting.insert_differences(session, before, ())
        await UnitOfWork.of(session).flush()
        return
    adjusted = await reconciliation.adjust(session, desired)
    inserted = await reconciliation.insert_missing(session, desired)
    after = {state.id: state for state in inserted}
    changed = sorted({state.id for state in adjusted} | after.keys())
    again = {state.id for state in adjusted}
    for start in range(0, len(changed), crediting.CHUNK):
        again |= await credit_standing(session, changed[start : start + crediting.CHUNK])
    after |= {state.id: state for state in await crediting.recount(session, sorted(again))}
    await counting.insert_differences(session, [*before, *adjusted], after.values())
    await UnitOfWork.of(session).flush()


async def credit_standing(session: AsyncSession, obligation_ids: Sequence[UUID]) -> set[UUID]:
    """Add the credits of records that were there before; the obligations to be counted again."""
    given = await weigh(session, await standing.load_evidence(session, obligation_ids))
    if given:
        crediting.insert_credits(session, given.values())
        await UnitOfWork.of(session).flush()
    return {obligation_id for obligation_id, _ in given}
