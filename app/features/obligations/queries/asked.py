"""SQL of what is asked for: by the requirement of an obligation, in the words of its campaign."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.obligations.effects import Added, Labels
from app.models import Campaign, Obligation, Organization, Requirement, Supplement


class CampaignRow(NamedTuple):
    """What a campaign calls its codes, and which evidence counts in it."""

    id: UUID
    counts_from: str
    topics: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    talk_modes: list[dict[str, Any]]
    methods: list[dict[str, Any]]
    activity_kinds: list[dict[str, Any]]

    @property
    def labels(self) -> Labels:
        """Return what it calls its codes, list by list."""
        return {
            "topics": self.topics,
            "checks": self.checks,
            "talk_modes": self.talk_modes,
            "methods": self.methods,
            "activity_kinds": self.activity_kinds,
        }


class AskedRow(NamedTuple):
    """What the requirement of an obligation asks for, and the path of who owes it."""

    campaign_id: UUID
    evidence: dict[str, Any]
    path: str


async def load_campaign(session: AsyncSession, campaign_id: UUID) -> CampaignRow:
    """Return what a campaign calls its codes, and which evidence counts in it."""
    columns = (
        Campaign.id, Campaign.counts_from, Campaign.topics, Campaign.checks, Campaign.talk_modes,
        Campaign.methods, Campaign.activity_kinds,
    )  # fmt: skip
    statement = select(*columns).where(Campaign.id == campaign_id)
    return CampaignRow(*(await session.execute(statement)).one())


async def load_added(
    session: AsyncSession, campaign_ids: Collection[UUID]
) -> dict[UUID, list[Added]]:
    """Return what units below call the codes that they add to campaigns; those in force first."""
    names = ("topics", "checks", "talk_modes", "methods")
    columns = (getattr(Supplement, name) for name in names)
    statement = (
        select(Supplement.campaign_id, Supplement.org_id, *columns)
        .where(Supplement.campaign_id.in_(campaign_ids))
        .order_by(Supplement.status, Supplement.id)
    )
    found: dict[UUID, list[Added]] = {campaign_id: [] for campaign_id in campaign_ids}
    for campaign_id, unit_id, *lists in await session.execute(statement):
        found[campaign_id].append((unit_id, dict(zip(names, lists, strict=True))))
    return found


async def load_requirement_of(session: AsyncSession, obligation_id: UUID) -> AskedRow:
    """Return what the requirement of an obligation asks for."""
    statement = (
        select(Requirement.campaign_id, Requirement.evidence, Organization.path)
        .join(Obligation, Obligation.requirement_id == Requirement.id)
        .join(Organization, Organization.id == Obligation.org_id)
        .where(Obligation.id == obligation_id)
    )
    return AskedRow(*(await session.execute(statement)).one())
