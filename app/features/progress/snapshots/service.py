"""Issuing figures: the answer of progress, kept as it is."""

from typing import Any

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.progress import gathering
from app.features.progress.gathering import Question
from app.features.progress.snapshots import queries
from app.features.progress.snapshots.schemas import SnapshotIn, SnapshotOut, SnapshotRow
from app.kit import clock, ids
from app.models import Campaign, Organization, Snapshot


async def issue(
    session: AsyncSession,
    caller: Principal,
    campaign: Campaign,
    unit: Organization,
    body: SnapshotIn,
) -> Snapshot:
    """Keep the figures of a unit's subtree as they are now."""
    day = body.as_of or clock.today()
    question = Question(campaign, unit, body.group_by, day)
    call = events.call_of(session)
    record = Snapshot(
        id=ids.new_id(),
        campaign_id=campaign.id,
        org_id=unit.id,
        group_by=body.group_by,
        as_of=day,
        title=body.title,
        document_number=body.document_number,
        issued_at=clock.now(),
        client_id=call.client_id,
        actor=call.actor,
        content=await gathering.answer(session, caller, question),
    )
    await queries.add(session, record)
    told = SnapshotRow.model_validate(record).model_dump_json()
    await events.record(
        session, events.Change("snapshot.issued", record.id, unit.id, 1, after=told)
    )
    return record


def answer(record: Snapshot) -> SnapshotOut:
    """Return issued figures as they are answered."""
    progress: dict[str, Any] = from_json(record.content)
    row = SnapshotRow.model_validate(record).model_dump()
    return SnapshotOut.model_validate({**row, "org_id": record.org_id, "progress": progress})
