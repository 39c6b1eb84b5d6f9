"""SQL of what names may mean: organizations and leaders that the caller sees."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Principal
from app.access.visibility import in_subtree, visible, visible_organizations
from app.db.rows import find_rows
from app.features.imports.rules.names import Named
from app.kit import clock
from app.models import Campaign, Leader, Organization, Supplement


class CampaignRow(NamedTuple):
    """A campaign that a name may mean."""

    id: UUID
    name: str


async def list_organizations(session: AsyncSession, caller: Principal, under: str) -> list[Named]:
    """Return the units and branches of a subtree that the caller sees, and that are not closed."""
    parent = aliased(Organization)
    statement = (
        select(
            Organization.id, Organization.name, Organization.code, Organization.type,
            Organization.path, Organization.short_name, parent.name.label("above"),
        )
        .outerjoin(parent, parent.id == Organization.parent_id)
        .where(
            in_subtree(under),
            visible_organizations(caller),
            or_(Organization.closed_on.is_(None), Organization.closed_on > clock.today()),
        )
        .order_by(Organization.id)
    )  # fmt: skip
    return [
        Named(id_, name, code, type_, path, above or "", short_name)
        for id_, name, code, type_, path, short_name, above in await session.execute(statement)
    ]


async def list_leaders(session: AsyncSession, caller: Principal) -> list[Named]:
    """Return the leaders whom the caller sees."""
    statement = (
        select(Leader.id, Leader.name, Leader.branch_id, Organization.path, Organization.name)
        .join(Organization, Organization.id == Leader.org_id)
        .where(visible(caller, Leader.org_id))
        .order_by(Leader.id)
    )
    return [
        Named(id_, name, None, "leader", path, above, branch_id=branch_id)
        for id_, name, branch_id, path, above in await session.execute(statement)
    ]


async def list_open_campaigns(session: AsyncSession, path: str) -> Sequence[CampaignRow]:
    """Return the open campaigns over an organization, or below it."""
    statement = (
        select(Campaign.id, Campaign.name)
        .join(Organization, Organization.id == Campaign.org_id)
        .where(Campaign.status == "open", _over_or_below(path))
        .order_by(Campaign.id)
    )
    return await find_rows(session, CampaignRow, statement)


async def get_campaign(session: AsyncSession, path: str, campaign_id: UUID) -> Campaign | None:
    """Return a campaign over an organization, or below it; None where it is neither."""
    statement = (
        select(Campaign)
        .join(Organization, Organization.id == Campaign.org_id)
        .where(Campaign.id == campaign_id, _over_or_below(path))
    )
    found: Campaign | None = (await session.execute(statement)).scalar_one_or_none()
    return found


async def list_supplements(
    session: AsyncSession, path: str, campaign_id: UUID
) -> Sequence[Supplement]:
    """Return what units over an organization, or below it, add to a campaign at present."""
    statement = (
        select(Supplement)
        .join(Organization, Organization.id == Supplement.org_id)
        .where(Supplement.campaign_id == campaign_id, Supplement.status == "active")
        .where(_over_or_below(path))
        .order_by(Supplement.id)
    )
    return (await session.execute(statement)).scalars().all()


def _over_or_below(path: str) -> ColumnElement[bool]:
    over = [path[: end + 1] for end, letter in enumerate(path) if letter == "/"]
    return or_(Organization.path.in_(over), in_subtree(path))
