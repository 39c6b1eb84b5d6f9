"""SQL of the ledger on a past day, by the tree of that day.

The ledger keeps what is owed now. What was owed on a day follows from the same SELECT, run on the
tree of that day; what had met it by then, from the day of each obligation's last needed credit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Self, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Label,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import coalesce

from app.access.visibility import in_subtree
from app.features.obligations.queries import owed
from app.features.obligations.queries.changes import covers, places_changed
from app.features.obligations.queries.owed import Narrowing, Owed, Tree
from app.kit import clock
from app.kit.ids import SEGMENT_LENGTH, is_within
from app.kit.rows import AnySelect
from app.models import (
    Campaign,
    FormerPlace,
    FormerPost,
    Leader,
    Obligation,
    Organization,
    Requirement,
    SecondPost,
)

_Table = TypeVar("_Table", Organization, Leader)
_PLACES = ("id", "type", "code", "name", "kind", "sector", "sort_order", "area_id", "zone_id")
_LEADERS = ("id", "position_level", "active_to")


@dataclass(frozen=True, slots=True)
class Then:
    """The tree as it was at the end of a past day, and where a subtree stood in it."""

    day: date
    path: str
    """The path, then, of the unit that is asked for."""
    tree: Tree

    @classmethod
    def at(cls, day: date, path: str) -> Self:
        """The tree of a day."""
        tree = Tree(_places(day), _leaders(day), partial(_places, day), partial(_second, day))
        return cls(day, path, tree)

    @property
    def inside(self) -> ColumnElement[bool]:
        """Condition on the organizations of then: they stood in the subtree."""
        return in_subtree(self.path, self.tree.organizations.path)


async def then(session: AsyncSession, unit: Organization, day: date) -> Then | None:
    """The tree of a past day if a unit's subtree is another one today; else None."""
    today = clock.today()
    if day >= today:
        return None
    path = await path_of(session, unit, day)
    changed = places_changed(day, today)
    inside = or_(in_subtree(unit.path, changed.c.path), in_subtree(path, changed.c.path))
    found = await session.execute(select(exists(select(changed.c.path).where(inside))))
    return Then.at(day, path) if found.scalar_one() else None


async def requirements(session: AsyncSession, campaign_id: UUID, at: Then) -> list[Owed]:
    """The active requirements that reached into the subtree or contained it, in their order."""
    statement = (
        select(Requirement)
        .where(Requirement.campaign_id == campaign_id, Requirement.active)
        .order_by(Requirement.sort_order, Requirement.id)
    )
    rows = (await session.execute(statement)).scalars().all()
    scopes = {row.id: owed.scope_id(row) for row in rows}
    places = at.tree.organizations
    wanted = {*scopes.values(), *(row.org_id for row in rows)}
    found = await session.execute(select(places.id, places.path).where(places.id.in_(wanted)))
    paths = {row.id: row.path for row in found}
    return [
        Owed(row, scopes[row.id], paths[scopes[row.id]])
        for row in rows
        if scopes[row.id] in paths
        and row.org_id in paths
        and (is_within(at.path, paths[row.org_id]) or is_within(paths[row.org_id], at.path))
    ]


async def path_of(session: AsyncSession, unit: Organization, day: date) -> str:
    """Where a unit stood on a day; where it stands now if it was not there yet."""
    places = _places(day)
    known = select(places.path).where(places.id == unit.id)
    return (await session.execute(known)).scalar() or unit.path


async def rows_of(session: AsyncSession, campaign_id: UUID, at: Then) -> Subquery | None:
    """`ledger` of one campaign, as a subquery; None if nothing was asked for."""
    campaign = await session.get(Campaign, campaign_id)
    items = await requirements(session, campaign_id, at)
    statement = None if campaign is None else ledger(items, at, _frozen(campaign))
    return None if statement is None else statement.subquery("rows")


async def children(session: AsyncSession, unit_id: UUID, at: Then) -> Sequence[Organization]:
    """The organizations that stood directly below a unit, in the authority's own order."""
    places = at.tree.organizations
    statement = (
        select(Organization)
        .join(places, places.id == Organization.id)
        .where(places.parent_id == unit_id)
        .order_by(Organization.sort_order, Organization.id)
    )
    return (await session.execute(statement)).scalars().all()


def ledger(items: Sequence[Owed], at: Then, frozen: date | None) -> AnySelect | None:
    """What was owed on the day: `obligation_id, requirement_id, org_id, path, sector, status`.

    Nothing that was void then; None if nothing was asked for. `frozen` is the day on which the
    campaign was closed: who ended later still owed it.
    """
    if not items:
        return None
    places, last = at.tree.organizations, min(at.day, frozen or at.day)
    narrowing = Narrowing(at.inside, at.inside, false())
    parts = [part for item in items for part in owed.subjects(item, narrowing, last, at.tree)]
    desired = union_all(*parts).subquery("desired")
    status = _status(desired, at.day)
    return (
        select(
            Obligation.id.label("obligation_id"),
            Obligation.requirement_id,
            desired.c.org_id,
            places.path.label("path"),
            places.sector.label("sector"),
            status,
        )
        .select_from(desired)
        .join(
            Obligation,
            and_(
                Obligation.requirement_id == desired.c.requirement_id,
                Obligation.subject_id == desired.c.subject_id,
            ),
        )
        .join(places, places.id == desired.c.org_id)
        .where(status.element != "void")
    )


async def tallies(
    session: AsyncSession, items: Sequence[Owed], at: Then, campaign: Campaign, *, by_sector: bool
) -> dict[str, dict[UUID, dict[bool, dict[str, int]]]]:
    """Group → requirement → `False` → measures; a group is a sector, or the path of a child then.

    The unit's own obligations go by its own path.
    """
    statement = ledger(items, at, _frozen(campaign))
    if statement is None:
        return {}
    rows = statement.subquery("rows")
    child = func.substr(rows.c.path, 1, len(at.path) + SEGMENT_LENGTH)
    group = (rows.c.sector if by_sector else child).label("group")
    grouped = (
        select(group, rows.c.requirement_id, *_measured(rows))
        .join(Obligation, Obligation.id == rows.c.obligation_id)
        .group_by(group, rows.c.requirement_id)
    )
    found: dict[str, dict[UUID, dict[bool, dict[str, int]]]] = {}
    for row in await session.execute(grouped):
        values = row._asdict()
        place, requirement_id = values.pop("group"), values.pop("requirement_id")
        measures = {name: int(value) for name, value in values.items()}
        found.setdefault(place, {})[requirement_id] = {False: measures}
    return found


def _frozen(campaign: Campaign) -> date | None:
    return campaign.closed_at.astimezone(clock.CHINA).date() if campaign.closed_at else None


def _measured(rows: Subquery) -> list[Label[int]]:
    """The measures of `models.counters`, by what became of each obligation up to the day."""
    status = rows.c.status
    late = coalesce(Obligation.met_on > Obligation.due_on, false())
    conditions = {
        "open": status == "open",
        "open_returned": and_(status == "open", Obligation.returned),
        "exempt": status == "exempt",
        "on_time": and_(status == "met", ~late),
        "late": and_(status == "met", late),
        "met_returned": and_(status == "met", Obligation.returned),
    }
    sums = [func.sum(case((it, 1), else_=0)).label(name) for name, it in conditions.items()]
    surplus = case((status == "met", Obligation.count - Obligation.min_count), else_=0)
    return [*sums, func.sum(surplus).label("surplus")]


def _status(desired: Subquery, day: date) -> Label[str]:
    """`owed.state` as it followed from what was known of an obligation on a day."""
    met = coalesce(Obligation.met_on <= day, false())
    return case(
        (and_(desired.c.ended, ~met), "void"),
        (Obligation.exemption.is_not(None), "exempt"),
        (met, "met"),
        else_="open",
    ).label("status")


def _places(day: date, name: str = "places") -> type[Organization]:
    """What stands for the organizations on a day: those founded by then, where they stood."""
    rows = (
        select(
            *(getattr(Organization, name) for name in _PLACES),
            coalesce(FormerPlace.parent_id, Organization.parent_id).label("parent_id"),
            coalesce(FormerPlace.path, Organization.path).label("path"),
            coalesce(FormerPlace.closed_on, Organization.closed_on).label("closed_on"),
        )
        .outerjoin(
            FormerPlace, and_(FormerPlace.org_id == Organization.id, covers(FormerPlace, day))
        )
        .where(or_(Organization.opened_on.is_(None), Organization.opened_on <= day))
    )
    return _standing_for(Organization, rows, name)


def _leaders(day: date) -> type[Leader]:
    """What stands for the leaders on a day: those in post by then, at the unit that they led."""
    rows = (
        select(
            *(getattr(Leader, name) for name in _LEADERS),
            coalesce(FormerPost.org_id, Leader.org_id).label("org_id"),
        )
        .outerjoin(FormerPost, and_(FormerPost.leader_id == Leader.id, covers(FormerPost, day)))
        .where(or_(Leader.active_from.is_(None), Leader.active_from <= day))
    )
    return _standing_for(Leader, rows, "posts")


def _second(day: date, name: str) -> type[SecondPost]:
    """What stands for the second posts on a day: those that were held."""
    held = or_(SecondPost.until.is_(None), SecondPost.until > day)
    return owed.held(and_(SecondPost.since <= day, held), name)


def _standing_for(model: type[_Table], rows: AnySelect, name: str) -> type[_Table]:
    return aliased(model, rows.subquery(name), adapt_on_names=True)
