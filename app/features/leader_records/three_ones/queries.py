"""SQL of one leading cadre's three ones."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import no_draft_of_others, seen_as_own, visible
from app.db.conditions import equals
from app.db.rows import find_rows
from app.models import Campaign, LeaderRecord, Obligation, Requirement


class OwedRow(NamedTuple):
    """An obligation of a leading cadre with its requirement."""

    obligation_id: UUID
    campaign_id: UUID
    org_id: UUID
    requirement_code: str
    title: str
    evidence: dict[str, Any]
    status: str
    opens_on: date | None
    due_on: date | None
    met_on: date | None
    returned: bool
    counted: int
    min_count: int


class RecordRow(NamedTuple):
    """Something that a leading cadre did."""

    id: UUID
    campaign_id: UUID
    org_id: UUID
    item: str
    title: str
    done_on: date
    place: str | None
    audience_count: int | None
    status: str
    activity_id: UUID | None
    report_id: UUID | None


class CampaignRow(NamedTuple):
    """A campaign by its name."""

    id: UUID
    name: str


async def list_owed(
    session: AsyncSession, caller: Principal, leader_id: UUID, campaign_ids: list[UUID] | None
) -> list[OwedRow]:
    """Return what a leading cadre owes, as far as the caller sees it, in the campaigns' order."""
    statement = (
        select(
            Obligation.id.label("obligation_id"), Obligation.campaign_id, Obligation.org_id,
            Requirement.code.label("requirement_code"), Requirement.title, Requirement.evidence,
            Obligation.status, Obligation.opens_on, Obligation.due_on, Obligation.met_on,
            Obligation.returned, Obligation.count.label("counted"), Obligation.min_count,
        )
        .join(Requirement, Requirement.id == Obligation.requirement_id)
        .where(
            Obligation.subject_id == leader_id,
            Obligation.subject_type == "leader",
            Obligation.status != "void",
            *equals(Obligation.campaign_id, campaign_ids),
            or_(
                visible(caller, Obligation.org_id),
                *seen_as_own(caller, Obligation.subject_id, Obligation.org_id),
            ),
        )
        .order_by(Requirement.sort_order, Requirement.id, Obligation.opens_on, Obligation.id)
    )  # fmt: skip
    return await find_rows(session, OwedRow, statement)


async def list_records(
    session: AsyncSession, caller: Principal, leader_id: UUID, campaign_ids: list[UUID] | None
) -> list[RecordRow]:
    """Return what a leading cadre did, as far as the caller sees it, the newest first."""
    columns = (getattr(LeaderRecord, name) for name in RecordRow._fields)
    own = seen_as_own(caller, LeaderRecord.leader_id, LeaderRecord.org_id)
    statement = (
        select(*columns)
        .where(
            LeaderRecord.leader_id == leader_id,
            LeaderRecord.status != "withdrawn",
            *equals(LeaderRecord.campaign_id, campaign_ids),
            or_(visible(caller, LeaderRecord.org_id), *own),
            *no_draft_of_others(caller, LeaderRecord.status, LeaderRecord.org_id, *own),
        )
        .order_by(LeaderRecord.done_on.desc(), LeaderRecord.id.desc())
    )
    return await find_rows(session, RecordRow, statement)


async def list_campaigns(session: AsyncSession, campaign_ids: Sequence[UUID]) -> list[CampaignRow]:
    """Return these campaigns, the newest first."""
    statement = (
        select(Campaign.id, Campaign.name)
        .where(Campaign.id.in_(campaign_ids))
        .order_by(Campaign.starts_on.desc(), Campaign.id)
    )
    return await find_rows(session, CampaignRow, statement)
