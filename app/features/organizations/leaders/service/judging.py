"""Judgement of where leaders are posted, and from which day on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.organizations import errors, rules
from app.features.organizations.leaders.queries import second_posts
from app.kit import clock
from app.kit.problems import FieldError
from app.models import Leader, Organization


def place_errors(
    caller: Principal, places: Mapping[UUID, Organization], values: Mapping[str, Any]
) -> Iterable[FieldError]:
    """Yield what is wrong with the unit and the branch, as far as they are named."""
    today = clock.today()
    if "org_id" in values:
        unit = places.get(values["org_id"])
        if unit is None:
            yield errors.UNKNOWN_UNIT.at("/unit_id")
        elif unit.type != "unit":
            yield errors.NOT_A_UNIT.at("/unit_id")
        elif not caller.may(Power.ORGANIZE, unit.path):
            yield errors.ORGANIZE_FORBIDDEN.at("/unit_id")
        elif rules.is_closed(unit.closed_on, today):
            yield errors.ORGANIZATION_CLOSED.at("/unit_id", closed_on=unit.closed_on)
    if values.get("branch_id") is not None:
        branch = places.get(values["branch_id"])
        if branch is None:
            yield errors.UNKNOWN_BRANCH.at("/branch_id")
        elif branch.type != "branch":
            yield errors.NOT_A_BRANCH.at("/branch_id")
        elif rules.is_closed(branch.closed_on, today):
            yield errors.ORGANIZATION_CLOSED.at("/branch_id", closed_on=branch.closed_on)


async def day_errors(
    session: AsyncSession,
    row: Leader,
    places: Mapping[UUID, Organization],
    changes: Mapping[str, Any],
    day: date | None,
) -> Sequence[FieldError]:
    """Return what is wrong with the day from which a leader is to be posted elsewhere.

    What they were before their present post is known, and so is where they held a second one.
    """
    if day is None:
        return []
    named = (places.get(changes[name]) for name in rules.POSTING & changes.keys())
    starts = [row.active_from, row.posted_on, *(to.opened_on for to in named if to is not None)]
    if "org_id" in changes:
        held = await second_posts.list_of_leader(session, row.id)
        starts += [post.until for post in held if post.unit_id == changes["org_id"]]
    return list(rules.posting_faults("/moved_on", day, find_last_day(row), starts))


def find_last_day(row: Leader) -> date:
    """Return the latest day on which a leader can have taken up a post."""
    today = clock.today()
    return min(today, row.active_to or today)
