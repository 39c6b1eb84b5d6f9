"""SQL of where those stand whom an activity names, for reading: nothing is locked."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import find_rows
from app.features.activities.schemas.activity import ActivityIn
from app.features.submissions.references import (
    OrganizationRow,
    Placed,
    References,
    find_campaigns,
)
from app.models import Leader, Organization


async def load_references(session: AsyncSession, item: ActivityIn) -> References:
    """Return the organization, the campaigns and the leaders that an activity names."""
    columns = (
        Organization.id, Organization.path, Organization.kind, Organization.opened_on,
        Organization.closed_on,
    )  # fmt: skip
    places = select(*columns).where(Organization.id == item.org_id)
    found = await find_rows(session, OrganizationRow, places)
    organizations = {row.id: row for row in found}
    named = [participant.leader_id for participant in item.participants]
    leaders = (
        select(Leader.id, Leader.org_id, Leader.branch_id, Organization.path)
        .join(Organization, Organization.id == Leader.org_id)
        .where(Leader.id.in_(named))
    )
    placed = {
        leader_id: Placed(leader_id, org_id, branch_id, None, None, [path])
        for leader_id, org_id, branch_id, path in (await session.execute(leaders) if named else ())
    }
    campaigns = await find_campaigns(session, item.campaign_ids)
    return References(organizations, campaigns, placed, {})
