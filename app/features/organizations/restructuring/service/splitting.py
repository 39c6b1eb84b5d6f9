"""Splitting: out of a unit or branch come others, which stand beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app import events
from app.access.principal import Power, Principal
from app.access.visibility import in_subtree, visible
from app.features.organizations import errors
from app.features.organizations.leaders.queries import leaders
from app.features.organizations.leaders.service import reassignment as leader_reassignment
from app.features.organizations.queries import history
from app.features.organizations.queries import organizations as queries
from app.features.organizations.restructuring.schemas import (
    BranchPart,
    BranchSplit,
    UnitPart,
    UnitSplit,
)
from app.features.organizations.restructuring.service import reassignment
from app.features.organizations.schemas.organizations import BranchIn, UnitIn, digested, way
from app.features.organizations.service import changing, founding
from app.features.organizations.succession import service as succession
from app.kit import clock, ids
from app.kit.problems import FieldError, FieldErrorKind, Forbidden
from app.models import Leader, Organization


@dataclass(slots=True)
class Split:
    """A split that is wanted; `parts` are there once it is carried out."""

    told: UnitSplit | BranchSplit
    part_ids: list[UUID]
    parts: list[Organization]

    @classmethod
    def of(cls, told: UnitSplit | BranchSplit) -> "Split":
        """Give the parts their ids beforehand, so that a preview can name them."""
        return cls(told, [part.id or ids.new_id() for part in told.parts], [])


async def split(session: AsyncSession, caller: Principal, row: Organization, wanted: Split) -> None:
    """Found the parts beside a unit or branch and hand over to each what it gets.

    Needs the power over the unit above, too: its subtree gets new members. The number of
    statements grows with the parts and the units directly below, not with what is below these.
    The row is from `changing.begin`. Raises every field error at once.
    """
    told = wanted.told
    if row.closed_on is not None:
        raise errors.AlreadyClosed(closed_on=row.closed_on)
    above = await queries.get_parent(session, row)
    if above is None:
        raise errors.RootCannotBeSplit
    if not caller.may(Power.ORGANIZE, above.path):
        raise Forbidden
    await queries.lock(session, in_subtree(row.path))
    since = await _since(session, row, told.closed_on)
    founded, found = await _found(session, caller, above, wanted, since)
    found += await _handing_errors(session, caller, row, told.parts)
    if found:
        raise errors.refusal(found)
    await founding.keep(session, founded.values())
    wanted.parts = [founded[index].row for index in sorted(founded)]
    parts: Sequence[UnitPart | BranchPart] = told.parts
    for part, new in zip(parts, wanted.parts, strict=True):
        await _hand_over(session, row, new, part, told.reason, since)
    await _succeed(session, caller, row, wanted)
    data = {"part_ids": [str(new.id) for new in wanted.parts]}
    reason = {} if told.reason is None else {"reason": told.reason}
    done = events.Change(
        f"{row.type}.split", row.id, row.id, row.revision, after=digested(row), data=data | reason
    )
    await events.record(session, done)


async def _succeed(
    session: AsyncSession, caller: Principal, row: Organization, wanted: Split
) -> None:
    """Close what is split, where it is to be; who takes over has what is open there.

    That is the part that says so; else what is split keeps it, or the first part if it is closed.
    """
    told = wanted.told
    parts: Sequence[UnitPart | BranchPart] = told.parts
    pairs = zip(parts, wanted.parts, strict=True)
    heir = next((new for part, new in pairs if part.takes_over), None)
    if told.closed_on is not None:
        heir = heir or next((new for new in wanted.parts if new.closed_on is None), None)
        await changing.close(session, caller, row, told.closed_on, told.reason, heir=heir)
        await succession.keep(session, row.id, [new.id for new in wanted.parts])
    elif heir is not None:
        # It goes on with a ledger of its own, which is none of the part's.
        await succession.pass_on(session, row, heir, told.reason)


async def _since(session: AsyncSession, row: Organization, closed_on: date | None) -> date:
    """Return the day from which the parts are there: the closing's where it can be, or today."""
    today = clock.today()
    last = await history.last_change(session, in_subtree(row.path))
    day = closed_on or today
    return min(max(day, last or day), today)


async def _found(
    session: AsyncSession, caller: Principal, above: Organization, wanted: Split, since: date
) -> tuple[Mapping[int, founding.Founded], list[FieldError]]:
    """Return the parts to be founded, not yet written, and all that is wrong with them."""
    is_unit = isinstance(wanted.told, UnitSplit)
    items: dict[int, UnitIn | BranchIn] = {}
    for index, part in enumerate(wanted.told.parts):
        values = part.model_dump(exclude={"id", "takes_over", "child_ids", "leader_ids"})
        values["opened_on"] = part.opened_on or since
        items[index] = (
            UnitIn(**values, parent_id=above.id)
            if is_unit
            else BranchIn(**values, unit_id=above.id)
        )
    own_ids = dict(enumerate(wanted.part_ids))
    kind = "unit" if is_unit else "branch"
    founded, problems = await founding.found(session, caller, kind, items, own_ids=own_ids)
    found = [
        error.below(f"/parts/{index}")
        for index, problem in problems.items()
        for error in problem.errors
    ]
    there = [index for index, item in founded.items() if not item.new]
    found += [errors.DUPLICATE_ID.at(f"/parts/{index}/id") for index in there]
    return founded, found


async def _handing_errors(
    session: AsyncSession,
    caller: Principal,
    row: Organization,
    parts: Sequence[UnitPart | BranchPart],
) -> list[FieldError]:
    """Return an error for what is named and is not there to be handed over, or is named twice."""
    mine = visible(caller, Leader.org_id)
    below = {child.id for child in await queries.list_children(session, row.id)}
    led = {
        leader.id for leader in await leaders.lock_to_hand_over(session, _place(row), row.id, mine)
    }
    children = {
        f"/parts/{i}/child_ids/{j}": child_id
        for i, part in enumerate(parts)
        for j, child_id in enumerate(_children_of(part))
    }
    named = {
        f"/parts/{i}/leader_ids/{j}": leader_id
        for i, part in enumerate(parts)
        for j, leader_id in enumerate(part.leader_ids)
    }
    # Nothing open may stand below what is closed, nor be its own, nor be led by its leaders.
    closed = [
        errors.ORGANIZATION_CLOSED.at(f"/parts/{i}/closed_on", closed_on=part.closed_on)
        for i, part in enumerate(parts)
        if part.closed_on and (part.takes_over or part.leader_ids or _children_of(part))
    ]
    heirs = [i for i, part in enumerate(parts) if part.takes_over]
    return [
        *closed,
        *(errors.NAMED_TWICE.at(f"/parts/{i}/takes_over") for i in heirs[1:]),
        *_unknown(children, below, errors.NOT_DIRECTLY_BELOW),
        *_unknown(named, led, errors.NOT_A_LEADER_OF_IT),
    ]


def _unknown(
    named: Mapping[str, UUID], known: set[UUID], kind: FieldErrorKind
) -> Iterator[FieldError]:
    before: set[UUID] = set()
    for pointer, id_ in named.items():
        if id_ not in known:
            yield kind.at(pointer)
        elif id_ in before:
            yield errors.NAMED_TWICE.at(pointer)
        before.add(id_)


async def _hand_over(
    session: AsyncSession,
    row: Organization,
    new: Organization,
    part: UnitPart | BranchPart,
    reason: str | None,
    since: date,
) -> None:
    if part.leader_ids:
        theirs = Leader.id.in_(part.leader_ids)
        rows = await leaders.lock_to_hand_over(session, _place(row), row.id, theirs)
        values, told = {"branch_id": new.id}, None
        if row.type == "unit":
            values = ids.OrgRef.of(new.path).columns
            told = way(row.id, new.id)
        await leader_reassignment.change_leaders(session, rows, values, since, told)
    if child_ids := set(_children_of(part)):
        await reassignment.move_children(session, row, new, reason, since, child_ids)


def _children_of(part: UnitPart | BranchPart) -> Sequence[UUID]:
    return part.child_ids if isinstance(part, UnitPart) else ()


def _place(row: Organization) -> InstrumentedAttribute[Any]:
    """Return the column of a leader that names a unit or a branch."""
    return Leader.org_id if row.type == "unit" else Leader.branch_id
