"""Merging: a unit or branch goes into another of its type, and is no more."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.access.visibility import in_subtree
from app.features.organizations import errors, rules
from app.features.organizations.leaders.queries import leaders
from app.features.organizations.leaders.service import reassignment as leader_reassignment
from app.features.organizations.leaders.service import second_posts
from app.features.organizations.queries import history
from app.features.organizations.queries import organizations as queries
from app.features.organizations.restructuring.service import reassignment
from app.features.organizations.schemas.organizations import Merging, digested, way
from app.features.organizations.service import changing
from app.features.organizations.succession import service as succession
from app.kit import clock, ids
from app.kit.problems import FieldError
from app.models import Leader, Organization


async def merge(
    session: AsyncSession,
    caller: Principal,
    row: Organization,
    told: Merging,
) -> None:
    """Put a unit or branch into another, and close it from a day on.

    All below a unit and all its leaders go to the other unit; leaders who belong to a branch
    belong to the other branch. What is open goes there, too; what is done is read from there.
    The number of statements does not grow with the branches. The row is from `changing.begin`.
    Raises every field error at once.
    """
    day, reason = told.closed_on, told.reason
    into = await _judge(session, caller, row, told.into_id, day)
    await queries.lock(session, in_subtree(row.path))
    since = await _since(session, row, into, day)
    if row.type == "unit":
        await _transfer_leaders(session, row, into, since)
        await reassignment.move_children(session, row, into, reason, since)
        await second_posts.hand_over(session, row, into, since)
    else:
        await _change_branch(session, row, into, since)
    await changing.close(session, caller, row, day, reason, heir=into)
    await succession.keep(session, row.id, [into.id])
    sizes = rules.merged_sizes(row, into, told.model_dump(include=set(rules.SIZES)))
    await changing.change(session, caller, into, sizes, reason=reason)
    data = {"into_id": str(into.id)} | ({} if reason is None else {"reason": reason})
    merged = events.Change(
        f"{row.type}.merged", row.id, row.id, row.revision, after=digested(row), data=data
    )
    await events.record(session, merged)


async def _judge(
    session: AsyncSession, caller: Principal, row: Organization, into_id: UUID, day: date
) -> Organization:
    """Return the organization to merge into; raises if it cannot be."""
    if row.closed_on is not None:
        raise errors.AlreadyClosed(closed_on=row.closed_on)
    into = (await queries.find_visible(session, caller, {into_id})).get(into_id)
    values = {"opened_on": row.opened_on, "closed_on": day}
    found = [
        *_into_errors(caller, row, into),
        *rules.organization_faults(values, {"closed_on"}),
    ]
    if into is None or found:
        raise errors.refusal(found)
    return into


async def _since(session: AsyncSession, row: Organization, into: Organization, day: date) -> date:
    """Return the day from which all stands below the other: that of the closing where it can be.

    Not one that is to come, and none on which something concerned stood elsewhere.
    """
    concerned = in_subtree(row.path) | (Organization.id == into.id)
    last = await history.last_change(session, concerned)
    return min(max(day, last or day), clock.today())


def _into_errors(
    caller: Principal, row: Organization, into: Organization | None
) -> Iterator[FieldError]:
    pointer, is_unit = "/into_id", row.type == "unit"
    if into is None:
        yield (errors.UNKNOWN_UNIT if is_unit else errors.UNKNOWN_BRANCH).at(pointer)
        return
    if into.type != row.type:
        yield (errors.NOT_A_UNIT if is_unit else errors.NOT_A_BRANCH).at(pointer)
    if ids.is_within(into.path, row.path):
        yield errors.INTO_ITSELF.at(pointer)
    if into.closed_on is not None:
        yield errors.ORGANIZATION_CLOSED.at(pointer, closed_on=into.closed_on)
    if not caller.may(Power.ORGANIZE, into.path):
        yield errors.ORGANIZE_FORBIDDEN.at(pointer)


async def _transfer_leaders(
    session: AsyncSession, unit: Organization, into: Organization, since: date
) -> None:
    """All leaders of a unit lead the other one, and their records go along."""
    rows = await leaders.lock_to_hand_over(session, Leader.org_id, unit.id)
    if rows:
        await leader_reassignment.change_leaders(
            session,
            rows,
            ids.OrgRef.of(into.path).columns,
            since,
            way(unit.id, into.id),
        )


async def _change_branch(
    session: AsyncSession, branch: Organization, into: Organization, since: date
) -> None:
    """All leaders who belong to a branch belong to the other one, whatever unit they lead."""
    rows = await leaders.lock_to_hand_over(session, Leader.branch_id, branch.id)
    if rows:
        values = {"branch_id": into.id}
        await leader_reassignment.change_leaders(session, rows, values, since, None)
