"""Records that show parts which have histories of their own: they change with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.submissions import queries
from app.models import Revision


@dataclass(frozen=True, slots=True)
class PartChange:
    """A change of a part that has a history of its own, as the record that shows it tells it."""

    record: str
    act: str
    record_id: UUID
    revision: int
    """The record's, which the change has counted up."""
    data: Mapping[str, Any]


async def part_changed(session: AsyncSession, org_id: UUID, change: PartChange) -> None:
    """Tell of a record whose part has changed; the part keeps what it was before by itself."""
    call = events.call_of(session)
    revision = Revision(
        org_id=org_id, record=change.record, record_id=change.record_id, revision=change.revision,
        act=change.act, reason=None, before={}, client_id=call.client_id, actor=call.actor,
    )  # fmt: skip
    queries.keep(session, revision)
    await session.flush()
    kind = f"{change.record}.{change.act}"
    told = events.Change(kind, change.record_id, org_id, change.revision, data=dict(change.data))
    await events.record(session, told)
