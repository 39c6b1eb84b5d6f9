"""SQL of the ledger on a past day, by the tree of that day.

The ledger keeps what is owed now. What was owed on a day follows from the same SELECT, run on the
tree of that day; what had met it by then, from the day of each obligation's last needed credit.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from uuid import UUID

from sqlalchemy import (
    Label,
    Subquery,
    and_,
    case,
    false,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.functions import coalesce

from app.db import among
from app.db.rows import AnySelect
from app.features.obligations.queries import counting, owed
from app.features.obligations.queries.owed import Narrowing, Owed
from app.features.obligations.queries.reconciliation import is_the_one
from app.features.tree.queries.changes import Changed
from app.features.tree.queries.past import (
    PastTree,
    select_rows_of_places,
    select_rows_of_posts,
    select_second_posts,
    stand_for,
)
from app.features.tree.queries.paths import child_path
from app.features.tree.queries.tables import Tree
from app.kit import clock
from app.kit.ids import is_within
from app.models import (
    Campaign,
    Leader,
    Obligation,
    Organization,
    Requirement,
)


async def load_requirements(session: AsyncSession, campaign_id: UUID, at: PastTree) -> list[Owed]:
    """Return the active requirements that reached into or contained the subtree, in their order."""
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
    paths = dict(found.all())
    return [
        Owed(row, scopes[row.id], paths[scopes[row.id]])
        for row in rows
        if scopes[row.id] in paths
        and row.org_id in paths
        and (is_within(at.path, paths[row.org_id]) or is_within(paths[row.org_id], at.path))
    ]


async def select_rows(session: AsyncSession, campaign_id: UUID, at: PastTree) -> Subquery | None:
    """`ledger` of one campaign, as a subquery; None if nothing was asked for."""
    campaign = await session.get(Campaign, campaign_id)
    items = await load_requirements(session, campaign_id, at)
    statement = None if campaign is None else await select_ledger(items, at, _frozen(campaign))
    return None if statement is None else statement.subquery("rows")


async def select_ledger(
    items: Sequence[Owed], at: PastTree, frozen: date | None, narrowing: Narrowing | None = None
) -> AnySelect | None:
    """Return what was owed then: `obligation_id, counted_as, org_id, path, sector, status`.

    Nothing that was void then; None if nothing was asked for. `frozen` is the day on which the
    campaign was closed: who ended later still owed it. `narrowing` is on the tables of then.
    """
    if not items:
        return None
    places, last = at.tree.organizations, min(at.day, frozen or at.day)
    narrowing = narrowing or Narrowing(at.inside, at.inside, false())
    desired = (await owed.united(items, narrowing, last, at.tree)).subquery("desired")
    status = _status(desired, at.day)
    return (
        select(
            Obligation.id.label("obligation_id"),
            counting.counted_as().label("counted_as"),
            desired.c.org_id,
            places.path.label("path"),
            _sector(desired, places),
            status,
        )
        .select_from(desired)
        .join(Obligation, is_the_one(desired.c))
        .join(places, places.id == desired.c.org_id)
        .where(status.element != "void")
    )


async def sum_tallies(
    session: AsyncSession,
    items: Sequence[Owed],
    at: PastTree,
    campaign: Campaign,
    *,
    by_sector: bool,
) -> dict[str, dict[UUID, dict[bool, dict[str, int]]]]:
    """Group → period or requirement → `False` → measures.

    A group is a sector, or the path of a child then.

    The unit's own obligations go by its own path. Of those in `at.changed` alone, where it says who
    they are.
    """
    narrowing = None
    if at.changed is not None:
        at, narrowing = narrow(session, at, at.changed)
    statement = await select_ledger(items, at, _frozen(campaign), narrowing)
    if statement is None:
        return {}
    rows = statement.subquery("rows")
    child = child_path(rows.c.path, at.path)
    group = (rows.c.sector if by_sector else child).label("group")
    # By what each obligation was up to the day.
    measured = counting.measures_by(rows.c.status)
    sums = (func.sum(number).label(name) for name, number in measured.items())
    grouped = (
        select(group, rows.c.counted_as, *sums)
        .join(Obligation, Obligation.id == rows.c.obligation_id)
        .group_by(group, rows.c.counted_as)
    )
    found: dict[str, dict[UUID, dict[bool, dict[str, int]]]] = {}
    for row in await session.execute(grouped):
        values = row._asdict()
        place, counted_as = values.pop("group"), values.pop("counted_as")
        measures = {name: int(value) for name, value in values.items()}
        found.setdefault(place, {})[counted_as] = {False: measures}
    return found


def _frozen(campaign: Campaign) -> date | None:
    return campaign.closed_at.astimezone(clock.CHINA).date() if campaign.closed_at else None


def _sector(desired: Subquery, places: type[Organization]) -> Label[str]:
    """Return the sector by which it is counted; of who led another unit then, that unit's."""
    stayed = Obligation.org_id == desired.c.org_id
    return case((stayed, Obligation.sector), else_=places.sector).label("sector")


def _status(desired: Subquery, day: date) -> Label[str]:
    """`owed.state` as it followed from what was known of an obligation on a day."""
    met = coalesce(Obligation.met_on <= day, false())
    nil = coalesce(Obligation.nil_on <= day, false())
    return case(
        (and_(desired.c.ended, ~met), "void"),
        (Obligation.exemption.is_not(None), "exempt"),
        (met, "met"),
        (nil, "nil"),
        else_="open",
    ).label("status")


def narrow(session: AsyncSession, at: PastTree, changed: Changed) -> tuple[PastTree, Narrowing]:
    """Return the tree of then with only those concerned, each table once in the statement."""
    known = among(session, Organization.id, changed.organizations | changed.posts)
    places = select_rows_of_places(at.day).where(known).cte("places_then")
    posts = (
        select_rows_of_posts(at.day)
        .where(among(session, Leader.id, changed.leaders))
        .cte("posts_then")
    )
    moved = select(Organization.id).where(among(session, Organization.id, changed.organizations))

    # One alias of each name: SQLAlchemy takes two of a table of a WITH for two such tables.
    @cache
    def named(name: str) -> type[Organization]:
        return stand_for(Organization, places.alias(name))

    tree = Tree(
        named("places"), stand_for(Leader, posts), named, partial(select_second_posts, at.day)
    )
    of_them = replace(at, tree=tree)
    mine = and_(of_them.inside, tree.organizations.id.in_(select(moved.cte("moved").c.id)))
    return of_them, Narrowing(mine, of_them.inside, false())
