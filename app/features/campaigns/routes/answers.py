"""Answers about campaigns: with their requirements, and what a change leaves outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import supplements
from app.features.campaigns.schemas.campaigns import (
    CampaignOut,
)
from app.features.campaigns.service import campaigns as service
from app.http.dependencies import CallerDep, LanguageDep, SessionDep
from app.http.preconditions import tag
from app.kit.language import Language
from app.models import Campaign


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a change of a campaign, and in which language."""

    response: Response
    session: AsyncSession
    caller: Principal
    language: Language

    async def changed(self, record: Campaign, changed: service.Changed) -> CampaignOut:
        """Answer a campaign that was changed, with what is of other days."""
        out = await answer_campaign(self.response, self.session, self.caller, record)
        return out.changed(None, changed.outside, self.language)

    async def effect(self, record: Campaign, changed: service.Changed) -> CampaignOut:
        """Answer what a campaign would be."""
        out = (await list_answers(self.session, self.caller, [record]))[record.id]
        return out.changed(changed.content, changed.outside, self.language)


async def _asked(
    response: Response, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Asked:
    return Asked(response, session, caller, language)


AskedDep = Annotated[Asked, Depends(_asked)]


async def answer_campaign(
    response: Response, session: AsyncSession, caller: Principal, record: Campaign
) -> CampaignOut:
    """Return a campaign as the caller sees it, its ETag set."""
    return tag(response, (await list_answers(session, caller, [record]))[record.id])


async def list_answers(
    session: AsyncSession, caller: Principal, records: Sequence[Campaign]
) -> dict[UUID, CampaignOut]:
    """Return the campaigns as the caller sees them, by id."""
    ids = [record.id for record in records]
    requirements = await queries.list_visible_requirements(session, caller, ids)
    dates = await queries.load_extended_dates(session, ids)
    added = await supplements.list_visible(session, caller, ids)
    return {
        record.id: CampaignOut.of(
            record,
            [item for item in requirements if item.campaign_id == record.id],
            dates.get(record.id, {}),
            [item for item in added if item.campaign_id == record.id],
        )
        for record in records
    }
