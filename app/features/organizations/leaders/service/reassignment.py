"""Reassignment: leaders get another unit or branch, with all that is theirs."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.obligations import service as obligations
from app.features.organizations.leaders.queries import leaders, second_posts
from app.features.organizations.leaders.schemas.leaders import leader_out
from app.features.organizations.queries import history
from app.models import Leader


async def change_leaders(
    session: AsyncSession,
    rows: Sequence[Leader],
    values: dict[str, UUID],
    since: date,
    data: dict[str, Any] | None,
) -> None:
    """Give leaders another unit or branch (`values`), with their events and what they owe."""
    before = {row.id: leader_out(row).model_dump_json() for row in rows}
    left = {row.id: row.org_id for row in rows}
    await history.keep_posts(session, list(before), since)
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
        row.posted_on = max(since, row.posted_on or since)
        row.revision += 1
    await session.flush()
    kind = "leader.updated"
    if "org_id" in values:
        kind = "leader.transferred"
        await transfer_records(session, left, values)
        await second_posts.end(session, list(before), values["org_id"], since)
    await events.record(
        session,
        *(
            events.Change(
                kind,
                row.id,
                row.org_id,
                row.revision,
                before[row.id],
                leader_out(row).model_dump_json(),
                data,
                other_org_id=None if left[row.id] == row.org_id else left[row.id],
            )
            for row in rows
        ),
    )
    await obligations.reconcile_leaders(session, list(before))


async def transfer_records(
    session: AsyncSession, left: Mapping[UUID, UUID], unit: Mapping[str, UUID]
) -> None:
    """Let leaders' records go along with them, each with its event; `left` is where they were."""
    moved = await leaders.transfer_records(session, list(left), unit)
    await events.record(
        session,
        *(
            events.Change(
                "leader_record.transferred",
                row.id,
                unit["org_id"],
                row.revision,
                other_org_id=left[row.leader_id],
            )
            for row in moved
        ),
    )
