"""SQL of credits: lock, add, take back, count again."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Subquery,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.conditions import one_of
from app.db.rows import AnySelect, find_rows, plain_rows
from app.db.unit_of_work import UnitOfWork
from app.features.obligations.evidence import Evidence
from app.features.obligations.queries import counting, existence, owed
from app.features.obligations.rules import RequirementRow, State
from app.kit import clock
from app.models import Credit, Obligation, Requirement

CHUNK = 5_000
"""Rows named by id in one statement: below every driver's limit of parameters."""


async def load_requirements(
    session: AsyncSession, campaign_ids: Collection[UUID]
) -> Sequence[RequirementRow]:
    """Return the active requirements of campaigns."""
    return await find_rows(session, RequirementRow, _requirements(), campaigns=list(campaign_ids))


async def load_credited(session: AsyncSession, source_ids: Sequence[UUID]) -> set[UUID]:
    """Return the obligations that these records count towards now."""
    statement = select(Credit.obligation_id).where(Credit.source_id.in_(source_ids))
    return set(await session.scalars(statement.where(Credit.standing)))


async def lock_credited(
    session: AsyncSession, source_ids: Sequence[UUID], within: Collection[UUID] | None = None
) -> list[State]:
    """Lock the obligations that these records count towards, in all campaigns or `within`."""
    credited = select(Credit.obligation_id).where(Credit.source_id.in_(source_ids))
    named = [] if within is None else [Obligation.campaign_id.in_(within)]
    return await _locked(session, and_(Obligation.id.in_(credited), *named))


def build_row(obligation_id: UUID, org_id: UUID, item: Evidence) -> dict[str, Any]:
    """Return the row of a standing credit of one record for one obligation."""
    return {
        "obligation_id": obligation_id,
        "org_id": org_id,
        "record": item.record,
        "source_id": item.source_id,
        "on_day": item.day,
        "standing": True,
    }


def insert_credits(session: AsyncSession, rows: Iterable[dict[str, Any]]) -> None:
    """Keep credits `{obligation_id, org_id, record, source_id, on_day, standing}` to insert."""
    now = clock.now()
    UnitOfWork.of(session).insert(Credit, [{**row, "created_at": now} for row in rows])


async def remove_credits(
    session: AsyncSession, source_ids: Sequence[UUID], within: Collection[UUID] | None = None
) -> None:
    """Delete the credits of these records."""
    await session.execute(delete(Credit).where(*_of_records(source_ids, within)))


async def remove_strayed(session: AsyncSession, obligation_ids: Sequence[UUID]) -> None:
    """Delete the credits of obligations that are of days without their subject."""
    strayed = exists().where(
        Obligation.id == Credit.obligation_id,
        Obligation.id.in_(obligation_ids),
        existence.strays(),
    )
    statement = delete(Credit).where(Credit.obligation_id.in_(obligation_ids), strayed)
    await session.execute(statement)


async def suspend_credits(
    session: AsyncSession, source_ids: Sequence[UUID], within: Collection[UUID] | None = None
) -> None:
    """Let the credits of returned records stand no longer."""
    statement = update(Credit).where(*_of_records(source_ids, within)).values(standing=False)
    await session.execute(statement)


async def lock(session: AsyncSession, obligation_ids: Sequence[UUID]) -> list[State]:
    """Lock obligations by their ids."""
    return await _locked(session, Obligation.id.in_(obligation_ids))


async def lock_requirements(session: AsyncSession, requirement_ids: Sequence[UUID]) -> list[State]:
    """Lock the obligations of requirements."""
    return await _locked(session, Obligation.requirement_id.in_(requirement_ids))


async def remove_credits_of(session: AsyncSession, obligation_ids: Sequence[UUID]) -> None:
    """Delete all credits of obligations."""
    statement = delete(Credit).where(Credit.obligation_id.in_(obligation_ids))
    await session.execute(statement)


async def recount(session: AsyncSession, obligation_ids: Sequence[UUID]) -> list[State]:
    """Count again, from their credits, obligations that this transaction holds locked.

    What they are afterwards; the caller lets the counters know.
    """
    after: list[State] = []
    for start in range(0, len(obligation_ids), CHUNK):
        some = list(obligation_ids[start : start + CHUNK])
        rows = await plain_rows(session, _recounting(), ids=some, now=clock.now())
        after += await counting.read_states(rows)
    return after


def _of_records(
    source_ids: Sequence[UUID], within: Collection[UUID] | None
) -> list[ColumnElement[bool]]:
    theirs: list[ColumnElement[bool]] = [Credit.source_id.in_(source_ids)]
    if within is not None:
        owed_there = select(Obligation.id).where(Obligation.campaign_id.in_(within))
        theirs.append(Credit.obligation_id.in_(owed_there))
    return theirs


async def _locked(session: AsyncSession, condition: ColumnElement[bool]) -> list[State]:
    statement = select(*counting.STATE).where(condition).order_by(Obligation.id).with_for_update()
    return await counting.read_states(await session.execute(statement))


@cache
def _requirements() -> AnySelect:
    columns = (
        Requirement.id, Requirement.campaign_id, Requirement.evidence, Requirement.code,
        Requirement.title, Requirement.title_en, Requirement.sort_order,
    )  # fmt: skip
    campaigns = one_of(Requirement.campaign_id, "campaigns")
    return select(*columns).where(campaigns, Requirement.active)


@cache
def _recounting() -> Executable:
    counted = _counted()
    state = owed.state(
        Obligation.wanted,
        Obligation.ended,
        Obligation.exemption,
        counted.c.count,
        Obligation.min_count,
        counted.c.nil_on,
    )
    return (
        update(Obligation)
        .where(Obligation.id == counted.c.id)
        .values(
            count=counted.c.count,
            met_on=counted.c.day,
            nil_on=counted.c.nil_on,
            returned=counted.c.returned > 0,
            status=state,
            revision=Obligation.revision + 1,
            updated_at=bindparam("now"),
        )
        .returning(*counting.STATE)
    )


def _counted() -> Subquery:
    """`id, count, returned, day, nil_on` of obligations: the day of the last credit needed.

    Nil returns are not counted; the first one has its own day.
    """
    nil = Credit.record == "nil_return"
    number = func.row_number().over(
        partition_by=(Credit.obligation_id, Credit.standing, nil),
        order_by=(Credit.on_day, Credit.source_id),
    )
    ranked = (
        select(
            Credit.obligation_id,
            Credit.on_day,
            Credit.standing,
            nil.label("nil"),
            number.label("number"),
        )
        .where(one_of(Credit.obligation_id, "ids"))
        .subquery("ranked")
    )
    target = Obligation.__table__.alias("target")
    counts = and_(ranked.c.standing, ~ranked.c.nil)
    nil_one = and_(ranked.c.standing, ranked.c.nil)
    last = and_(counts, ranked.c.number == target.c.min_count)
    return (
        select(
            target.c.id,
            func.count(case((counts, 1))).label("count"),
            func.count(case((~ranked.c.standing, 1))).label("returned"),
            func.min(case((last, ranked.c.on_day))).label("day"),
            func.min(case((nil_one, ranked.c.on_day))).label("nil_on"),
        )
        .select_from(target.outerjoin(ranked, ranked.c.obligation_id == target.c.id))
        .where(one_of(target.c.id, "ids"))
        .group_by(target.c.id)
        .subquery("counted")
    )
