"""Previews: a change of the tree is carried out, looked at and taken back."""

from collections import Counter
from collections.abc import Collection, Coroutine
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.features.organizations import rules
from app.features.organizations.previews import queries
from app.features.organizations.previews.queries import Pending, Snapshot
from app.features.organizations.previews.schemas import (
    Effect,
    GrantEffect,
    ObligationEffect,
    SubmissionEffect,
)
from app.features.organizations.queries import organizations
from app.kit import ids
from app.models import Leader, Organization


async def preview(
    session: AsyncSession,
    row: Organization,
    work: Coroutine[Any, Any, None],
    *,
    below: bool = True,
    founds: Collection[UUID] = (),
) -> Effect:
    """Return what the work would do to an organization and, unless told otherwise, to all below.

    The work is done inside a savepoint that is rolled back: nothing stays, no event and no
    revision. Raises what the work raises. `row` cannot be read afterwards. `founds` are the ids
    of organizations that the work founds.
    """
    concerned = in_subtree(row.path) if below else Organization.id == row.id
    org_ids = await organizations.list_ids(session, concerned)
    leader_ids = await queries.list_leaders(session, org_ids)
    before = await queries.take_snapshot(session, org_ids, leader_ids)
    submissions = await queries.count_submissions(session, org_ids)
    pending = await queries.pending(session, org_ids)
    async with session.begin_nested() as savepoint:
        await work
        after = await queries.take_snapshot(session, [*org_ids, *founds], leader_ids)
        passed = _passed(pending, await queries.pending_again(session, pending))
        await savepoint.rollback()
    return Effect(
        organizations=len(_moved(before, after)),
        leaders=sum(place != after.places[id_] for id_, place in before.places.items()),
        obligations=_obligations(before, after),
        submissions=SubmissionEffect(**submissions),
        findings=passed["findings"],
        opinions=passed["opinions"],
        follow_ups=passed["follow_ups"],
        reviews=passed["reviews"],
        grants=await _grants(session, before, after, founds),
    )


async def preview_transfer(
    session: AsyncSession, row: Leader, work: Coroutine[Any, Any, None]
) -> Effect:
    """Return what the work would do to a leader and what they owe; nothing stays, see `preview`."""
    leader_id = row.id
    before = await queries.take_snapshot(session, (), [leader_id])
    records = await queries.count_records(session, leader_id)
    async with session.begin_nested() as savepoint:
        await work
        after = await queries.take_snapshot(session, (), [leader_id])
        await savepoint.rollback()
    return Effect(
        organizations=0,
        leaders=int(before.places != after.places),
        obligations=_obligations(before, after),
        submissions=SubmissionEffect(activities=0, leader_records=records, reports=0),
        findings=0,
        opinions=0,
        follow_ups=0,
        reviews=0,
        grants=await _grants(session, before, after, ()),
    )


def _passed(before: Pending, after: Pending) -> Counter[str]:
    """Count what is another one's to put right, to answer or to review than it was."""
    return Counter(
        kind
        for kind, known in before.items()
        for id_, whose in known.items()
        if whose != after[kind].get(id_)
    )


def _moved(before: Snapshot, after: Snapshot) -> list[UUID]:
    return [id_ for id_, path in before.paths.items() if path != after.paths[id_]]


def _obligations(before: Snapshot, after: Snapshot) -> ObligationEffect:
    moved, counts = set(_moved(before, after)), Counter[str]()
    for id_, now in after.obligations.items():
        then = before.obligations.get(id_)
        elsewhere = now.org_id in moved or (
            then is not None and (then.org_id, then.unit_id) != (now.org_id, now.unit_id)
        )
        status = then.status if then is not None else None
        counts[rules.becomes(status, now.status, elsewhere=elsewhere)] += 1
    names = ObligationEffect.model_fields
    return ObligationEffect(**{name: counts[name] for name in names})


async def _grants(
    session: AsyncSession, before: Snapshot, after: Snapshot, founds: Collection[UUID]
) -> GrantEffect:
    """Return whose sight of what is moved ends or begins; nobody has a grant at what is new."""
    moved = _moved(before, after)
    # Most of a subtree differs in its last segment only.
    ways = {(ids.above(before.paths[id_]), ids.above(after.paths[id_])) for id_ in moved}
    gaining: set[UUID] = set()
    losing: set[UUID] = set()
    for old, new in ways:
        gaining |= set(ids.path_ids(new)) - set(ids.path_ids(old)) - set(founds)
        losing |= set(ids.path_ids(old)) - set(ids.path_ids(new))
    return GrantEffect(
        inside=await queries.count_grants(session, list(before.paths)),
        inert=await queries.count_grants(session, moved, sorted(losing)),
        gaining=await queries.count_grants(session, sorted(gaining)),
        losing=await queries.count_grants(session, sorted(losing)),
        gaining_unit_ids=sorted(gaining),
        losing_unit_ids=sorted(losing),
    )
