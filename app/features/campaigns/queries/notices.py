"""SQL of notices: their texts, and which organizations have received them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import in_subtree, visible_organizations
from app.db import among
from app.db.rows import AnySelect, find_rows
from app.kit import clock
from app.models import Campaign, NoticeText, Organization, Receipt


async def find_text(session: AsyncSession, notice_id: UUID) -> NoticeText | None:
    """Return the text and files of a notice, if it has been given any."""
    statement = select(NoticeText).where(NoticeText.id == notice_id)
    found = await session.execute(statement.execution_options(populate_existing=True))
    return found.scalar_one_or_none()


async def list_texts(session: AsyncSession, campaign_id: UUID) -> list[NoticeText]:
    """Return the texts and files of a campaign's notices."""
    statement = select(NoticeText).where(NoticeText.campaign_id == campaign_id)
    return list((await session.execute(statement)).scalars())


async def add_text(session: AsyncSession, record: NoticeText) -> None:
    """Insert the text of a notice."""
    session.add(record)
    await session.flush()


async def find_used(session: AsyncSession, notice_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these notices were received by anybody, or have a text or files."""
    texts = select(NoticeText).where(NoticeText.id.in_(notice_ids))
    given = (await session.execute(texts)).scalars()
    received = select(Receipt.notice_id).where(Receipt.notice_id.in_(notice_ids)).distinct()
    used = {row.id for row in given if row.text is not None or row.attachment_ids}
    return used | set((await session.execute(received)).scalars())


async def share_campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    """Return the campaign as it is now, locked against closing, and shared with other writers."""
    statement = (
        select(Campaign)
        .where(Campaign.id == campaign_id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


class OrganizationRow(NamedTuple):
    """An organization for which a receipt is entered."""

    id: UUID
    path: str
    closed_on: date | None


async def lock_organizations(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, OrganizationRow]:
    """Lock and return organizations: nobody else enters a receipt for them at the same time."""
    statement = (
        select(Organization.id, Organization.path, Organization.closed_on)
        .where(among(session, Organization.id, ids))
        .order_by(Organization.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row for row in await find_rows(session, OrganizationRow, statement)}


async def find_receipts(
    session: AsyncSession, notice_id: UUID, org_ids: Collection[UUID]
) -> dict[UUID, Receipt]:
    """Return the receipts of a notice by organization."""
    mine = (Receipt.notice_id == notice_id, among(session, Receipt.org_id, org_ids))
    found = await session.execute(select(Receipt).where(*mine))
    return {row.org_id: row for row in found.scalars()}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for a receipt: below a unit, only directly or all."""

    notice_id: UUID
    unit_id: UUID
    path: str
    deep: bool


class Standing(NamedTuple):
    """An organization that is asked, with its receipt if it has given one."""

    organization: Organization
    receipt: Receipt | None


def select_asked(caller: Principal, asked: Asked, *conditions: ColumnElement[bool]) -> AnySelect:
    """Select the organizations that are asked and that the caller sees, with their receipts.

    Who is closed is asked no more; what it received stays.
    """
    mine = and_(Receipt.org_id == Organization.id, Receipt.notice_id == asked.notice_id)
    return (
        select(Organization, Receipt)
        .outerjoin(Receipt, mine)
        .where(_below(asked), _is_there(), visible_organizations(caller), *conditions)
    )


def has_received() -> ColumnElement[bool]:
    """Return the condition of `select_asked` that an organization has received the notice."""
    return Receipt.id.is_not(None)


async def count_asked(session: AsyncSession, caller: Principal, asked: Asked) -> tuple[int, int]:
    """Count the organizations that are asked, and those of them that have received the notice."""
    rows = select_asked(caller, asked).with_only_columns(
        func.count(literal(1)), func.count(Receipt.id)
    )
    row = (await session.execute(rows)).one()
    return row[0], row[1]


def _below(asked: Asked) -> ColumnElement[bool]:
    if not asked.deep:
        return Organization.parent_id == asked.unit_id
    return and_(in_subtree(asked.path), Organization.id != asked.unit_id)


def _is_there() -> ColumnElement[bool]:
    today = clock.today()
    begun = or_(Organization.opened_on.is_(None), Organization.opened_on <= today)
    goes_on = or_(Organization.closed_on.is_(None), Organization.closed_on > today)
    return or_(Receipt.id.is_not(None), and_(begun, goes_on))
