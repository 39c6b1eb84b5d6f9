"""Opening a campaign: the obligations of everybody, step by step."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.obligations.queries import counting, owed, reconciliation
from app.features.obligations.queries.owed import Owed
from app.features.tree.queries.lock import lock_structure
from app.kit import clock
from app.models import Requirement

_STEP: Final = 50_000
"""Obligations that one step makes, at least."""


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
