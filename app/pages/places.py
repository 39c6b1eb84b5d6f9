"""Where a page is in the tree: the unit that it is about, and the way up as far as one sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import get_organization, visible_organizations
from app.features.campaigns.queries import campaigns
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.routes.answers import list_answers
from app.features.campaigns.schemas.campaigns import CampaignOut
from app.kit.ids import is_within, path_ids
from app.kit.language import Language
from app.models import Organization


@dataclass(frozen=True, slots=True)
class Site:
    """A campaign at a unit, with what stands above that; no unit where several may be meant."""

    campaign: CampaignOut
    unit: Organization | None
    above: Sequence[Place]
    tops: Sequence[Place]
    """The units that one may begin with, where none is named."""

    def titles(self, language: Language) -> dict[UUID, str]:
        """Return what the campaign's requirements are called, in English where they have a name."""
        return {
            each.id: (language == "en" and each.title_en) or each.title
            for each in self.campaign.requirements
        }

    @property
    def named(self) -> Organization:
        """Return the unit of a page that is about one."""
        if self.unit is None:
            message = "this page is about no unit"
            raise RuntimeError(message)
        return self.unit


async def find_site(
    session: AsyncSession, caller: Principal, campaign_id: UUID, unit_id: UUID | None
) -> Site:
    """Return a campaign at a unit, both as the API finds them; raises `NotFound`.

    Without a unit it is the one that the credential covers, else the campaign's root.
    """
    record = await campaigns.get_campaign(session, caller, campaign_id)
    campaign = (await list_answers(session, caller, [record]))[record.id]
    tops: Sequence[Place] = ()
    if unit_id is None:
        tops = await _tops(session, caller, record.org_id)
        if len(tops) != 1:
            return Site(campaign, None, (), tops)
        unit_id = tops[0].id
    unit = await get_organization(session, caller, unit_id)
    return Site(campaign, unit, await find_above(session, caller, unit), tops)


async def find_above(
    session: AsyncSession, caller: Principal, unit: Organization
) -> Sequence[Place]:
    """Return what stands above a unit, as far as the caller sees it, the highest first."""
    return await _places(session, caller, path_ids(unit.path)[:-1])


async def _tops(session: AsyncSession, caller: Principal, root_id: UUID) -> Sequence[Place]:
    """Return where a caller begins: the campaign's root, or the highest that it sees below."""
    root = (await campaigns.load_places(session, [root_id]))[root_id]
    if caller.may(Power.VIEW, root.path):
        return [root]
    inside = [path for path in caller.paths(Power.VIEW) if is_within(path, root.path)]
    return await _places(session, caller, [path_ids(path)[-1] for path in inside])


async def _places(session: AsyncSession, caller: Principal, ids: Sequence[UUID]) -> Sequence[Place]:
    if not ids:
        return ()
    seen = visible_organizations(caller)
    found = await campaigns.load_places(session, ids, seen)
    return [found[each] for each in ids if each in found]
