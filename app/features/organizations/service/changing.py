"""Changes of a unit or branch: its words, its place, its closing and reopening."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.access.visibility import in_subtree
from app.features.obligations import service as obligations
from app.features.organizations import errors, rules
from app.features.organizations.queries import history, usage
from app.features.organizations.queries import organizations as queries
from app.features.organizations.schemas.organizations import (
    PARENT_FIELDS,
    BranchMove,
    UnitMove,
    digested,
)
from app.features.organizations.service.founding import key_of, parent_errors
from app.features.organizations.succession import rules as succession_rules
from app.features.organizations.succession import service as succession
from app.features.tree.queries.lock import lock_structure
from app.kit import clock, ids
from app.kit.problems import FieldError, Forbidden, Invalid
from app.models import Organization


async def exists(session: AsyncSession, org_id: UUID) -> bool:
    """Return whether there is an organization of this id; stays so while the transaction lasts."""
    await lock_structure(session)
    return await queries.exists(session, org_id)


async def begin(session: AsyncSession, caller: Principal, kind: str, org_id: UUID) -> Organization:
    """Return a unit or branch that the caller may organize, read under the structure lock.

    Raises `NotFound` and `Forbidden`.
    """
    await lock_structure(session)
    return await queries.get_for_update(session, caller, kind, org_id)


async def change(  # noqa: PLR0913 - why, since when and who comes after are of one change
    session: AsyncSession,
    caller: Principal,
    row: Organization,
    values: Mapping[str, Any],
    *,
    reason: str | None = None,
    moved_on: date | None = None,
    heir: Organization | None = None,
) -> None:
    """Give a unit or branch new values, `parent_id` and `closed_on` among them where they change.

    A move is one of today, or of a former day on which everything concerned stood as it does now.
    What is open at one that closes passes to its heir, or to its superior where it has none.
    The row is from `begin`. Raises every field error at once; equal values change nothing at all.
    """
    if not (changes := {k: v for k, v in values.items() if getattr(row, k) != v}):
        return
    parent = await _judge(session, caller, row, changes, moved_on)
    moving = in_subtree(row.path) if parent else Organization.id == row.id
    await queries.lock(session, moving)
    before, data, old_path = digested(row), _data(row, changes, reason), row.path
    kind, since = f"{row.type}.{rules.act(changes)}", moved_on or clock.today()
    if parent is not None or changes.get("closed_on", row) is None:
        await history.keep_places(session, moving, since)
        changes["placed_on"] = since
    for name, value in changes.items():
        setattr(row, name, value)
    row.revision += 1
    await session.flush()
    if parent is not None:
        path = parent.path + ids.path_segment(row.id)
        await queries.relocate(session, row.id, row.path, path, since=since)
        await session.refresh(row)
    left = None if parent is None else ids.path_ids(old_path)[-2]
    after = digested(row)
    told = events.Change(kind, row.id, row.id, row.revision, before, after, data, other_org_id=left)
    await events.record(session, told)
    await _settle(session, row, changes, old_path if parent is not None else None)
    await _succeed(session, row, changes, old_path, reason, heir)


async def _settle(
    session: AsyncSession, row: Organization, changes: Mapping[str, Any], old_path: str | None
) -> None:
    """Let the ledger follow a change; `old_path` where it was a move."""
    if old_path is not None:
        await obligations.follow_move(session, row, ids.path_ids(old_path)[-2])
        concerned = await queries.list_ids(session, in_subtree(row.path))
    else:
        concerned = [row.id] if rules.SHAPING & changes.keys() else []
    await obligations.reconcile_organizations(session, concerned)
    if rules.EXISTENCE & changes.keys():
        await obligations.recredit_organizations(session, [row.id])


async def _succeed(
    session: AsyncSession,
    row: Organization,
    changes: Mapping[str, Any],
    old_path: str,
    reason: str | None,
    heir: Organization | None,
) -> None:
    """Let what is open or waits for review follow a move or a closing.

    One that is there again has its records to itself; what has passed on stays where it is.
    """
    if row.path != old_path:
        levels = succession_rules.levels(ids.above(old_path), ids.above(row.path))
        await succession.moved(session, in_subtree(row.path), levels, reason)
    if changes.get("closed_on") is not None:
        parent = await queries.get_parent(session, row)
        await succession.close(session, row, heir, parent, reason)
    elif "closed_on" in changes:
        await succession.forget(session, row.id)


async def move(
    session: AsyncSession,
    caller: Principal,
    row: Organization,
    parent_id: UUID,
    told: UnitMove | BranchMove,
) -> None:
    """Move a unit with all below it, or a branch, below another unit."""
    stays = row.parent_id == parent_id
    if stays and told.moved_on is not None and told.moved_on != row.placed_on:
        raise Invalid([errors.THERE_ALREADY.at("/moved_on")])
    values: dict[str, Any] = {"parent_id": parent_id}
    if told.sort_order is not None:
        values["sort_order"] = told.sort_order
    await change(session, caller, row, values, reason=told.reason, moved_on=told.moved_on)


async def close(
    session: AsyncSession,
    caller: Principal,
    row: Organization,
    day: date,
    reason: str | None,
    *,
    heir: Organization | None = None,
) -> None:
    """Close a unit or branch from a day on; what is open there passes on (`change`)."""
    if row.closed_on is not None:
        raise errors.AlreadyClosed(closed_on=row.closed_on)
    await change(session, caller, row, {"closed_on": day}, reason=reason, heir=heir)


async def reopen(
    session: AsyncSession, caller: Principal, row: Organization, reason: str | None
) -> None:
    """Reopen a closed unit or branch."""
    if row.closed_on is None:
        raise errors.NotClosed
    await change(session, caller, row, {"closed_on": None}, reason=reason)


async def delete(session: AsyncSession, row: Organization) -> None:
    """Delete a unit or branch that nothing refers to. Its event stays with the unit above."""
    await queries.lock(session, Organization.id == row.id)
    uses = await usage.find_uses_of_organization(session, row.id)
    if row.parent_id is None or uses:
        raise errors.InUse(uses)
    kind, before = f"{row.type}.deleted", digested(row)
    await obligations.forget_organization(session, row)
    await usage.remove_organization(session, row.id)
    await events.record(
        session, events.Change(kind, row.id, row.parent_id, row.revision + 1, before)
    )


async def _judge(
    session: AsyncSession,
    caller: Principal,
    row: Organization,
    changes: Mapping[str, Any],
    moved_on: date | None,
) -> Organization | None:
    """Raise if the changes cannot be; the new parent where they move the organization."""
    current = {column.key: getattr(row, column.key) for column in Organization.__table__.columns}
    found = list(rules.organization_faults(current | dict(changes), changes))
    found += await _uniqueness_errors(session, row, current | dict(changes))
    before = await queries.get_parent(session, row)
    parent = None
    if "parent_id" in changes:
        wanted: UUID = changes["parent_id"]
        parent = (await queries.find_visible(session, caller, {wanted})).get(wanted)
        found += _move_errors(caller, row, parent)
        if parent is not None and moved_on is not None:
            found += await _day_errors(session, row, parent, moved_on)
    if found:
        raise errors.refusal(found)
    if parent is not None and not (before and caller.may(Power.ORGANIZE, before.path)):
        raise Forbidden
    if "closed_on" in changes:
        await _judge_closing(session, row.id, changes["closed_on"], parent or before)
    return parent


async def _uniqueness_errors(
    session: AsyncSession, row: Organization, values: Mapping[str, Any]
) -> list[FieldError]:
    key = key_of(values)
    others = [
        other
        for other in await queries.find_known(session, (), {values["code"]}, {key} if key else ())
        if other.id != row.id
    ]
    found = []
    if any(other.code == values["code"] for other in others):
        found.append(errors.DUPLICATE_CODE.at("/code"))
    if key and any((other.source, other.external_id) == key for other in others):
        found.append(errors.DUPLICATE_EXTERNAL_ID.at("/external_id"))
    return found


def _move_errors(
    caller: Principal, row: Organization, parent: Organization | None
) -> list[FieldError]:
    pointer = f"/{PARENT_FIELDS[row.type]}"
    if parent is not None and ids.is_within(parent.path, row.path):
        return [errors.CYCLE.at(pointer)]
    return parent_errors(caller, parent, pointer)


async def _day_errors(
    session: AsyncSession, row: Organization, parent: Organization, day: date
) -> list[FieldError]:
    """Return an error if it cannot have been moved on the day: what it was before is known."""
    concerned = in_subtree(row.path) | (Organization.id == parent.id)
    last = await history.last_change(session, concerned)
    if last is not None and day < last:
        return [errors.ENDS_TOO_EARLY.at("/moved_on", start=last)]
    today = clock.today()
    return [errors.STARTS_TOO_LATE.at("/moved_on", end=today)] if day > today else []


async def _judge_closing(
    session: AsyncSession, org_id: UUID, day: date | None, parent: Organization | None
) -> None:
    """Nothing open stays below something closed."""
    limit = parent.closed_on if parent is not None else None
    if limit is not None and (day is None or day > limit):
        raise errors.ParentClosed(closed_on=limit)
    if day is not None:
        count = await queries.count_open_children(session, org_id, day)
        if count:
            raise errors.OpenChildren(count=count)


def _data(
    row: Organization, changes: Mapping[str, Any], reason: str | None
) -> dict[str, Any] | None:
    """Return what a reader of the event needs beyond the record."""
    data: dict[str, Any] = {} if reason is None else {"reason": reason}
    if "parent_id" in changes:
        data["from_id"], data["to_id"] = str(row.parent_id), str(changes["parent_id"])
    return data or None
