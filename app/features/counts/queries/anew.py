"""SQL that lets everything be counted again, after an upgrade that counts more than before."""

from datetime import timedelta
from typing import Final

from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import uuid7_in_sql
from app.kit import clock
from app.models import Organization, Uncounted
from app.schema.history import SCHEMA_RELEASES

_REVISION: Final = "c51e08f7a2d4"
"""The migration since which more is counted."""
_WHILE: Final = timedelta(hours=3)
"""How long workers of the release before may go on after it."""


async def is_just_upgraded(session: AsyncSession) -> bool:
    """Say whether workers that count less may still take marks away."""
    since = SCHEMA_RELEASES.c.upgraded_at > clock.now() - _WHILE
    found = select(SCHEMA_RELEASES.c.number).where(SCHEMA_RELEASES.c.revision == _REVISION, since)
    return await session.scalar(found) is not None


async def mark_all(session: AsyncSession) -> None:
    """Mark every organization, unless it is marked."""
    unmarked = ~exists().where(Uncounted.org_id == Organization.id)
    rows = select(uuid7_in_sql(session), Organization.id).where(unmarked)
    await session.execute(insert(Uncounted).from_select(["id", "org_id"], rows))
