"""Opening a campaign, and the periods that begin in it: obligations of everybody, in steps."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.features.obligations.queries import counting, crediting, owed, reconciliation
from app.features.obligations.queries.owed import Owed
from app.features.obligations.service import periods, reconciling
from app.features.tree.queries.lock import lock_structure
from app.kit import clock
from app.models import Requirement

_STEP: Final = 50_000
"""Obligations that one step makes, at least."""
_PERIODS_STEP: Final = 20_000
"""The same where what was done already has to be looked for."""


async def open_step(
    session: AsyncSession, campaign_id: UUID, after: dict[str, Any] | None
) -> tuple[int, int, dict[str, Any] | None]:
    """One step of an opening: obligations of the next subjects, one requirement after another.

    Each requirement is counted once all its obligations are there.

    `after` is what the step before returned, None at first. Returns how many obligations are
    made, how many there will be, and where to go on (None: finished).
    """
    await lock_structure(session)
    await reconciliation.take_room(session)
    if after is None:
        await periods.follow_days_of(session, campaign_id)
    items = await owed.list_live_requirements(session, Requirement.campaign_id == campaign_id)
    if after is None:
        everything = owed.of_requirements([item.requirement.id for item in items])
        total = await reconciliation.count_desired(session, items, everything, clock.today())
        after = {"requirement": 0, "subject": None, "done": 0, "total": total}
    state, made, begun = dict(after), 0, after["requirement"]
    while made < _STEP and state["requirement"] < len(items):
        subject, size = await _open_chunk(session, items[state["requirement"]], state["subject"])
        state["subject"], made = subject, made + size
        state["requirement"] += subject is None
    whole = items[begun : state["requirement"]]
    await counting.rebuild(session, [item.requirement.id for item in whole])
    state["done"] = min(state["done"] + made, state["total"])
    finished = state["requirement"] >= len(items)
    return state["done"], state["total"], None if finished else state


async def open_periods_step(
    session: AsyncSession, requirement_id: UUID, after: UUID | None
) -> tuple[int, UUID | None]:
    """Make what the next subjects owe in periods that have begun, and count what was done.

    `after` is what the step before returned, None at first. Returns how many subjects and periods
    were looked at, and where to go on (None: finished).
    """
    await lock_structure(session)
    items = await owed.list_live_requirements(session, Requirement.id == requirement_id)
    everybody = owed.of_requirements([requirement_id])
    desired = await owed.select_desired(items, everybody, clock.today())
    if desired is None:
        return 0, None
    chunk = await reconciliation.find_chunk_end(session, desired, after, _PERIODS_STEP)
    if not chunk.size:
        return 0, None
    part = select(desired).where(desired.c.subject_id <= chunk.last)
    if after is not None:
        part = part.where(desired.c.subject_id > after)
    inserted = await reconciliation.insert_missing(session, part.subquery("desired_part"))
    made = {state.id: state for state in inserted}
    again: set[UUID] = set()
    new = sorted(made)
    for start in range(0, len(new), crediting.CHUNK):
        again |= await reconciling.credit_standing(session, new[start : start + crediting.CHUNK])
    made |= {state.id: state for state in await crediting.recount(session, sorted(again))}
    await counting.insert_differences(session, (), made.values())
    await UnitOfWork.of(session).flush()
    return chunk.size, chunk.last if chunk.size == _PERIODS_STEP else None


async def _open_chunk(
    session: AsyncSession, item: Owed, after: str | None
) -> tuple[str | None, int]:
    """One requirement's obligations for its next subjects: the last of them, and how many.

    The last is None when the requirement has no more.
    """
    narrowing = owed.of_requirements([item.requirement.id])
    desired = union_all(*owed.select_subjects([item], narrowing, clock.today())).subquery("desired")
    start = UUID(after) if after else None
    chunk = await reconciliation.find_chunk_end(session, desired, start, _STEP)
    if chunk.size:
        await reconciliation.insert_chunk(session, desired, item.requirement.id, start, chunk.last)
    return (str(chunk.last) if chunk.size == _STEP else None), chunk.size
