"""Writes of leaders: one or a thousand new ones, changes, transfers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.obligations import service as obligations
from app.features.organizations import errors, rules
from app.features.organizations.leaders.queries import leaders as queries
from app.features.organizations.leaders.queries import second_posts
from app.features.organizations.leaders.schemas.leaders import (
    LeaderIn,
    LeaderNew,
    leader_columns,
    leader_out,
)
from app.features.organizations.leaders.service import judging, reassignment
from app.features.organizations.queries import history, organizations, usage
from app.features.organizations.schemas.organizations import way
from app.features.organizations.service.founding import key_of
from app.features.organizations.service.naming import UNITS, take_names
from app.features.tree.queries.lock import lock_structure
from app.http.batches import Batch, ItemResult, read_items, refuse_if_atomic
from app.kit import clock, ids
from app.kit.pacing import paced, sliced
from app.kit.problems import FieldError, Problem
from app.models import Leader, Organization


@dataclass(frozen=True, slots=True)
class Entered:
    """A leader who is there now; `new` unless they were before, with the same content."""

    row: Leader
    new: bool


async def enter_one(
    session: AsyncSession, caller: Principal, item: LeaderIn, own_id: UUID | None
) -> Entered:
    """Enter one leader; raises everything that is wrong with them."""
    own_ids = {} if own_id is None else {0: own_id}
    entered, problems = await enter(session, caller, {0: item}, own_ids=own_ids)
    if problems:
        raise problems[0]
    await keep(session, entered.values())
    return entered[0]


async def enter_batch(
    session: AsyncSession, caller: Principal, batch: Batch[LeaderNew]
) -> tuple[dict[int, ItemResult], dict[int, Problem]]:
    """Enter the leaders of a batch: its results and problems by index."""
    good, bad = read_items(batch)
    own_ids = {index: item.id for index, item in good.items() if item.id is not None}
    entered, problems = await enter(session, caller, good, own_ids=own_ids)
    problems |= bad
    refuse_if_atomic(batch, problems)
    await keep(session, entered.values())
    done = {
        index: ItemResult(
            status=201 if item.new else 200, id=item.row.id, revision=item.row.revision
        )
        for index, item in entered.items()
    }
    return done, problems


async def enter(
    session: AsyncSession,
    caller: Principal,
    items: Mapping[int, LeaderIn],
    *,
    own_ids: Mapping[int, UUID],
) -> tuple[dict[int, Entered], dict[int, Problem]]:
    """Enter the leaders that are right; the others' problems by the same index.

    Nothing is written before `keep`.
    """
    await lock_structure(session)
    items = await take_names(session, caller, items, UNITS)
    wanted = {index: leader_columns(item) async for index, item in paced(items.items())}
    register = await _register(session, caller, wanted.values(), own_ids.values())
    entered: dict[int, Entered] = {}
    problems: dict[int, Problem] = {}
    async for index, values in paced(wanted.items()):
        item = items[index]
        if item.wrong_names:
            wrong = item.tell(rules.leader_faults(values, values))
            problems[index] = errors.refusal(wrong)
            continue
        verdict = _judge(caller, register, own_ids.get(index), values)
        if isinstance(verdict, Entered):
            entered[index] = verdict
        else:
            problems[index] = errors.refusal(item.point(verdict))
    return entered, problems


async def keep(session: AsyncSession, entered: Iterable[Entered]) -> None:
    """Write those who are new, with their events and what they owe."""
    rows = [item.row for item in entered if item.new]
    if not rows:
        return
    for some in sliced(rows):
        session.add_all(some)
        await session.flush()
    changes = [
        events.Change("leader.created", row.id, row.org_id, row.revision, after=_json(row))
        async for row in paced(rows)
    ]
    await events.record(session, *changes)
    await obligations.reconcile_leaders(session, [row.id for row in rows])


async def exists(session: AsyncSession, leader_id: UUID) -> bool:
    """Return whether there is a leader of this id; stays so while the transaction lasts."""
    await lock_structure(session)
    return await queries.exists(session, leader_id)


async def begin(session: AsyncSession, caller: Principal, leader_id: UUID) -> Leader:
    """Lock and return a leader whom the caller may organize, under the structure lock.

    Raises `NotFound` and `Forbidden`.
    """
    await lock_structure(session)
    return await queries.get_for_update(session, caller, leader_id)


async def change(
    session: AsyncSession,
    caller: Principal,
    row: Leader,
    values: Mapping[str, Any],
    *,
    reason: str | None = None,
    moved_on: date | None = None,
) -> None:
    """Give a leader new values; another unit is a transfer, and all that is theirs goes along.

    A transfer is one of today, or of a former day since which they led and belonged to the same.
    The row is from `begin`. Raises every field error at once. Values that are the same already
    change nothing, not even the revision.
    """
    changes = {k: v for k, v in values.items() if getattr(row, k) != v}
    if not changes:
        return
    places = await _places(session, caller, [changes])
    found = [
        *rules.leader_faults(values, changes),
        *await _key_errors(session, row, values),
        *judging.place_errors(caller, places, changes),
        *await judging.day_errors(session, row, places, changes, moved_on),
    ]
    if found:
        raise errors.refusal(found)
    before, data = _json(row), None if reason is None else {"reason": reason}
    if "org_id" in changes:
        changes |= ids.OrgRef.of(places[changes["org_id"]].path).columns
        data = way(row.org_id, changes["org_id"]) | (data or {})
    left = row.org_id if "org_id" in changes else None
    await _write(session, row, changes, moved_on or clock.today())
    kind = "leader.updated" if left is None else "leader.transferred"
    about = (row.id, row.org_id, row.revision, before, _json(row), data)
    await events.record(session, events.Change(kind, *about, other_org_id=left))
    if rules.LEADER_SHAPING & changes.keys():
        await obligations.reconcile_leaders(session, [row.id])
        await obligations.recredit_leaders(session, [row.id])


async def _write(
    session: AsyncSession, row: Leader, changes: Mapping[str, Any], since: date
) -> None:
    """Write what changes; another unit or branch, from a day on, leaves a former post."""
    left = row.org_id
    if rules.POSTING & changes.keys():
        await history.keep_posts(session, [row.id], since)
        row.posted_on = since
    for name, value in changes.items():
        setattr(row, name, value)
    row.revision += 1
    await session.flush()
    if "org_id" in changes:
        unit = {"org_id": row.org_id, "area_id": row.area_id, "zone_id": row.zone_id}
        await reassignment.transfer_records(session, {row.id: left}, unit)
        await second_posts.end(session, [row.id], row.org_id, since)


async def delete(session: AsyncSession, row: Leader) -> None:
    """Delete a leader to whom nothing refers; one who has left gets an `active_to` instead."""
    uses = await usage.find_uses_of_leader(session, row.id)
    if uses:
        raise errors.LeaderInUse(uses)
    before = _json(row)
    await obligations.forget_leader(session, row.id)
    await usage.remove_leader(session, row.id)
    await events.record(
        session, events.Change("leader.deleted", row.id, row.org_id, row.revision + 1, before)
    )


@dataclass(slots=True)
class _Register:
    """The leaders who are known, and the organizations that the caller sees."""

    places: dict[UUID, Organization]
    by_id: dict[UUID, Leader] = field(default_factory=dict)
    by_key: dict[tuple[str, str], Leader] = field(default_factory=dict)

    def add(self, row: Leader) -> None:
        self.by_id[row.id] = row
        if row.source is not None and row.external_id is not None:
            self.by_key[row.source, row.external_id] = row


async def _register(
    session: AsyncSession,
    caller: Principal,
    wanted: Iterable[Mapping[str, Any]],
    own_ids: Collection[UUID],
) -> _Register:
    wanted = list(wanted)
    keys = {key for key in map(key_of, wanted) if key is not None}
    register = _Register(await _places(session, caller, wanted))
    for row in await queries.find_known(session, own_ids, keys):
        register.add(row)
    return register


async def _places(
    session: AsyncSession, caller: Principal, wanted: Sequence[Mapping[str, Any]]
) -> dict[UUID, Organization]:
    named: set[UUID] = {
        values[name]
        for values in wanted
        for name in ("org_id", "branch_id")
        if values.get(name) is not None
    }
    return await organizations.find_visible(session, caller, named)


def _judge(
    caller: Principal, register: _Register, own_id: UUID | None, values: dict[str, Any]
) -> Entered | list[FieldError]:
    """Return who is entered, or everything that is wrong with them."""
    key = key_of(values)
    by_id = register.by_id.get(own_id) if own_id is not None else None
    by_key = register.by_key.get(key) if key is not None else None
    known = by_id or by_key
    if (
        known is not None
        and own_id in {None, known.id}
        and known.org_id in register.places
        and rules.same(values, known)
    ):
        return Entered(known, new=False)
    found = [
        *rules.leader_faults(values, values),
        *judging.place_errors(caller, register.places, values),
    ]
    if by_id is not None:
        found.append(errors.DUPLICATE_ID.at("/id"))
    if by_key is not None:
        found.append(errors.DUPLICATE_EXTERNAL_ID.at("/external_id"))
    if found:
        return found
    home = ids.OrgRef.of(register.places[values["org_id"]].path)
    row = Leader(id=own_id or ids.new_id(), **(values | home.columns))
    register.add(row)
    return Entered(row, new=True)


async def _key_errors(
    session: AsyncSession, row: Leader, values: Mapping[str, Any]
) -> list[FieldError]:
    key = key_of(values)
    known = await queries.find_known(session, (), {key}) if key else ()
    taken = any(other.id != row.id for other in known)
    return [errors.DUPLICATE_EXTERNAL_ID.at("/external_id")] if taken else []


def _json(row: Leader) -> str:
    return leader_out(row).model_dump_json()
