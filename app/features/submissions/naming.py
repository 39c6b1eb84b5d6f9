"""Names in the bodies of submissions: what is said of those that stand for nothing."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access import naming
from app.access.naming import M
from app.access.principal import Principal
from app.features.submissions.errors import UNKNOWN_CAMPAIGN, UNKNOWN_LEADER, UNKNOWN_ORGANIZATION

_UNKNOWN: Final = {
    "org_code": UNKNOWN_ORGANIZATION,
    "unit_code": UNKNOWN_ORGANIZATION,
    "campaign_code": UNKNOWN_CAMPAIGN,
    "leader": UNKNOWN_LEADER,
}


async def take_names(
    session: AsyncSession, items: Mapping[int, M], callers: Mapping[int, Principal]
) -> dict[int, M]:
    """Return submissions with the ids of what they name by code or key."""
    return await naming.take_names(session, items, callers, _UNKNOWN)


async def take_own(session: AsyncSession, caller: Principal, item: M) -> M:
    """Return one submission with the ids of what it names by code or key."""
    return (await take_names(session, {0: item}, {0: caller}))[0]
