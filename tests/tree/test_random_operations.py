"""Random operations on the tree, mixed with submissions: after each, everything still agrees.

What is stored is compared with a model of the tree, with a recount of the ledger that shares no
code with it, with a recount of every counter, and with the work counted record by record.
`make tree-test` does 2,000 on each database.
"""

import os
import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.counts.queries import reading as counting
from app.features.obligations.queries import past
from app.features.obligations.queries.verifying import (
    find_miscounts,
    find_misplaced,
    find_mistallied,
)
from app.features.organizations.queries import verifying as tree
from app.features.progress.queries import past as progress_then
from app.features.progress.queries import reading as progress
from app.features.progress.rules import Tallies, figures
from app.features.tree.queries import past as past_trees
from app.features.tree.queries.past import PastTree
from app.kit import clock, ids
from app.models import (
    Activity,
    Campaign,
    Credit,
    Leader,
    LeaderRecord,
    Obligation,
    Organization,
    Report,
    Requirement,
    SecondPost,
)
from tests.support.client import Api
from tests.support.recounting import ledger, recount
from tests.support.work import work_agrees
from tests.tree.grove import Grove

OPERATIONS = 40 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
OWNED: tuple[Any, ...] = (Leader, Obligation, Activity, LeaderRecord, Report)
AT_ONCE = 200
"""Operations on one tree, before another is planted."""
FOLD_EVERY = 7
"""Operations between two times that the counters are folded."""
PAST = (date(2013, 1, 31), date(2013, 2, 1), clock.today() - timedelta(days=1))
"""Days that are asked about: two around that of closings, and one before all that is done now."""
WORK_EVERY = 5
"""Operations between two times that all work is counted again."""


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(-(-OPERATIONS // AT_ONCE)))
async def test_everything_agrees_after_every_operation(api: Api, seed: int) -> None:
    grove = Grove(api, random.Random(seed))  # noqa: S311 - to be repeated, not to be secret
    await grove.plant()
    known: set[Any] = set()
    for number in range(min(AT_ONCE, OPERATIONS)):
        name = await grove.operate()
        if number % FOLD_EVERY == 0:
            await api.fold()
        async with api.database.reading() as session:
            told = f"seed {seed}, operation {number}: {name}"
            await _the_tree_is_the_model(session, grove, told)
            await _the_ledger_is_the_recount(session, grove, told)
            assert await find_miscounts(session) == [], told
            assert await find_misplaced(session) == [], told
            assert await find_mistallied(session) == [], told
            known = await _nothing_is_lost(session, grove, known, told)
            if number % WORK_EVERY == 0:
                days = [date(2013, 1, 15), clock.today()]
                await work_agrees(session, UUID(grove.campaign["id"]), days, told)
            if number % FOLD_EVERY == 1:
                asked = await _places(session, number // FOLD_EVERY)
                await _the_tree_of_today_counts_the_same(session, grove, asked, told)
                now, closed = await _campaigns(session, grove)
                day = grove.chance.choice(PAST)
                await _a_past_day_is_put_right(session, now, asked, day, told)
                # What is dated back behind its closing leaves it as it was closed.
                await _a_past_day_is_put_right(session, closed, asked, PAST[0], told)


async def _the_tree_is_the_model(session: AsyncSession, grove: Grove, told: str) -> None:
    rows = {str(row.id): row for row in await session.scalars(select(Organization))}
    assert rows.keys() == grove.nodes.keys(), told
    zones: dict[UUID, tuple[UUID, UUID]] = {}
    assert await tree.find_misplaced(session) == [], told
    for id_, node in grove.nodes.items():
        way = reversed(grove.way(id_))
        path = "".join(ids.path_segment(UUID(above)) for above in way)
        row = rows[id_]
        parent = str(row.parent_id) if row.parent_id else None
        assert (row.path, parent) == (path, node.parent), told
        from_root = [UUID(above) for above in reversed(grove.way(id_))]
        zones[row.id] = (from_root[:2][-1], from_root[:3][-1])
        assert (row.area_id, row.zone_id) == zones[row.id], told
        assert (row.closed_on is not None) == node.closed, told
    leaders = {str(row.id): row for row in await session.scalars(select(Leader))}
    assert leaders.keys() == grove.leaders.keys(), told
    for id_, post in grove.leaders.items():
        found = leaders[id_]
        assert (str(found.org_id), str(found.branch_id)) == (post.unit, post.branch), told
    held = select(SecondPost).where(SecondPost.until.is_(None))
    beside = {(str(row.leader_id), str(row.unit_id)) for row in await session.scalars(held)}
    assert beside == {(id_, u) for id_, post in grove.leaders.items() for u in post.second}, told
    for kind in OWNED:
        places = await session.execute(select(kind.org_id, kind.area_id, kind.zone_id))
        assert all(zones[org_id] == tuple(of) for org_id, *of in places), told


async def _the_ledger_is_the_recount(session: AsyncSession, grove: Grove, told: str) -> None:
    """Of the open campaign: that of the past stands as it was when it was closed."""
    of_now = Requirement.campaign_id == UUID(grove.campaign["id"])
    now = set(await session.scalars(select(Requirement.id).where(of_now)))
    stored, counted = await ledger(session), await recount(session)
    assert {key: value for key, value in stored.items() if key[0] in now} == {
        key: value for key, value in counted.items() if key[0] in now
    }, told


async def _the_tree_of_today_counts_the_same(
    session: AsyncSession, grove: Grove, asked: list[Organization], told: str
) -> None:
    """Figures by the tree of a day, asked for today, are those of the counters."""
    campaign = await session.get_one(Campaign, UUID(grove.campaign["id"]))
    for unit in asked:
        today = PastTree.at(clock.today(), unit.path)
        items = await past.load_requirements(session, campaign.id, today)
        then = await past.sum_tallies(session, items, today, campaign, by_sector=False)
        now = await progress.sum_by_child(session, campaign.id, unit, today.day)
        assert _whole(then) == _whole(now), told


async def _places(session: AsyncSession, turn: int) -> list[Organization]:
    """Return the root, every third of the other units, in turn, and some branches."""
    found = (await session.scalars(select(Organization).order_by(Organization.id))).all()
    root = [each for each in found if each.parent_id is None]
    units = [each for each in found if each.type == "unit" and each.parent_id is not None]
    branches = [each for each in found if each.type == "branch"]
    return root + units[turn % 3 :: 3] + branches[turn % 3 :: max(3, len(branches) // 2)]


async def _campaigns(session: AsyncSession, grove: Grove) -> tuple[Campaign, Campaign]:
    """The open one and the closed one."""
    now = UUID(grove.campaign["id"])
    closed = await session.scalars(select(Campaign).where(Campaign.id != now))
    return await session.get_one(Campaign, now), closed.one()


async def _a_past_day_is_put_right(
    session: AsyncSession, campaign: Campaign, asked: list[Organization], day: date, told: str
) -> None:
    """The counters, put right for whoever stood elsewhere, are what the tree of then adds up to."""
    for unit in asked:
        then = await past_trees.find_past_tree(session, unit, day)
        whole = PastTree.at(day, then.path if then else unit.path)
        for by_sector in (False, True):
            way = {"by_sector": by_sector}
            _, added_up = await progress_then.sum_owed(session, campaign, unit, whole, **way)
            done = await counting.sum_past(session, campaign.id, unit, whole.before, **way)
            if then is None:
                by = "sum_by_sector" if by_sector else "sum_by_child"
                found = await getattr(progress, by)(session, campaign.id, unit, day)
                counts = await getattr(counting, by)(session, campaign.id, unit, day)
            else:
                _, found = await progress_then.sum_owed(session, campaign, unit, then, **way)
                counts = await counting.sum_past(session, campaign.id, unit, then.before, **way)
            assert _on(found) == _on(added_up), (told, day, unit.id, by_sector)
            assert _there(counts) == _there(done), (told, day, unit.id, by_sector)


def _on(tallies: Tallies) -> dict[Any, dict[str, int]]:
    """The figures of each group and requirement, zeros left out."""
    return _there({
        (group, requirement_id): figures(measures, None, None, clock.today())
        for group, found in tallies.items()
        for requirement_id, measures in found.items()
    })  # fmt: skip


def _there(rows: Mapping[Any, Mapping[str, int]]) -> dict[Any, dict[str, int]]:
    found = {key: {name: n for name, n in row.items() if n} for key, row in rows.items()}
    return {key: row for key, row in found.items() if row}


def _whole(tallies: Tallies) -> dict[Any, dict[str, int]]:
    """What there is of each group and requirement, zeros left out."""
    return {
        (group, requirement_id): measures
        for group, found in tallies.items()
        for requirement_id, parts in found.items()
        if any(measures := {k: v for k, v in parts.get(False, {}).items() if v})
    }


async def _nothing_is_lost(session: AsyncSession, grove: Grove, known: set[Any], told: str) -> Any:
    """Every obligation there ever was, but for those of who was deleted; the same, anew."""
    keys = (Obligation.requirement_id, Obligation.subject_id, Obligation.period_id)
    rows = {tuple(row) for row in await session.execute(select(*keys))}
    lost = {key for key in known - rows if str(key[1]) not in grove.deleted}
    assert not lost, told
    orphans = (
        select(Credit.source_id)
        .outerjoin(Obligation, Obligation.id == Credit.obligation_id)
        .where(Obligation.id.is_(None))
    )
    assert (await session.execute(orphans)).first() is None, told
    return rows
