"""SQL of issued figures."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.access.principal import Principal
from app.access.visibility import visible
from app.kit.problems import NotFound
from app.models import Snapshot


def list_visible(caller: Principal, *conditions: ColumnElement[bool]) -> Select[Snapshot]:
    """Select the issued figures of units that the caller sees."""
    return select(Snapshot).where(visible(caller, Snapshot.org_id), *conditions)


async def get(
    session: AsyncSession, caller: Principal, campaign_id: UUID, snapshot_id: UUID
) -> Snapshot:
    """Return issued figures with their content; raises `NotFound`."""
    mine = (Snapshot.campaign_id == campaign_id, Snapshot.id == snapshot_id)
    statement = list_visible(caller, *mine).options(undefer(Snapshot.content))
    found: Snapshot | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def add(session: AsyncSession, record: Snapshot) -> None:
    """Insert issued figures."""
    session.add(record)
    await session.flush()
