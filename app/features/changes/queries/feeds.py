"""SQL of the feed of adopted writings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible
from app.db.rows import find_rows
from app.features.campaigns.queries.campaigns import select_visible
from app.features.reports.queries import IN_FEEDS, is_current
from app.models import AdoptedText, Adoption, Campaign, Organization, Report

ENTRIES = 50
"""Writings in a feed: those adopted last."""


class EntryRow(NamedTuple):
    """A writing of the feed, without its text; `is_kept`: its text is there as HTML."""

    id: UUID
    revision: int
    kind: str
    updated_at: datetime
    org_name: str
    is_kept: bool


class RenderedRow(NamedTuple):
    """The text of a writing as HTML."""

    report_id: UUID
    title: str
    html: str | None


async def find_campaign(
    session: AsyncSession, caller: Principal | None, name: str
) -> Campaign | None:
    """Return the campaign of an id or a code, if it is public or the caller sees it."""
    try:
        named: ColumnElement[bool] = Campaign.id == UUID(name)
    except ValueError:
        named = Campaign.code == name
    public = select(Campaign).where(named, Campaign.public_feed)
    found: Campaign | None = (await session.execute(public)).scalar_one_or_none()
    if found is None and caller is not None:
        found = (await session.execute(select_visible(caller, named))).scalar_one_or_none()
    return found


async def list_adopted(
    session: AsyncSession, caller: Principal | None, campaign_id: UUID, renderer: int
) -> Sequence[EntryRow]:
    """Return the writings adopted last.

    The latest first; without a caller those of everybody. Nothing of a text is read.
    """
    latest = (
        select(Adoption.report_id, func.max(Adoption.adopted_on).label("day"))
        .where(Adoption.campaign_id == campaign_id)
        .group_by(Adoption.report_id)
        .subquery("latest")
    )
    statement = (
        select(
            Report.id,
            Report.revision,
            Report.kind,
            Report.updated_at,
            Organization.name.label("org_name"),
            AdoptedText.report_id.is_not(None).label("is_kept"),
        )
        .join(latest, latest.c.report_id == Report.id)
        .join(Organization, Organization.id == Report.org_id)
        .outerjoin(AdoptedText, is_current(renderer))
        .where(
            Report.status.in_(IN_FEEDS),
            true() if caller is None else visible(caller, Report.org_id),
        )
        .order_by(latest.c.day.desc(), Report.id.desc())
        .limit(ENTRIES)
    )
    return await find_rows(session, EntryRow, statement)


async def load_rendered(
    session: AsyncSession, report_ids: Collection[UUID]
) -> Sequence[RenderedRow]:
    """Return what is kept of these."""
    columns = (AdoptedText.report_id, AdoptedText.title, AdoptedText.html)
    statement = select(*columns).where(AdoptedText.report_id.in_(report_ids))
    return await find_rows(session, RenderedRow, statement)


async def load_reports(session: AsyncSession, report_ids: Collection[UUID]) -> Sequence[Report]:
    """Whole reports."""
    statement = select(Report).where(Report.id.in_(report_ids))
    return (await session.execute(statement)).scalars().all()
