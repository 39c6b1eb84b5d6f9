"""What is owed: the set of obligations that requirements and the tree ask for, as one SELECT."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Subquery,
    Text,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.db import among
from app.db.rows import AnySelect
from app.features.obligations.queries import periods
from app.features.tree.queries.tables import NOW, Tree
from app.kit.pacing import paced
from app.models import (
    Campaign,
    Leader,
    Obligation,
    Organization,
    Requirement,
    RequirementPeriod,
    SecondPost,
)
from app.models.obligations import NO_PERIOD


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which part of the ledger is looked at: conditions on subjects and on their obligations."""

    organizations: ColumnElement[bool]
    leaders: ColumnElement[bool]
    obligations: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Owed:
    """A requirement with the place in the tree from which it reaches down."""

    requirement: Requirement
    scope_id: UUID
    scope_path: str


def of_organizations(session: AsyncSession, ids: Sequence[UUID]) -> Narrowing:
    """Narrow to obligations of these organizations and of all who hold a post at these units."""
    these = among(session, Organization.id, ids)
    at_them = _in_post_at(select(Organization.id).where(these))
    return Narrowing(these, at_them, among(session, Obligation.org_id, ids))


def of_leaders(session: AsyncSession, ids: Sequence[UUID]) -> Narrowing:
    """Narrow to the obligations of these leaders."""
    theirs = among(session, Obligation.subject_id, ids)
    return Narrowing(false(), among(session, Leader.id, ids), theirs)


def of_requirements(ids: Sequence[UUID]) -> Narrowing:
    """All obligations of these requirements."""
    return Narrowing(true(), true(), Obligation.requirement_id.in_(ids))


def _in_post_at(units: Any) -> ColumnElement[bool]:
    """Condition on leaders: they lead one of these units, or hold a second post there."""
    main = select(Leader.id).where(Leader.org_id.in_(units))
    second = select(SecondPost.leader_id).where(
        SecondPost.unit_id.in_(units), SecondPost.until.is_(None)
    )
    # One list of ids: an OR would have all leaders read through.
    return Leader.id.in_(main.union_all(second))


def live() -> ColumnElement[bool]:
    """Condition on `campaigns`: its ledger is kept true now."""
    return and_(Campaign.opening_at.is_not(None), Campaign.closed_at.is_(None))


async def list_live_requirements(
    session: AsyncSession, *conditions: ColumnElement[bool]
) -> list[Owed]:
    """Return the active requirements of live campaigns, in a stable order."""
    statement = (
        select(Requirement)
        .join(Campaign, Campaign.id == Requirement.campaign_id)
        .where(live(), Requirement.active, *conditions)
        .order_by(Requirement.campaign_id, Requirement.sort_order, Requirement.id)
        .execution_options(populate_existing=True)
    )
    requirements = (await session.execute(statement)).scalars().all()
    scopes = {requirement.id: scope_id(requirement) for requirement in requirements}
    places = select(Organization.id, Organization.path).where(
        Organization.id.in_(set(scopes.values()))
    )
    paths = dict((await session.execute(places)).all()) if scopes else {}
    return [Owed(r, scopes[r.id], paths[scopes[r.id]]) for r in requirements]


def scope_id(requirement: Requirement) -> UUID:
    """`under_unit_id` where the requirement names one, else the unit that issued it."""
    under = requirement.applies_to.get("under_unit_id")
    return UUID(under) if under else requirement.org_id


async def select_desired(
    owed: Sequence[Owed], narrowing: Narrowing, today: date
) -> Subquery | None:
    """Return every obligation that these requirements ask for, as a subquery; None if none.

    Nothing is asked of who does not exist yet. `ended` marks subjects that are closed or have left:
    what they met stays, the rest is void.
    """
    if not owed:
        return None
    return (await united(owed, narrowing, today)).subquery("desired")


async def united(
    owed: Sequence[Owed], narrowing: Narrowing, today: date, tree: Tree = NOW
) -> CompoundSelect[Any]:
    """Return the obligations that these requirements, at least one, ask for.

    `narrowing` is on the tables of `tree`.
    """
    parts = [
        part
        async for items in paced(_alike(owed))
        for part in select_subjects(items, narrowing, today, tree)
    ]
    return union_all(*parts)


def _alike(owed: Sequence[Owed]) -> Iterable[Sequence[Owed]]:
    """Return requirements that ask the same of the same subjects together.

    A campaign has some thirty, of less than ten kinds: a statement with a part for each kind is
    made in a third of the time, and looks at each subject once.
    """
    kinds: dict[str, list[Owed]] = {}
    for item in owed:
        asked = (item.requirement.subject, str(item.scope_id), item.requirement.applies_to)
        kinds.setdefault(json.dumps(asked, sort_keys=True), []).append(item)
    return kinds.values()


def select_subjects(
    alike: Sequence[Owed], narrowing: Narrowing, today: date, tree: Tree = NOW
) -> list[AnySelect]:
    """Return the obligations that requirements of one kind ask for.

    They come in parts that exclude each other. `narrowing` is on the tables of `tree`.
    """
    item, places = alike[0], tree.organizations
    requirement = item.requirement
    if requirement.subject == "leader":
        return _of_leaders(alike, narrowing, today, tree)
    ended = func.coalesce(places.closed_on <= today, false())
    begun = or_(places.opened_on.is_(None), places.opened_on <= today)
    there = periods.exists_within(places.opened_on, places.closed_on)
    mine = (places.type == requirement.subject, narrowing.organizations, begun, there)
    selected = _columns(requirement.subject, places.id, ended, places).select_from(places)
    return [_asking(selected, alike).where(*mine, *_at(item, places))]


def _of_leaders(
    alike: Sequence[Owed], narrowing: Narrowing, today: date, tree: Tree
) -> list[AnySelect]:
    """Each leader owes it once: at the unit that they lead, if the requirement reaches it.

    Else at the first second post that it reaches, in the order in which they were taken up.
    """
    item, places, leaders = alike[0], tree.organizations, tree.leaders
    left = func.coalesce(leaders.active_to < today, false())
    begun = or_(leaders.active_from.is_(None), leaders.active_from <= today)
    there = periods.exists_within(leaders.active_from, leaders.active_to)
    filters = [narrowing.leaders, begun, there, *_at(item, places)]
    if levels := item.requirement.applies_to.get("position_levels"):
        filters.append(leaders.position_level.in_(levels))
    main = (
        _columns("leader", leaders.id, left, places)
        .select_from(leaders)
        .join(places, places.id == leaders.org_id)
    )
    post, other = tree.second_posts("post"), tree.second_posts("other_post")
    own_place, other_place = tree.places("own_place"), tree.places("other_place")
    owed_as_leader = exists().where(own_place.id == leaders.org_id, *_at(item, own_place))
    earlier = or_(other.since < post.since, and_(other.since == post.since, other.id < post.id))
    owed_earlier = exists().where(
        other.leader_id == post.leader_id,
        earlier,
        other_place.id == other.unit_id,
        *_at(item, other_place),
    )
    closed = func.coalesce(places.closed_on <= today, false())
    second = (
        _columns("leader", leaders.id, or_(left, closed), places)
        .select_from(post)
        .join(leaders, leaders.id == post.leader_id)
        .join(places, places.id == post.unit_id)
    )
    return [
        _asking(main, alike).where(*filters),
        _asking(second, alike).where(*filters, ~owed_as_leader, ~owed_earlier),
    ]


def _asking(subjects: AnySelect, alike: Sequence[Owed]) -> AnySelect:
    """Join what is asked to who owes it, and its periods where it is asked anew in each."""
    return periods.join_begun(subjects.join(Requirement, _these(alike)))


def _at(item: Owed, places: type[Organization]) -> Iterator[ColumnElement[bool]]:
    """Conditions on the organization at which the requirement is owed."""
    wanted = item.requirement.applies_to
    yield _reach(wanted.get("scope") or "subtree", item, places)
    if wanted.get("sectors"):
        yield places.sector.in_(wanted["sectors"])
    if wanted.get("unit_kinds") and item.requirement.subject != "branch":
        yield places.kind.in_(wanted["unit_kinds"])


def state(
    wanted: Any, ended: Any, exemption: Any, count: Any, min_count: Any, nil_on: Any
) -> ColumnElement[str]:
    """Return the status that follows from what is known of an obligation."""
    return case(
        (~wanted, "void"),
        (and_(ended, count < min_count), "void"),
        (exemption.is_not(None), "exempt"),
        (count >= min_count, "met"),
        (nil_on.is_not(None), "nil"),
        else_="open",
    )


def _these(alike: Sequence[Owed]) -> ColumnElement[bool]:
    return Requirement.id.in_([item.requirement.id for item in alike])


def _columns(
    subject: str, subject_id: Any, ended: ColumnElement[bool], places: type[Organization]
) -> AnySelect:
    unit_id = places.parent_id if subject == "branch" else places.id
    period = RequirementPeriod
    return select(
        Requirement.campaign_id.label("campaign_id"),
        Requirement.id.label("requirement_id"),
        literal(subject, Text()).label("subject_type"),
        subject_id.label("subject_id"),
        places.id.label("org_id"),
        places.area_id.label("area_id"),
        places.zone_id.label("zone_id"),
        unit_id.label("unit_id"),
        places.sector.label("sector"),
        func.coalesce(period.id, literal(NO_PERIOD, RequirementPeriod.id.type)).label("period_id"),
        func.coalesce(period.opens_on, Requirement.opens_on).label("opens_on"),
        func.coalesce(period.due_on, Requirement.due_on).label("due_on"),
        Requirement.min_count.label("min_count"),
        ended.label("ended"),
    )


def _reach(scope: str, item: Owed, places: type[Organization]) -> ColumnElement[bool]:
    if scope == "self":
        return places.id == item.scope_id
    if scope == "direct_reporters":
        return places.parent_id == item.scope_id
    return in_subtree(item.scope_path, places.path)
