"""Second posts: a leader takes one up, and gives it up; what they owe is still owed once."""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.obligations import service as obligations
from app.features.organizations import errors, rules
from app.features.organizations.leaders.queries import leaders as leader_queries
from app.features.organizations.leaders.queries import second_posts as queries
from app.features.organizations.leaders.schemas.leaders import leader_out
from app.features.organizations.leaders.schemas.second_posts import SecondPostEnd, SecondPostNew
from app.features.organizations.leaders.service import judging
from app.features.organizations.queries import history, organizations
from app.kit import clock, ids
from app.kit.problems import FieldError, Forbidden, NotFound
from app.models import Leader, Organization, SecondPost


async def begin(session: AsyncSession, caller: Principal, row: Leader, told: SecondPostNew) -> None:
    """Let a leader hold a further post. The row is from `leaders.begin`.

    Raises every field error at once.
    """
    places = await organizations.find_visible(session, caller, {told.unit_id})
    since = told.since or clock.today()
    known = await queries.list_of_leader(session, row.id)
    unit = places.get(told.unit_id)
    found = [
        *judging.place_errors(caller, places, {"org_id": told.unit_id}),
        *_faults(row, unit, known, since, await history.led_until(session, row.id, told.unit_id)),
    ]
    if unit is None or found:
        raise errors.refusal(found)
    post = SecondPost(
        id=ids.new_id(), leader_id=row.id, unit_id=unit.id, post=told.post, since=since
    )
    session.add(post)
    await _changed(session, row, "second_post_begun", post, told.reason)


async def end(
    session: AsyncSession, caller: Principal, row: Leader, post_id: UUID, told: SecondPostEnd
) -> None:
    """Let a leader hold a further post no longer. The row is from `leaders.begin`.

    Raises `NotFound`, `Forbidden`, `SecondPostEnded`, and every field error at once.
    """
    seen = {post.id: post for post in await queries.list_visible(session, caller, row.id)}
    if post_id not in seen:
        raise NotFound
    post = seen[post_id]
    unit = (await organizations.find_visible(session, caller, {post.unit_id}))[post.unit_id]
    if not caller.may(Power.ORGANIZE, unit.path):
        raise Forbidden
    if post.until is not None:
        raise errors.SecondPostEnded(until=post.until)
    until, today = told.until or clock.today(), clock.today()
    if until > today:
        raise errors.refusal([errors.STARTS_TOO_LATE.at("/until", end=today)])
    if until < post.since:
        raise errors.refusal([errors.ENDS_TOO_EARLY.at("/until", start=post.since)])
    await queries.end(session, [row.id], post.unit_id, until)
    await _changed(session, row, "second_post_ended", post, told.reason)


async def hand_over(
    session: AsyncSession, unit: Organization, into: Organization, day: date
) -> None:
    """Let what is held at a unit be held at another, into which it is merged, from a day on.

    Whoever has a post there anyway keeps that one only.
    """
    held = await queries.list_held(session, unit.id)
    if not held:
        return
    holders = [post.leader_id for post in held]
    there = await queries.find_in_post(session, holders, into.id)
    new = [
        SecondPost(id=ids.new_id(), leader_id=p.leader_id, unit_id=into.id, post=p.post, since=day)
        for p in held
        if p.leader_id not in there
    ]
    await queries.end(session, holders, unit.id, day)
    session.add_all(new)
    rows = await leader_queries.lock_to_hand_over(session, Leader.id, holders)
    data = {"from_id": str(unit.id), "to_id": str(into.id)}
    changes = []
    for row in rows:
        before = leader_out(row).model_dump_json()
        row.revision += 1
        changes.append((row, before))
    await session.flush()
    await events.record(
        session,
        *(
            events.Change("leader.second_post_moved", row.id, row.org_id, row.revision, before,
                          leader_out(row).model_dump_json(), data)
            for row, before in changes
        ),
    )  # fmt: skip
    await obligations.reconcile_leaders(session, holders)


def _faults(
    row: Leader,
    unit: Organization | None,
    known: Sequence[SecondPost],
    since: date,
    led_until: date | None,
) -> Iterator[FieldError]:
    there = [post for post in known if unit is not None and post.unit_id == unit.id]
    if unit is not None and (row.org_id == unit.id or any(p.until is None for p in there)):
        yield errors.ALREADY_IN_POST.at("/unit_id")
    opened_on = unit.opened_on if unit is not None else None
    starts = [row.active_from, opened_on, led_until, *(post.until for post in there)]
    yield from rules.posting_faults("/since", since, judging.find_last_day(row), starts)


async def _changed(
    session: AsyncSession, row: Leader, act: str, post: SecondPost, reason: str | None
) -> None:
    before = leader_out(row).model_dump_json()
    data = {"unit_id": str(post.unit_id)} | ({} if reason is None else {"reason": reason})
    row.revision += 1
    await session.flush()
    after = leader_out(row).model_dump_json()
    change = events.Change(f"leader.{act}", row.id, row.org_id, row.revision, before, after, data)
    await events.record(session, change)
    await obligations.reconcile_leaders(session, [row.id])
