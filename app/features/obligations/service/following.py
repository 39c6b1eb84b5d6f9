"""The ledger follows the tree: what is moved is counted elsewhere, what is deleted no longer."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.counts import service as counts
from app.features.obligations.queries import counting, crediting, reconciliation
from app.models import Obligation, Organization


async def follow_move(
    session: AsyncSession, organization: Organization, old_parent_id: UUID
) -> None:
    """Count an organization that was moved below another unit there, in whatever campaign.

    To be called under the structure lock, before what is owed at the new place is reconciled.
    """
    if organization.parent_id is None:
        return  # the root never moves
    if organization.type == "branch":
        theirs = Obligation.org_id == organization.id
        await reconciliation.move_branches(session, theirs, organization.parent_id)
        new = organization.parent_id
        await counts.shift_branches(session, [organization.id], old_parent_id, new)
    else:
        await counts.shift(session, organization.id, old_parent_id, organization.parent_id)
        await counting.shift(session, organization.id, old_parent_id, organization.parent_id)


async def move_branches(
    session: AsyncSession, old: UUID, new: UUID, branch_ids: Sequence[UUID]
) -> None:
    """Branches of one unit stand below another one now.

    The same for many branches as `moved` for one, in as many statements; likewise to be called
    under the structure lock.
    """
    for start in range(0, len(branch_ids), crediting.CHUNK):
        some = Obligation.org_id.in_(branch_ids[start : start + crediting.CHUNK])
        await reconciliation.move_branches(session, some, new)
    await counts.shift_branches(session, branch_ids, old, new)


async def forget_organization(session: AsyncSession, organization: Organization) -> None:
    """Forget an unused organization about to be deleted, with what it owed and never began.

    To be called under the structure lock.
    """
    await reconciliation.forget(session, Obligation.org_id == organization.id)
    await counts.forget(session, organization)
    if organization.parent_id is not None and organization.type == "unit":
        await counting.rehome(session, organization.id, organization.parent_id)


async def forget_leader(session: AsyncSession, leader_id: UUID) -> None:
    """Forget an unused leader about to be deleted, with what they owed and never began."""
    await reconciliation.forget(session, Obligation.subject_id == leader_id)
