"""Reassignment: leaders get another unit or branch, with all that is theirs."""

from collections.abc import Sequence
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
        await leaders.transfer_records(session, list(before), values)
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
            )
            for row in rows
        ),
    )
    await obligations.reconcile_leaders(session, list(before))
