"""SQL that asks whether anything refers to a record, so that only unused ones are deleted.

The schema itself says what may refer to it, so a table that is added later is asked too.
"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    Activity,
    Base,
    ExemptionProposal,
    FormerPlace,
    FormerPost,
    Inspection,
    Leader,
    Obligation,
    Organization,
    Report,
    SecondPost,
)


async def find_uses_of_organization(session: AsyncSession, org_id: UUID) -> list[str]:
    """Return the names of what refers to a unit or branch; an empty list where nothing does.

    What leaders owed in a campaign that is closed stays where they were, begun or not.
    """
    others = and_(Obligation.org_id == org_id, Obligation.subject_id != org_id)
    return await _uses(session, Organization.__table__, org_id, Obligation.org_id == org_id, others)


async def count_outside(session: AsyncSession, row: Organization) -> int:
    """Count the records of an organization that are of days on which it does not exist."""
    days = (
        (Activity.org_id, Activity.held_on, Activity.status),
        (Report.org_id, Report.reported_on, Report.status),
        (Inspection.unit_id, Inspection.held_on, Inspection.status),
    )
    if row.opened_on is None and row.closed_on is None:
        return 0
    parts = [
        select(func.count().label("number")).where(
            owner == row.id,
            status.not_in(("draft", "withdrawn")),
            or_(
                day < row.opened_on if row.opened_on else false(),
                day > row.closed_on if row.closed_on else false(),
            ),
        )
        for owner, day, status in days
    ]
    numbers = union_all(*parts).subquery("numbers")
    return int(await session.scalar(select(func.sum(numbers.c.number))) or 0)


async def find_uses_of_leader(session: AsyncSession, leader_id: UUID) -> list[str]:
    """Return the names of what refers to a leader; an empty list where nothing does."""
    return await _uses(session, Leader.__table__, leader_id, Obligation.subject_id == leader_id)


async def remove_organization(session: AsyncSession, org_id: UUID) -> None:
    """Delete an unused unit or branch, which the ledger has forgotten, with its own past."""
    await session.execute(delete(FormerPlace).where(FormerPlace.org_id == org_id))
    await session.execute(delete(Organization).where(Organization.id == org_id))


async def remove_leader(session: AsyncSession, leader_id: UUID) -> None:
    """Delete an unused leader, whom the ledger has forgotten, with their own past."""
    for past in (FormerPost, SecondPost):
        await session.execute(delete(past).where(past.leader_id == leader_id))
    await session.execute(delete(Leader).where(Leader.id == leader_id))


async def _uses(
    session: AsyncSession,
    target: FromClause,
    identifier: UUID,
    owed: ColumnElement[bool],
    kept: ColumnElement[bool] | None = None,
) -> list[str]:
    """Return the uses; what is owed is one only once worked on or decided about, or if `kept`."""
    proposed = exists().where(ExemptionProposal.obligation_id == Obligation.id)
    begun = and_(owed, or_(Obligation.count > 0, Obligation.exemption.is_not(None), proposed))
    used = begun if kept is None else or_(begun, kept)
    asked: dict[str, ColumnElement[bool]]
    asked = {"obligations": exists(select(Obligation.id).where(used).correlate(None))}
    for column in _referring(target):
        name = column.table.name
        found = exists(select(column).where(column == identifier).correlate(None))
        asked[name] = or_(asked[name], found) if name in asked else found
    statement = select(*(condition.label(name) for name, condition in asked.items()))
    answer = (await session.execute(statement)).mappings().one()
    return sorted(name for name in asked if answer[name])


def _referring(target: FromClause) -> Iterator[ColumnElement[UUID]]:
    """Columns that point at the target's id, but for its own past; obligations are asked apart."""
    own_past = {
        FormerPlace.__table__.c.org_id,
        FormerPost.__table__.c.leader_id,
        SecondPost.__table__.c.leader_id,
    }
    spared = {Obligation.__tablename__, "events", "credits"}
    for table in Base.metadata.sorted_tables:
        if table.name in spared:
            continue
        for key in table.foreign_keys:
            if key.column is target.c.id and key.parent not in own_past:
                yield key.parent
