"""Codes that are known: in some campaign, or in one at a place."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.campaigns import codes
from app.features.submissions.references import CampaignRow, References, load_supplements
from app.kit.choices import choices
from app.kit.problems import Invalid
from app.kit.validation import NOT_ALLOWED_VALUE
from app.models import Campaign


async def require_known(session: AsyncSession, name: str, given: Iterable[str] | None) -> None:
    """Raise for values of a filter that are in a code list of no campaign."""
    service = {**codes.ADDED, **codes.REPLACED}[name]
    odd = set(given or ()) - {each.value for each in service}
    if not odd:
        return
    lists = await session.execute(select(getattr(Campaign, name)))
    if odd - {entry["code"] for (own,) in lists for entry in own}:
        raise Invalid([NOT_ALLOWED_VALUE.at(f"?{_FILTERS[name]}", expected=choices(service))])


_FILTERS: Final = {"checks": "check", "activity_kinds": "kind", "leader_items": "item",
                   "report_kinds": "kind"}  # fmt: skip
"""Code list → the filter of its codes."""


async def see_from(session: AsyncSession, campaign: CampaignRow, path: str) -> CampaignRow:
    """Return a campaign as it is at a path: with what the supplements on that line add."""
    found = await load_supplements(session, {(campaign.id, path)})
    return References({}, {}, {}, {}, found).seen_from(campaign, path)
