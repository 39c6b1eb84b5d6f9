"""What the rows of a file are read by: names that the caller sees, the codes of the campaign."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.campaigns import codes
from app.features.imports.queries import names
from app.features.imports.rules.cells import Reading
from app.features.imports.rules.names import Names, People
from app.features.imports.rules.rows import Surroundings
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.base import Resource
from app.models import Campaign, Import, Organization

Lists = dict[str, Sequence[Mapping[str, Any]]]


async def load_surroundings(session: AsyncSession, caller: Principal, row: Import) -> Surroundings:
    """Return what the rows of an import are read by."""
    home = await session.get(Organization, row.org_id)
    resource = RESOURCES[row.resource]
    people = await names.list_leaders(session, caller) if _has_people(resource) else []
    reading = Reading(from_1904=bool(row.found.get("from_1904")))
    lists: Lists = {}
    campaign = None
    if row.campaign_id is not None and home is not None:
        campaign = await names.get_campaign(session, home.path, row.campaign_id)
    if campaign is not None and home is not None:
        reading.starts_on, reading.ends_on = campaign.starts_on, campaign.ends_on
        lists = await load_lists(session, campaign, home.path)
    known = await names.list_organizations(session, caller, home.path) if home is not None else []
    return Surroundings(Names.of(known), People.of(people), lists, reading)


async def load_lists(session: AsyncSession, campaign: Campaign, path: str) -> Lists:
    """Return the code lists that hold in a campaign, with what units at a place add to them."""
    found: Lists = {name: codes.read_entries(campaign, name) for name in codes.LISTS}
    for supplement in await names.list_supplements(session, path, campaign.id):
        for name in ("topics", "checks", "talk_modes", "methods"):
            found[name] = [*found[name], *getattr(supplement, name)]
    return found


def _has_people(resource: Resource) -> bool:
    columns = [*resource.columns, *(c for more in resource.further.values() for c in more)]
    return any(column.kind in {"leaders", "leader"} for column in columns)
