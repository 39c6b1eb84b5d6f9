"""SQL that writes activities and their parts."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.kit import clock
from app.models import Activity, ActivityCampaign, Finding, Opinion, Participant

Rows = Sequence[Mapping[str, Any]]


def insert(
    session: AsyncSession, activities: Rows, participants: Rows, findings: Rows, opinions: Rows
) -> None:
    """Keep activities and their parts to insert, those first that others point at."""
    for table, rows in (
        (Activity, activities),
        (Participant, participants),
        (Finding, findings),
        (Opinion, opinions),
    ):
        UnitOfWork.of(session).insert(table, rows)


def link(session: AsyncSession, activities: Rows) -> None:
    """Keep the further campaigns of activities to insert, by which they are found in each."""
    rows = [
        {"activity_id": row["id"], "campaign_id": campaign_id, "org_id": row["org_id"]}
        for row in activities
        for campaign_id in row["further_campaign_ids"]
    ]
    if rows:
        UnitOfWork.of(session).insert(ActivityCampaign, rows)


async def unlink(session: AsyncSession, activity_id: UUID) -> None:
    """Delete the further campaigns of an activity."""
    statement = delete(ActivityCampaign).where(ActivityCampaign.activity_id == activity_id)
    await session.execute(statement)


async def change(session: AsyncSession, activity_id: UUID, values: Mapping[str, Any]) -> None:
    """Set values of one activity; the revision counts up."""
    statement = (
        update(Activity)
        .where(Activity.id == activity_id)
        .values(**values, revision=Activity.revision + 1, updated_at=clock.now())
    )
    await session.execute(statement)


async def remove_participants(session: AsyncSession, activity_id: UUID) -> None:
    """Delete who took part."""
    statement = delete(Participant).where(Participant.activity_id == activity_id)
    await session.execute(statement)


async def remove(session: AsyncSession, activity_id: UUID) -> None:
    """Delete an activity with its parts."""
    statement = delete(Activity).where(Activity.id == activity_id)
    await session.execute(statement)
