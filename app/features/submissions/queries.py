"""SQL of reviews: where submissions stand in the tree, decisions on them, former revisions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Label, and_, case, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Principal
from app.access.visibility import visible
from app.db import among
from app.db.rows import find_rows
from app.features.submissions.rules import SETTLING
from app.kit import clock
from app.models import (
    Activity,
    Campaign,
    Event,
    LeaderRecord,
    Organization,
    Report,
    Review,
    Revision,
)


class DecisionRow(NamedTuple):
    """A decision on a record, with the names of the units that it names."""

    review: Review
    level_name: str
    to_level_name: str | None
    for_level_name: str | None


class CreationRow(NamedTuple):
    """Who created a record: its first event."""

    resource_id: UUID
    client_id: UUID | None
    actor: str | None


K = TypeVar("K", Activity, LeaderRecord, Report)
Key = tuple[UUID, str, str]
"""`(org_id, source, external_id)`."""


async def find_seen(
    session: AsyncSession, caller: Principal, kind: type[K], keys: Collection[Key]
) -> dict[Key, K]:
    """Return the records of a kind that the caller sees, by their natural keys."""
    columns = (kind.org_id, kind.source, kind.external_id)
    statement = select(kind).where(tuple_(*columns).in_(list(keys)), visible(caller, kind.org_id))
    found = (await session.execute(statement)).scalars()
    return {(r.org_id, r.source or "", r.external_id or ""): r for r in found}


async def load_paths(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the paths of organizations."""
    if not org_ids:
        return {}
    named = among(session, Organization.id, org_ids)
    statement = select(Organization.id, Organization.path).where(named)
    return dict((await session.execute(statement)).all())


async def load_campaigns(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, tuple[str, str]]:
    """Return the stage of campaigns and their `counts_from`."""
    if not ids:
        return {}
    statement = select(Campaign.id, get_stage(), Campaign.counts_from).where(Campaign.id.in_(ids))
    return {id_: (stage, since) for id_, stage, since in await session.execute(statement)}


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
    stage, counts_from = (await session.execute(statement)).one()
    return stage, counts_from


async def load_decisions(
    session: AsyncSession, record_ids: Collection[UUID]
) -> dict[UUID, list[DecisionRow]]:
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
    found: dict[UUID, list[DecisionRow]] = defaultdict(list)
    for row in [DecisionRow(*columns) for columns in await session.execute(statement)]:
        found[row.review.record_id].append(row)
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
) -> dict[UUID, CreationRow]:
    """Map records to `client_id, actor` of their first event, where that is still kept."""
    statement = select(Event.resource_id, Event.client_id, Event.actor).where(
        Event.resource == resource, Event.resource_id.in_(record_ids), Event.revision == 1
    )
    return {row.resource_id: row for row in await find_rows(session, CreationRow, statement)}


def is_delegated(record_id: Any) -> ColumnElement[bool]:
    """Return the condition that a superior decided on a record in another unit's place."""
    return exists().where(Review.record_id == record_id, Review.for_level_id.is_not(None))


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
    return dict((await session.execute(statement)).all())
