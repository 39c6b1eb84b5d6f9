"""SQL that reads activities with all that was entered with them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import visibility
from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db import among
from app.db.conditions import equals
from app.kit.problems import Forbidden, NotFound
from app.models import Activity, ActivityCampaign, Finding, Opinion, Organization, Participant

_PUBLIC: Final = Activity.status == "accepted"


@dataclass(slots=True)
class Whole:
    """An activity with its parts."""

    activity: Activity
    participants: list[Participant] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[Activity]:
    """Select the activities that the caller sees, for a list."""
    shown = visibility.show(caller, Activity, _PUBLIC)
    return visibility.list_visible(caller, Activity, *conditions, *shown, under=under)


async def get(session: AsyncSession, caller: Principal, activity_id: UUID) -> Whole:
    """Return one activity that the caller sees, or raise `NotFound`."""
    statement = _seen(caller, activity_id)
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return (await load_whole(session, [found]))[0]


async def get_for_update(
    session: AsyncSession, caller: Principal, activity_id: UUID, power: Power = Power.REPORT
) -> Whole:
    """Lock and return one activity; raise `NotFound`, or `Forbidden` without the power."""
    statement = (
        _seen(caller, activity_id).with_for_update().execution_options(populate_existing=True)
    )
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    allowed = select(Organization.id).where(
        Organization.id == found.org_id, visible(caller, Organization.id, power)
    )
    if (await session.execute(allowed)).first() is None:
        raise Forbidden
    return (await load_whole(session, [found]))[0]


async def lock_all(session: AsyncSession, caller: Principal, ids: Collection[UUID]) -> None:
    """Lock the activities among these that the caller sees, in the order of their ids."""
    seen = select(Activity.id).where(
        among(session, Activity.id, list(ids)), visible(caller, Activity.org_id)
    )
    await session.execute(seen.order_by(Activity.id).with_for_update())


async def exists(session: AsyncSession, activity_id: UUID) -> bool:
    """Return whether there is an activity of this id at all."""
    statement = select(Activity.id).where(Activity.id == activity_id)
    return (await session.execute(statement)).first() is not None


async def load_whole(session: AsyncSession, activities: Sequence[Activity]) -> list[Whole]:
    """Return the activities with their parts: three statements, however many they are."""
    ids = [activity.id for activity in activities]
    participants = await _parts(session, Participant, Participant.leader_id, ids)
    findings = await _parts(session, Finding, Finding.id, ids)
    opinions = await _parts(session, Opinion, Opinion.id, ids)
    return [Whole(a, participants[a.id], findings[a.id], opinions[a.id]) for a in activities]


async def by_ids(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Whole]:
    """Return activities by id, whoever sees them."""
    if not ids:
        return {}
    found = (await session.execute(select(Activity).where(Activity.id.in_(ids)))).scalars().all()
    return {w.activity.id: w for w in (await load_whole(session, found) if found else [])}


async def find_by_natural_keys(
    session: AsyncSession, keys: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], Whole]:
    """Return activities by `(org_id, source, external_id)`."""
    if not keys:
        return {}
    columns = (Activity.org_id, Activity.source, Activity.external_id)
    statement = select(Activity).where(tuple_(*columns).in_(list(keys)))
    found = (await session.execute(statement)).scalars().all()
    return {
        (w.activity.org_id, w.activity.source or "", w.activity.external_id or ""): w
        for w in (await load_whole(session, found) if found else [])
    }


def in_sight(caller: Principal) -> ColumnElement[bool]:
    """Return the condition that the caller sees an activity."""
    return and_(visible(caller, Activity.org_id), *visibility.show(caller, Activity, _PUBLIC))


def _seen(caller: Principal, activity_id: UUID) -> Select[Activity]:
    return select(Activity).where(Activity.id == activity_id, in_sight(caller))


P = TypeVar("P", Participant, Finding, Opinion)


async def _parts(
    session: AsyncSession, kind: type[P], order: Any, ids: Sequence[UUID]
) -> dict[UUID, list[P]]:
    statement = (
        select(kind)
        .where(among(session, kind.activity_id, ids))
        .order_by(order)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[P]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        if row.activity_id is not None:
            found[row.activity_id].append(row)
    return found


def count_in(campaign_ids: list[UUID]) -> list[ColumnElement[bool]]:
    """Return that activities count in one of the campaigns, where any are given."""
    own = equals(Activity.campaign_id, campaign_ids)
    further = equals(ActivityCampaign.campaign_id, campaign_ids)
    links = select(ActivityCampaign.activity_id).where(*further)
    return [or_(*own, Activity.id.in_(links))] if own else []


def of_kinds(kinds: list[str]) -> list[ColumnElement[bool]]:
    """Return that activities are of one of the kinds or extend it, where any are given."""
    base, own = equals(Activity.kind, kinds), equals(Activity.own_kind, kinds)
    return [or_(*base, *own)] if base else []


def took_part(leader_ids: list[UUID]) -> ColumnElement[bool]:
    """Return the condition on `activities` that one of the leaders took part."""
    theirs = equals(Participant.leader_id, leader_ids)
    return Activity.id.in_(select(Participant.activity_id).where(*theirs))
