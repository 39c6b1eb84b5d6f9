"""SQL of what the rows of an import count for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, distinct, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import find_rows
from app.models import Credit, ImportRow, LeaderRecord, Obligation


class IdleRow(NamedTuple):
    """A row of an import that counts for nothing, and the record that it became."""

    number: int
    record_id: UUID


class ReasonsRow(NamedTuple):
    """A line of an import, and why it counts for nothing."""

    line: int
    reasons: list[dict[str, Any]]


async def count_duties(session: AsyncSession, import_id: UUID) -> tuple[int, int]:
    """Return how many duties are met by what an import wrote, and how many rows count for none."""
    written = (ImportRow.import_id == import_id, ImportRow.action.in_(("created", "updated")))
    rows = select(ImportRow.record_id).where(*written, ImportRow.record_id.is_not(None))
    derived = select(LeaderRecord.id).where(LeaderRecord.activity_id.in_(rows))
    sources = or_(Credit.source_id.in_(rows), Credit.source_id.in_(derived))
    met = (
        select(func.count(distinct(Obligation.id)))
        .join(Credit, Credit.obligation_id == Obligation.id)
        .where(sources, Obligation.status == "met")
    )
    nothing = select(func.count()).where(*written, _counts_for_nothing())
    return int(await session.scalar(met) or 0), int(await session.scalar(nothing) or 0)


async def list_idle(
    session: AsyncSession, import_id: UUID, numbers: Collection[int]
) -> Sequence[IdleRow]:
    """Return those of these rows that count for nothing."""
    statement = (
        select(ImportRow.number, ImportRow.record_id)
        .where(ImportRow.import_id == import_id, ImportRow.number.in_(numbers))
        .where(_counts_for_nothing())
        .order_by(ImportRow.number)
    )
    return await find_rows(session, IdleRow, statement)


async def set_reasons(
    session: AsyncSession, import_id: UUID, reasons: Mapping[int, Sequence[Mapping[str, Any]]]
) -> None:
    """Keep why rows count for nothing."""
    rows = [
        {"import_id": import_id, "number": number, "reasons": list(told)}
        for number, told in reasons.items()
    ]
    if rows:
        await session.execute(update(ImportRow), rows)


async def list_reasons(session: AsyncSession, import_id: UUID) -> Sequence[ReasonsRow]:
    """Return why rows count for nothing, in their order."""
    statement = (
        select(ImportRow.line, ImportRow.reasons)
        .where(ImportRow.import_id == import_id, ImportRow.action != "rejected")
        .where(ImportRow.reasons.is_not(None))
        .order_by(ImportRow.sheet, ImportRow.line)
    )
    return await find_rows(session, ReasonsRow, statement)


def _counts_for_nothing() -> ColumnElement[bool]:
    own = exists().where(Credit.source_id == ImportRow.record_id)
    through = exists(
        select(Credit.source_id)
        .join(LeaderRecord, LeaderRecord.id == Credit.source_id)
        .where(LeaderRecord.activity_id == ImportRow.record_id)
        .correlate(ImportRow)
    )
    return and_(ImportRow.record_id.is_not(None), ~own, ~through)
