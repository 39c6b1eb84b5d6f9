"""What was owed on a past day: the counters, put right for those who stood elsewhere then.

The cost follows from how many have changed their places or posts since, not from the subtree.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.obligations.queries import past
from app.features.progress.queries import reading
from app.features.progress.rules import Tallies, combined
from app.features.tree.queries.past import PastTree
from app.models import Campaign, Organization, Requirement


async def sum_owed(
    session: AsyncSession,
    campaign: Campaign,
    unit: Organization,
    then: PastTree,
    *,
    by_sector: bool,
) -> tuple[list[Requirement], Tallies]:
    """Return requirements that reached the unit's subtree by the tree of then, with tallies."""
    items = await past.load_requirements(session, campaign.id, then)
    requirements = [item.requirement for item in items]
    tallies = await past.sum_tallies(session, items, then, campaign, by_sector=by_sector)
    if then.changed is None:
        return requirements, tallies
    counted = reading.sum_by_sector if by_sector else reading.sum_by_child
    today = await counted(session, campaign.id, unit, then.day)
    concerned = await reading.sum_of_subjects(
        session, campaign.id, unit, then.changed.subjects, then.day, by_sector=by_sector
    )
    return requirements, combined([(today, 1), (concerned, -1), (tallies, 1)])
