"""Lists: a page against a bare endpoint, a late page against the first, a subtree against all."""

import asyncio
import itertools
import os
from typing import Any, Final

from app.features.counts import service as counts
from app.main import create_app
from bench import _store
from bench._api import Caller, medians, rate, served
from bench._figures import Figure, report

_ACTIVITIES: Final = 300_000
_PAGES: Final = int(os.environ.get("BENCH_PAGES") or 1000)
_FILL: Final = """
INSERT INTO activities (id, org_id, area_id, zone_id, campaign_id, kind, title, held_on, place,
    methods, topics, checks, summary, members_due, members_present, member_refs, details, status,
    authors, attachment_ids, revision, created_at, updated_at)
SELECT gen_random_uuid(), id, area_id, zone_id, $2, 'discussion', '大讨论',
    date '2013-01-01' + (random() * 90)::int, '会议室',
    '[]', '[]', '[]', repeat('讨论如何做好群众工作，', 10), 23, 21, '[]', '{}', 'submitted',
    '[]', '[]', 1, now(), now() - random() * interval '90 days'
FROM (
    SELECT id, area_id, zone_id FROM organizations WHERE type = 'branch' ORDER BY random() LIMIT $1
) AS branches
"""


async def main(store: _store.Store) -> None:
    """Fill the ledger of activities, then read it."""
    campaign, part = await filled(store, _store.SIZE)
    caller = Caller(create_app(store.settings), store.key)
    figures = [await _rates(store), await _late_page(caller)]
    for path in (
        "/v1/activities?", f"/v1/obligations?campaign_id={campaign}&",
        f"/v1/obligations?campaign_id={campaign}&overdue=true&", "/v1/branches?", "/v1/leaders?",
        "/v1/activities?sort=-updated_at&", "/v1/branches?q=1支部&",
    ):  # fmt: skip
        whole, subtree = await medians(caller, f"{path}limit=100", f"{path}limit=100&under={part}")
        figures.append(Figure(path[:-1].replace(str(campaign), "…"), subtree, "ms",
                              "the whole tree", whole, at_most=1.0))  # fmt: skip
    report("lists", _store.SIZE, figures)


async def filled(store: _store.Store, size: int) -> tuple[Any, Any]:
    """Return the campaign, once it has enough activities, and a subtree of a hundredth."""
    connection = await store.connect()
    campaign = await connection.fetchval("SELECT id FROM campaigns WHERE opening_at IS NOT NULL")
    while (count := await connection.fetchval("SELECT count(*) FROM activities")) < _ACTIVITIES:
        await connection.execute(_FILL, _ACTIVITIES - count, campaign)
        await connection.execute("VACUUM ANALYZE activities")
        await _counted(store, connection)
    part = await _hundredth(connection, size)
    await connection.close()
    return campaign, part


async def _counted(store: _store.Store, connection: Any) -> None:
    """Do what a worker does after so many submissions."""
    await connection.execute(
        "INSERT INTO uncounted (id, org_id)"
        " SELECT gen_random_uuid(), org_id FROM (SELECT DISTINCT org_id FROM activities) AS orgs"
    )
    database = store.opened()
    waiting = 1
    while waiting:
        async with database.writing() as session:
            waiting = await counts.fold(session)
    await database.close()
    await connection.execute("VACUUM ANALYZE own_counts, subtree_counts, uncounted")


async def _hundredth(connection: Any, size: int) -> Any:
    """Return the unit whose subtree is nearest to a hundredth of all branches."""
    return await connection.fetchval(
        "SELECT u.id FROM organizations u JOIN organizations b ON b.type = 'branch'"
        " AND b.path > u.path AND b.path < left(u.path, -1) || '0'"
        " WHERE u.type = 'unit' AND length(u.path) BETWEEN 46 AND 92 GROUP BY u.id"
        " ORDER BY abs(count(*) - $1) LIMIT 1",
        size // 100,
    )


async def _rates(store: _store.Store) -> Figure:
    environment = store.environment()
    async with served("bench._bare:create_app", environment):
        pages = [("GET", "/activities", b"")]
        await rate(lambda: itertools.cycle(pages), "", 16, 5)
        bare = await rate(lambda: itertools.cycle(pages), "", 16, 5)
    async with served("app.main:create_app", environment):
        pages = [("GET", "/v1/activities?limit=100", b"")]
        await rate(lambda: itertools.cycle(pages), store.key, 16, 5)
        ours = await rate(lambda: itertools.cycle(pages), store.key, 16, 5)
    return Figure("100 activities as JSON", ours, "/s", "bare ORM list", bare, at_least=1)


async def _late_page(caller: Caller) -> Figure:
    first, late = "/v1/activities?limit=100", ""
    cursor = ""
    for _ in range(_PAGES - 1):
        late = f"{first}{cursor}"
        page = await caller.get(late)
        cursor = f"&cursor={page['next_cursor']}"
    one, thousand = await medians(caller, first, f"{first}{cursor}")
    return Figure(f"page {_PAGES:,} of a list", thousand, "ms", "page 1", one, at_most=1.2)


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
