"""SQL that looks whether the tree says of every organization what follows from its place."""

from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kit.ids import AREA_LENGTH, ZONE_LENGTH
from app.models import Organization


async def find_misplaced(session: AsyncSession, limit: int = 100) -> list[UUID]:
    """Organizations in another area or zone than the unit above them, unless they are its head.

    Owned rows need no look: their key ties them to what their organization says.
    """
    above = aliased(Organization, name="above")
    wrong: list[ColumnElement[bool]] = [
        mine
        != case((func.length(Organization.path) <= length, Organization.id), else_=of_the_above)
        for mine, of_the_above, length in (
            (Organization.area_id, above.area_id, AREA_LENGTH),
            (Organization.zone_id, above.zone_id, ZONE_LENGTH),
        )
    ]
    statement = (
        select(Organization.id)
        .outerjoin(above, above.id == Organization.parent_id)
        .where(or_(*wrong))
        .order_by(Organization.id)
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())
