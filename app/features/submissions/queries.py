"""SQL of reviews: where submissions stand in the tree, decisions on them, former revisions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Label, and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db import among
from app.db.rows import AnyRow
from app.features.submissions.rules import SETTLING
from app.kit import clock
from app.models import Campaign, Event, Organization, Review, Revision


async def load_paths(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the paths of organizations."""
    if not org_ids:
        return {}
    named = among(session, Organization.id, org_ids)
    statement = select(Organization.id, Organization.path).where(named)
    return {row.id: row.path for row in await session.execute(statement)}


async def load_campaigns(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, tuple[str, str]]:
    """Return the stage of campaigns and their `counts_from`."""
    if not ids:
        return {}
    columns = (Campaign.id, get_stage(), Campaign.counts_from)
    statement = select(*columns).where(Campaign.id.in_(ids))
    return {row.id: (row.stage, row.counts_from) for row in await session.execute(statement)}


def get_stage() -> Label[str]:
    """Return the status of a campaign; `settling` while a closed one still takes decisions."""
    settling = and_(Campaign.status == "closed", Campaign.settle_until >= clock.today())
    return case((settling, SETTLING), else_=Campaign.status).label("stage")


async def lock_campaign(session: AsyncSession, campaign_id: UUID) -> tuple[str, str]:
    """Lock a campaign against closing until the transaction ends; return stage, `counts_from`."""
    statement = (
        select(get_stage(), Campaign.counts_from)
        .where(Campaign.id == campaign_id)
        .with_for_update(read=True, key_share=True)
    )
    row = (await session.execute(statement)).one()
    return row.stage, row.counts_from


async def load_decisions(
    session: AsyncSession, record_ids: Collection[UUID]
) -> dict[UUID, list[AnyRow]]:
    """Map records to their decisions in order, each with the names of the units it names."""
    to_level, for_level = aliased(Organization), aliased(Organization)
    statement = (
        select(Review, Organization.name.label("level_name"), to_level.name.label("to_level_name"))
        .add_columns(for_level.name.label("for_level_name"))
        .join(Organization, Organization.id == Review.level_id)
        .outerjoin(for_level, for_level.id == Review.for_level_id)
        .outerjoin(to_level, to_level.id == Review.to_level_id)
        .where(Review.record_id.in_(record_ids))
        .order_by(Review.at, Review.id)
    )
    found: dict[UUID, list[AnyRow]] = defaultdict(list)
    for row in await session.execute(statement):
        found[row[0].record_id].append(row)
    return found


async def load_revisions(
    session: AsyncSession, record_ids: Collection[UUID]
) -> dict[UUID, list[Revision]]:
    """Map records to their changes in order, each with what the record was before."""
    statement = (
        select(Revision)
        .where(Revision.record_id.in_(record_ids))
        .order_by(Revision.record_id, Revision.revision)
    )
    found: dict[UUID, list[Revision]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        found[row.record_id].append(row)
    return found


async def load_creations(
    session: AsyncSession, resource: str, record_ids: Collection[UUID]
) -> dict[UUID, AnyRow]:
    """Map records to `client_id, actor` of their first event, where that is still kept."""
    statement = select(Event.resource_id, Event.client_id, Event.actor).where(
        Event.resource == resource, Event.resource_id.in_(record_ids), Event.revision == 1
    )
    return {row.resource_id: row for row in await session.execute(statement)}


def keep(session: AsyncSession, row: Review | Revision) -> None:
    """Write a decision or a former revision."""
    session.add(row)


async def get_parent(session: AsyncSession, org_id: UUID) -> UUID | None:
    """Return the unit directly above an organization, None above the root."""
    statement = select(Organization.parent_id).where(Organization.id == org_id)
    return (await session.execute(statement)).scalar_one()


async def load_organization_ids(
    session: AsyncSession, found_paths: Sequence[str]
) -> dict[str, UUID]:
    """Map paths to the ids of their organizations."""
    statement = select(Organization.path, Organization.id).where(Organization.path.in_(found_paths))
    return {row.path: row.id for row in await session.execute(statement)}
