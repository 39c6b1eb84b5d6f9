"""SQL of attachments."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db.rows import find_rows
from app.features.attachments.rules import Owner
from app.kit import clock
from app.kit.ids import path_ids
from app.kit.problems import Forbidden, NotFound
from app.models import Attachment


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[Attachment]:
    """Attachments that the caller sees."""
    return select(Attachment).where(visible(caller, Attachment.org_id, under=under), *conditions)


async def get(session: AsyncSession, caller: Principal, attachment_id: UUID) -> Attachment:
    """One attachment that the caller sees; raises `NotFound`."""
    statement = select(Attachment).where(Attachment.id == attachment_id, in_sight(caller))
    found: Attachment | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def in_sight(caller: Principal) -> ColumnElement[bool]:
    """Return the condition that the caller sees an attachment.

    That of a notice is seen by all below the unit that issued it.
    """
    directing = {unit_id for path in caller.paths(Power.VIEW) for unit_id in path_ids(path)}
    reaching = and_(Attachment.resource == "notice", Attachment.org_id.in_(sorted(directing)))
    return or_(visible(caller, Attachment.org_id), reaching)


async def get_for_update(
    session: AsyncSession, caller: Principal, attachment_id: UUID
) -> Attachment:
    """One attachment locked for change; raises `NotFound`, or `Forbidden` without the power."""
    statement = (
        list_visible(caller, Attachment.id == attachment_id, under=None)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: Attachment | None = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    mine = select(Attachment.id).where(
        Attachment.id == attachment_id, visible(caller, Attachment.org_id, Power.REPORT)
    )
    if (await session.execute(mine)).first() is None:
        raise Forbidden
    return found


async def lock_owners(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Owner]:
    """Lock and return whose these attachments are, until the transaction ends."""
    if not ids:
        return {}
    statement = (
        select(Attachment.id, Attachment.org_id, Attachment.resource_id)
        .where(Attachment.id.in_(ids))
        .order_by(Attachment.id)
        .with_for_update()
    )
    found = await session.execute(statement)
    return {id_: Owner(org_id, resource_id) for id_, org_id, resource_id in found}


async def attach(session: AsyncSession, resource: str, rows: Sequence[Mapping[str, UUID]]) -> None:
    """Give attachments to records, `{attachment, record, org}` each; theirs is the organization."""
    table = Attachment.__table__
    statement = (
        update(table)  # type: ignore[arg-type] # typed as any FROM, and is a table
        .where(table.c.id == bindparam("attachment"))
        .values(
            resource=resource,
            resource_id=bindparam("record"),
            org_id=bindparam("org"),
            revision=table.c.revision + 1,
            updated_at=clock.now(),
        )
    )
    await (await session.connection()).execute(statement, [dict(row) for row in rows])


class FileRow(NamedTuple):
    """A file, to whom it belongs, and its revision."""

    id: UUID
    org_id: UUID
    revision: int


async def find_files(session: AsyncSession, ids: Collection[UUID]) -> list[FileRow]:
    """Return what attachments are now."""
    columns = (Attachment.id, Attachment.org_id, Attachment.revision)
    statement = select(*columns).where(Attachment.id.in_(ids)).order_by(Attachment.id)
    return await find_rows(session, FileRow, statement)


async def detach(session: AsyncSession, record_id: UUID, kept: Collection[UUID]) -> list[FileRow]:
    """Let a record keep these attachments only; return the others, which belong to none."""
    statement = (
        update(Attachment)
        .where(Attachment.resource_id == record_id, Attachment.id.not_in(kept))
        .values(
            resource=None,
            resource_id=None,
            revision=Attachment.revision + 1,
            updated_at=clock.now(),
        )
        .returning(Attachment.id, Attachment.org_id, Attachment.revision)
    )
    return await find_rows(session, FileRow, statement)


async def remove_unused(session: AsyncSession, before: datetime, limit: int) -> list[FileRow]:
    """Delete the rows of attachments that no record has had since then; return what they were."""
    chosen = (
        select(Attachment.id)
        .where(Attachment.resource_id.is_(None), Attachment.updated_at < before)
        .order_by(Attachment.updated_at, Attachment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        delete(Attachment)
        .where(Attachment.id.in_(chosen.scalar_subquery()))
        .returning(Attachment.id, Attachment.org_id, Attachment.revision)
    )
    return await find_rows(session, FileRow, statement)


async def remove(session: AsyncSession, attachment_id: UUID) -> None:
    """Delete the row of an attachment."""
    statement = delete(Attachment).where(Attachment.id == attachment_id)
    await session.execute(statement)


async def find_known(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these have a row."""
    statement = select(Attachment.id).where(Attachment.id.in_(ids))
    return set((await session.execute(statement)).scalars())
