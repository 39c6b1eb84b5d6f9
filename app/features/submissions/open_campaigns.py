"""The campaigns that are open where organizations are."""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.conditions import one_of
from app.db.rows import AnySelect, find_rows
from app.kit.ids import is_within, path_ids
from app.models import Campaign, Organization


class OpenCampaign(NamedTuple):
    """A campaign that is open, with the path of its root."""

    id: UUID
    name: str
    path: str


async def load_open_campaigns(
    session: AsyncSession, paths: Collection[str]
) -> dict[str, list[OpenCampaign]]:
    """Return for each path of an organization the campaigns that are open for it."""
    if not paths:
        return {}
    roots = {root for path in paths for root in path_ids(path)}
    found = await find_rows(session, OpenCampaign, _open_campaigns(), roots=list(roots))
    return {path: [each for each in found if is_within(path, each.path)] for path in paths}


@cache
def _open_campaigns() -> AnySelect:
    return (
        select(Campaign.id, Campaign.name, Organization.path)
        .join(Organization, Organization.id == Campaign.org_id)
        .where(Campaign.status == "open", one_of(Campaign.org_id, "roots"))
        .order_by(Campaign.starts_on, Campaign.id)
    )
