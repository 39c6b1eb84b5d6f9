"""SQL of merging, and of what a change of the tree did."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnySelect
from app.kit import clock
from app.models import (
    Activity,
    Finding,
    FollowUp,
    Grant,
    Inspection,
    Leader,
    LeaderRecord,
    Obligation,
    Opinion,
    Organization,
    Report,
)
from app.models.deadlines import UNANSWERED, is_one_of

_CHUNK: Final = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """One obligation, as far as a change of the tree can change it."""

    org_id: UUID
    unit_id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A part of the tree with its leaders and their obligations at one moment, by their ids."""

    paths: dict[UUID, str]
    places: dict[UUID, tuple[UUID, UUID | None]]
    """Each leader's unit and branch."""
    obligations: dict[UUID, Standing]


class Pending(defaultdict[str, dict[UUID, tuple[UUID | None, ...]]]):
    """What is open or waits, by kind and id: whose it is."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__(dict)


async def list_leaders(session: AsyncSession, org_ids: Sequence[UUID]) -> list[UUID]:
    """Leaders who lead one of these units or belong to one of these branches."""
    found: set[UUID] = set()
    for some in _chunks(org_ids):
        theirs = or_(Leader.org_id.in_(some), Leader.branch_id.in_(some))
        found |= set((await session.execute(select(Leader.id).where(theirs))).scalars())
    return sorted(found)


async def take_snapshot(
    session: AsyncSession, org_ids: Sequence[UUID], leader_ids: Sequence[UUID]
) -> Snapshot:
    """Return how these organizations and leaders stand now."""
    taken = Snapshot({}, {}, {})
    for some in _chunks(org_ids):
        paths = select(Organization.id, Organization.path).where(Organization.id.in_(some))
        taken.paths.update(dict((await session.execute(paths)).all()))
        await _take_obligations(session, taken, Obligation.org_id.in_(some))
    for some in _chunks(leader_ids):
        places = select(Leader.id, Leader.org_id, Leader.branch_id).where(Leader.id.in_(some))
        found = await session.execute(places)
        taken.places.update({id_: (org_id, branch_id) for id_, org_id, branch_id in found})
        await _take_obligations(session, taken, Obligation.subject_id.in_(some))
    return taken


async def pending(session: AsyncSession, org_ids: Sequence[UUID]) -> Pending:
    """Return what is open at these organizations or waits at them, and whose it is now."""
    found = Pending()
    for some in _chunks(org_ids):
        for kind, statement, *columns in _sources():
            theirs = or_(*(column.in_(some) for column in columns))
            await _take(session, found, kind, statement.where(theirs))
    return found


async def pending_again(session: AsyncSession, before: Pending) -> Pending:
    """Return whose the same is now."""
    found = Pending()
    for kind, statement, *_ in _sources():
        own_id = statement.selected_columns[0]
        for some in _chunks(list(before[kind])):
            await _take(session, found, kind, statement.where(own_id.in_(some)))
    return found


async def count_submissions(session: AsyncSession, org_ids: Sequence[UUID]) -> dict[str, int]:
    """Return how many submissions belong to these organizations, by table."""
    tables = (Activity, LeaderRecord, Report)
    counts = dict.fromkeys((table.__tablename__ for table in tables), 0)
    for some in _chunks(org_ids):
        for table in tables:
            statement = select(func.count()).where(table.org_id.in_(some))
            counts[table.__tablename__] += (await session.execute(statement)).scalar_one()
    return counts


async def count_records(session: AsyncSession, leader_id: UUID) -> int:
    """Return how many records of their own a leader has."""
    statement = select(func.count()).where(LeaderRecord.leader_id == leader_id)
    return (await session.execute(statement)).scalar_one()


async def count_grants(
    session: AsyncSession, org_ids: Sequence[UUID], authority_ids: Sequence[UUID] | None = None
) -> int:
    """Count the grants in force that are given here, and in the name of these units where given."""
    in_force = or_(Grant.expires_at.is_(None), Grant.expires_at > clock.now())
    conditions = [in_force]
    if authority_ids is not None:
        conditions.append(Grant.authority_id.in_(authority_ids))
    count = 0
    for some in _chunks(org_ids):
        statement = select(func.count()).where(Grant.org_id.in_(some), *conditions)
        count += (await session.execute(statement)).scalar_one()
    return count


async def _take_obligations(
    session: AsyncSession, taken: Snapshot, condition: ColumnElement[bool]
) -> None:
    columns = (Obligation.id, Obligation.org_id, Obligation.unit_id, Obligation.status)
    found = await session.execute(select(*columns).where(condition))
    taken.obligations.update({row[0]: Standing(*row[1:]) for row in found})


async def _take(session: AsyncSession, found: Pending, kind: str, statement: AnySelect) -> None:
    found[kind].update({row[0]: tuple(row[1:]) for row in await session.execute(statement)})


def _sources() -> Iterator[tuple[Any, ...]]:
    """Yield kinds of what is open or waits: ids and whose it is; by which columns it is found."""
    handler = func.coalesce(Opinion.handler_org_id, Opinion.org_id)
    answering = func.coalesce(Inspection.answering_org_id, Inspection.org_id)
    verifying = func.coalesce(Inspection.verifying_unit_id, Inspection.unit_id)
    yield (
        "findings", select(Finding.id, Finding.org_id).where(Finding.status != "closed"),
        Finding.org_id,
    )  # fmt: skip
    yield (
        "opinions", select(Opinion.id, handler).where(is_one_of(Opinion.handling, UNANSWERED)),
        Opinion.org_id, Opinion.handler_org_id,
    )  # fmt: skip
    yield (
        "follow_ups",
        select(FollowUp.id, answering, verifying)
        .join(Inspection, Inspection.id == FollowUp.inspection_id)
        .where(FollowUp.status != "closed", Inspection.status == "submitted"),
        Inspection.org_id, Inspection.answering_org_id, Inspection.unit_id,
        Inspection.verifying_unit_id,
    )  # fmt: skip
    for table in (Activity, LeaderRecord):
        place = select(table.id, Organization.parent_id)
        waits = place.join(Organization, Organization.id == table.org_id)
        yield "reviews", waits.where(table.status == "submitted"), table.org_id
    waits = select(Report.id, Report.level_id).where(Report.status == "submitted")
    yield "reviews", waits, Report.org_id, Report.level_id


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
