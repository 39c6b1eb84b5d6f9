"""SQL of what was known on a day: whether anything that progress counts was recorded since."""

from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.kit import clock
from app.models import Event, Organization

_ANYWHERE: Final = ("unit", "branch", "leader", "second_post", "campaign", "requirement", "person")
"""What may change who is counted here, wherever it is recorded."""
_HERE: Final = (
    "activity", "finding", "opinion", "report", "leader_record", "inspection", "obligation",
    "adoption", "review", "dispatch",
)  # fmt: skip


async def recorded_since(session: AsyncSession, path: str, day: date) -> bool:
    """Say whether anything was recorded after a day that a subtree's figures may follow from."""
    end = datetime.combine(day + timedelta(days=1), time(), clock.CHINA)
    here = select(Organization.id).where(in_subtree(path))
    concerned = or_(
        Event.resource.in_(_ANYWHERE), Event.resource.in_(_HERE) & Event.org_id.in_(here)
    )
    found = select(Event.position).where(Event.at >= end, concerned).limit(1)
    return await session.scalar(found) is not None
