"""SQL of supplements: what units below add to a campaign by notices of their own."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import taking_part
from app.kit import clock
from app.kit.problems import NotFound
from app.models import NoticeText, Requirement, Supplement


def select_visible(caller: Principal, *conditions: ColumnElement[bool]) -> Select[Supplement]:
    """Select the supplements of units in the caller's scope, and of those that direct these."""
    return select(Supplement).where(taking_part(caller, Supplement.org_id), *conditions)


async def get(
    session: AsyncSession, caller: Principal, campaign_id: UUID, supplement_id: UUID
) -> Supplement:
    """Return the supplement of a campaign, if the caller sees it; raises `NotFound`."""
    mine = (Supplement.campaign_id == campaign_id, Supplement.id == supplement_id)
    statement = select_visible(caller, *mine).execution_options(populate_existing=True)
    found: Supplement | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def list_visible(
    session: AsyncSession, caller: Principal, campaign_ids: Collection[UUID]
) -> Sequence[Supplement]:
    """Return the supplements of campaigns that the caller sees, in their order."""
    statement = select_visible(caller, Supplement.campaign_id.in_(campaign_ids))
    return (await session.execute(statement.order_by(Supplement.id))).scalars().all()


async def list_all(session: AsyncSession, campaign_id: UUID) -> Sequence[Supplement]:
    """Return all supplements of a campaign."""
    statement = select(Supplement).where(Supplement.campaign_id == campaign_id)
    return (await session.execute(statement.order_by(Supplement.id))).scalars().all()


async def list_active(
    session: AsyncSession, campaign_ids: Collection[UUID], unit_ids: Collection[UUID]
) -> Sequence[Supplement]:
    """Return the supplements of these units that are in force."""
    statement = (
        select(Supplement)
        .where(
            Supplement.campaign_id.in_(campaign_ids),
            Supplement.org_id.in_(unit_ids),
            Supplement.status == "active",
        )
        .order_by(Supplement.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalars().all()


async def is_ended(session: AsyncSession, supplement_id: UUID) -> bool:
    """Return whether a supplement was ended."""
    statement = select(Supplement.status).where(Supplement.id == supplement_id)
    return (await session.execute(statement)).scalar_one() == "ended"


async def list_requirements(
    session: AsyncSession, supplement_ids: Collection[UUID]
) -> Sequence[Requirement]:
    """Return what supplements ask for, in its order."""
    statement = (
        select(Requirement)
        .where(Requirement.supplement_id.in_(supplement_ids))
        .order_by(Requirement.sort_order, Requirement.id)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalars().all()


async def touch(session: AsyncSession, requirements: Iterable[Requirement]) -> None:
    """Count up the revisions of the supplements that these requirements are parts of."""
    shown = {item.supplement_id for item in requirements} - {None}
    if shown:
        newer = {"revision": Supplement.revision + 1, "updated_at": clock.now()}
        await session.execute(update(Supplement).where(Supplement.id.in_(shown)).values(newer))


async def add(session: AsyncSession, record: Supplement) -> None:
    """Insert a supplement."""
    session.add(record)
    await session.flush()


async def remove_all(session: AsyncSession, campaign_id: UUID) -> None:
    """Delete the supplements of a campaign, and the texts of all its notices."""
    for model in (Supplement, NoticeText):
        await session.execute(delete(model).where(model.campaign_id == campaign_id))
