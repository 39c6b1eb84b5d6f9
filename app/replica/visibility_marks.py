"""Sight: a mark for every change that may take something out of somebody's sight.

A replica that lags behind may answer only while its marks are those of the primary. Without one
nothing is marked.
"""

from collections.abc import Iterable
from random import SystemRandom
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import db
from app.models import ReplicaMark

PREFIX: Final = "sight-"
_SHARDS: Final = 16
_SUBMISSIONS: Final = frozenset(
    {"activity", "finding", "inspection", "leader_record", "opinion", "report"}
)
_PARTS: Final = frozenset({"adoption", "review"})
"""Parts of what is submitted, whose own event says what they do to it."""
_SHOWN: Final = frozenset({"created", "derived", "updated", "submitted", "accepted"})
"""Acts on what is submitted that hide nothing: they come in thousands, and only show more."""


def note(session: AsyncSession, types: Iterable[str]) -> None:
    """Mark the transaction if an event of these types may hide anything; at its very end."""
    if db.is_replicated(session) and any(map(_may_hide, types)):
        db.at_end(session, _mark)


def _may_hide(event_type: str) -> bool:
    resource, _, act = event_type.partition(".")
    return resource not in _PARTS and (resource not in _SUBMISSIONS or act not in _SHOWN)


async def _mark(session: AsyncSession) -> None:
    name = f"{PREFIX}{SystemRandom().randrange(_SHARDS)}"
    statement = insert(ReplicaMark).values(name=name, number=1)
    counted = {"number": ReplicaMark.number + 1}
    await session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=counted))
