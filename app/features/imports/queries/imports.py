"""SQL of imports, of their rows and of what callers have said of headings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.access.principal import Principal
from app.access.visibility import in_subtree, visible
from app.db.rows import AnySelect
from app.kit.problems import NotFound
from app.models import (
    Import,
    ImportMapping,
    ImportPart,
    ImportRow,
    Job,
    Organization,
)

_AT_ONCE = 500


class Sent(NamedTuple):
    """An import, and whether its job was given up."""

    row: Import
    job_failed: bool


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None = None
) -> AnySelect:
    """Select the caller's own imports, each with the state of its job."""
    failed = exists().where(Job.id == Import.job_id, Job.status == "failed")
    return select(Import, failed.label("job_failed")).where(
        Import.owner == caller.name, visible(caller, Import.org_id, under=under), *conditions
    )


async def get(session: AsyncSession, caller: Principal, import_id: UUID) -> Sent:
    """Return one import of the caller's and whether its job failed; raises `NotFound`."""
    found = await session.execute(list_visible(caller, Import.id == import_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return Sent(*row)


async def get_for_update(session: AsyncSession, caller: Principal, import_id: UUID) -> Import:
    """Lock and return one import of the caller's; raises `NotFound`."""
    await get(session, caller, import_id)
    return await lock(session, import_id)


async def lock(session: AsyncSession, import_id: UUID, *, content: bool = False) -> Import:
    """Lock and return an import, with its file if asked for."""
    statement = select(Import).where(Import.id == import_id).with_for_update()
    if content:
        statement = statement.options(undefer(Import.content))
    statement = statement.execution_options(populate_existing=True)
    found: Import = (await session.execute(statement)).scalar_one()
    return found


async def lock_if_there(session: AsyncSession, import_id: UUID) -> Import | None:
    """Lock and return an import, None where it was deleted meanwhile."""
    found = await session.scalar(select(Import.id).where(Import.id == import_id).with_for_update())
    return None if found is None else await lock(session, import_id)


async def get_content(session: AsyncSession, import_id: UUID) -> bytes:
    """Return the file of an import, compressed as it is kept."""
    found: bytes = (
        await session.execute(select(Import.content).where(Import.id == import_id))
    ).scalar_one()
    return found


async def get_part(session: AsyncSession, import_id: UUID, number: int) -> bytes | None:
    """Return one part of the rows that were read, None after the last."""
    statement = select(ImportPart.content).where(
        ImportPart.import_id == import_id, ImportPart.number == number
    )
    found: bytes | None = await session.scalar(statement)
    return found


async def set_part(session: AsyncSession, import_id: UUID, number: int, content: bytes) -> None:
    """Keep other rows as one part of those that were read."""
    statement = update(ImportPart).where(
        ImportPart.import_id == import_id, ImportPart.number == number
    )
    await session.execute(statement.values(content=content))


async def add_part(session: AsyncSession, import_id: UUID, number: int, content: bytes) -> None:
    """Keep one part more of the rows that were read."""
    session.add(ImportPart(import_id=import_id, number=number, content=content))
    await session.flush()


async def remove_parts(session: AsyncSession, import_id: UUID) -> None:
    """Delete the rows that were read, to be kept anew."""
    await session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))


async def find_same(
    session: AsyncSession, import_id: UUID, wanted: Collection[str]
) -> dict[str, int]:
    """Return in which line of an earlier part stands what is known by the same."""
    statement = select(ImportRow.sameness, ImportRow.line).where(
        ImportRow.import_id == import_id, ImportRow.sameness.in_(wanted)
    )
    return {sameness: line for sameness, line in await session.execute(statement) if sameness}


async def list_rows(
    session: AsyncSession,
    import_id: UUID,
    *conditions: ColumnElement[bool],
    after: int = -1,
    limit: int | None = None,
) -> Sequence[ImportRow]:
    """Return rows in their order, those after a number."""
    statement = (
        select(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.number > after, *conditions)
        .order_by(ImportRow.number)
        .limit(limit)
    )
    return (await session.execute(statement)).scalars().all()


async def get_rows(
    session: AsyncSession, import_id: UUID, numbers: Collection[int]
) -> Sequence[ImportRow]:
    """Return rows by their numbers, in their order."""
    if not numbers:
        return ()
    return await list_rows(session, import_id, ImportRow.number.in_(numbers))


@dataclass(frozen=True, slots=True)
class Planned:
    """What the plan is to do with a row; nothing of it changes while it is done."""

    number: int
    action: str
    body: dict[str, Any]
    record_id: UUID | None
    revision: int | None


async def list_planned(
    session: AsyncSession, import_id: UUID, *, after: int, limit: int
) -> list[Planned]:
    """Return the next rows that are to be written, those after a number."""
    columns = [getattr(ImportRow, name) for name in Planned.__slots__]
    statement = (
        select(*columns)
        .where(ImportRow.import_id == import_id, ImportRow.number > after)
        .where(ImportRow.action.in_(("created", "updated")))
        .order_by(ImportRow.number)
        .limit(limit)
    )
    return [Planned(*row) for row in await session.execute(statement)]


async def list_lines(session: AsyncSession, import_id: UUID, numbers: Collection[int]) -> list[int]:
    """Return the lines of rows."""
    statement = (
        select(ImportRow.line)
        .where(ImportRow.import_id == import_id, ImportRow.number.in_(numbers))
        .order_by(ImportRow.number)
    )
    return list((await session.execute(statement)).scalars())


async def set_records(session: AsyncSession, import_id: UUID, records: Mapping[int, UUID]) -> None:
    """Keep which records rows have made."""
    rows = [
        {"import_id": import_id, "number": number, "record_id": record_id}
        for number, record_id in records.items()
    ]
    if rows:
        await session.execute(update(ImportRow), rows)


async def get_mapping(
    session: AsyncSession, owner: str, resource: str, source: str
) -> ImportMapping | None:
    """Return what the caller has said of the headings of a source."""
    found: ImportMapping | None = await session.scalar(
        select(ImportMapping).where(
            ImportMapping.owner == owner,
            ImportMapping.resource == resource,
            ImportMapping.source == source,
        )
    )
    return found


async def remove_under(
    session: AsyncSession, path: str, owners: Collection[str], *, whole: bool
) -> None:
    """Delete the imports of a subtree, or all of them, and what some owners said of headings."""
    inside = Import.org_id.in_(select(Organization.id).where(in_subtree(path)))
    condition = Import.id.is_not(None) if whole else inside
    await _remove(
        session, list((await session.execute(select(Import.id).where(condition))).scalars())
    )
    if owners:
        await session.execute(delete(ImportMapping).where(ImportMapping.owner.in_(owners)))


async def remove_ended(session: AsyncSession, before: datetime) -> None:
    """Delete imports that nothing was done with since, the oldest first, some at a time."""
    ended = (
        select(Import.id)
        .where(Import.updated_at < before, Import.status != "applying")
        .order_by(Import.updated_at, Import.id)
        .limit(_AT_ONCE)
    )
    await _remove(session, list((await session.execute(ended)).scalars()))


async def _remove(session: AsyncSession, ids: Sequence[UUID]) -> None:
    if ids:
        for kind in (ImportRow, ImportPart):
            await session.execute(delete(kind).where(kind.import_id.in_(ids)))
        await session.execute(delete(Import).where(Import.id.in_(ids)))


def keep(session: AsyncSession, row: Any) -> None:
    """Write an import, a part of its rows, or a mapping."""
    session.add(row)
