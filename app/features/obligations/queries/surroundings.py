"""SQL of what stands around an activity: what was found at it, what was held before it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import among
from app.db.rows import find_rows
from app.features.obligations.facts import FINDING_FIELDS
from app.features.obligations.queries import counting, crediting
from app.features.obligations.rules import State
from app.models import (
    Activity,
    Campaign,
    Credit,
    Finding,
    Obligation,
    Participant,
    Requirement,
)
from app.models.activities import counts_in

Counted = tuple[UUID, UUID]
"""An obligation, and a record that counts towards it."""


class HeldRow(NamedTuple):
    """An activity that counts, as far as it may have come before another."""

    id: UUID
    campaign_id: UUID
    org_id: UUID
    kind: str
    own_kind: str | None
    methods: list[str]
    held_on: date


_FILLED: Final = [getattr(Finding, name).is_not(None).label(name) for name in FINDING_FIELDS]


async def load_findings(
    session: AsyncSession, activity_ids: Sequence[UUID]
) -> dict[UUID, tuple[frozenset[str], ...]]:
    """Return which fields are filled in of each problem found at activities, a part of it still.

    Or no longer: what was passed on to another organization was still found there.
    """
    found: dict[UUID, list[frozenset[str]]] = defaultdict(list)
    for start in range(0, len(activity_ids), crediting.CHUNK):
        some = activity_ids[start : start + crediting.CHUNK]
        for place in (Finding.activity_id, Finding.from_activity_id):
            statement = select(place, *_FILLED).where(among(session, place, some))
            for activity_id, *filled in (await session.execute(statement)).all():
                names = zip(FINDING_FIELDS, filled, strict=True)
                found[activity_id].append(frozenset(name for name, there in names if there))
    return {activity_id: tuple(found[activity_id]) for activity_id in activity_ids}


async def load_standing(
    session: AsyncSession,
    campaign_ids: Collection[UUID],
    org_ids: Sequence[UUID],
    kinds: Collection[str] | None,
    last_day: date,
) -> list[HeldRow]:
    """Return the activities that count up to a day, of these organizations and kinds.

    None for any kind; what is returned does not count. One is a row in each of its campaigns.
    """
    own = (getattr(Activity, name) for name in HeldRow._fields[2:])
    columns = (Activity.id, Campaign.id.label("campaign_id"), *own)
    early = and_(Activity.status == "submitted", Campaign.counts_from == "submitted")
    conditions: list[ColumnElement[bool]] = [
        Campaign.id.in_(campaign_ids),
        or_(Activity.status == "accepted", early),
        Activity.held_on <= last_day,
    ]
    if kinds is not None:
        conditions.append(or_(Activity.kind.in_(kinds), Activity.own_kind.in_(kinds)))
    found: list[HeldRow] = []
    for start in range(0, len(org_ids), crediting.CHUNK):
        named = among(session, Activity.org_id, org_ids[start : start + crediting.CHUNK])
        statement = select(*columns).join(Campaign, counts_in(Campaign.id))
        found += await find_rows(session, HeldRow, statement.where(named, *conditions))
    return found


async def list_asking(session: AsyncSession, activity_id: UUID, condition: str) -> list[UUID]:
    """Return the active requirements of an activity's open campaigns that make a condition."""
    statement = (
        select(Requirement.id, Requirement.evidence)
        .join(Campaign, Campaign.id == Requirement.campaign_id)
        .join(Activity, counts_in(Campaign.id))
        .where(Activity.id == activity_id, Campaign.status == "open", Requirement.active)
    )
    return [id_ for id_, evidence in await session.execute(statement) if evidence.get(condition)]


async def lock_of_activity(
    session: AsyncSession, requirement_ids: Sequence[UUID], activity_id: UUID
) -> list[State]:
    """Lock the obligations that an activity may count for: its holder's, and who took part."""
    held = select(Activity.org_id).where(Activity.id == activity_id)
    took_part = select(Participant.leader_id).where(Participant.activity_id == activity_id)
    statement = (
        select(*counting.STATE)
        .where(
            Obligation.requirement_id.in_(requirement_ids),
            or_(Obligation.subject_id.in_(held), Obligation.subject_id.in_(took_part)),
        )
        .order_by(Obligation.id)
        .with_for_update()
    )
    return await counting.read_states(await session.execute(statement))


async def load_counted(
    session: AsyncSession, obligation_ids: Sequence[UUID], source_id: UUID | None
) -> set[Counted]:
    """Return which activities count towards obligations, be they returned; or of one whether."""
    statement = select(Credit.obligation_id, Credit.source_id).where(
        Credit.obligation_id.in_(obligation_ids), Credit.record == "activity"
    )
    if source_id is not None:
        statement = statement.where(Credit.source_id == source_id)
    return {(owed, source) for owed, source in await session.execute(statement)}


async def remove_counted(session: AsyncSession, counted: Collection[Counted]) -> None:
    """Delete these credits."""
    named = sorted(counted)
    for start in range(0, len(named), crediting.CHUNK // 2):
        some = named[start : start + crediting.CHUNK // 2]
        of_them = tuple_(Credit.obligation_id, Credit.source_id).in_(some)
        await session.execute(delete(Credit).where(of_them))
