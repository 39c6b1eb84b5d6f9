"""Progress of the whole tree by child, against the same for one town.

Nothing waits to be folded but where a figure says so.
"""

import asyncio
from typing import Any, Final
from uuid import UUID

from app.features.counts import service as counts
from app.features.obligations.jobs import fold_counters
from app.main import create_app
from bench import _store
from bench._api import Caller, medians
from bench._figures import Figure, report

_MARKS: Final = 100_000
"""Organizations that wait to be counted, at most."""
_MOVED: Final = 50
"""Units that are moved, with what is below them."""


async def main(store: _store.Store) -> None:
    """Ask for the root and for a unit with branches, turn by turn."""
    caller = Caller(create_app(store.settings), store.key)
    connection = await store.connect()
    campaign = await connection.fetchval("SELECT id FROM campaigns WHERE opening_at IS NOT NULL")
    root = await connection.fetchval("SELECT id FROM organizations WHERE parent_id IS NULL")
    town = await connection.fetchval(
        "SELECT parent_id FROM organizations GROUP BY parent_id"
        " HAVING count(*) BETWEEN 10 AND 40 AND bool_or(type = 'unit') AND bool_or(parent_id <> $1)"
        " ORDER BY count(*) DESC LIMIT 1",
        root,
    )
    await _fold_all(store, connection)
    figures = []
    for name, query in (
        ("progress of the whole, by child", ""),
        ("… by sector", "&group_by=sector"),
        ("… as of a day in the past", "&as_of=2013-02-01"),
    ):
        address = f"/v1/progress?campaign_id={campaign}&unit_id={{}}{query}"
        whole, part = await medians(caller, address.format(root), address.format(town))
        figures.append(Figure(name, whole, "ms", "one town", part, at_most=2))
    address = f"/v1/progress/timeline?campaign_id={campaign}&unit_id={{}}"
    whole, part = await medians(caller, address.format(root), address.format(town))
    figures.append(Figure("timeline of the whole", whole, "ms", "one town", part, at_most=2))
    figures.append(await _waiting(caller, connection, campaign, town))
    changed = await _changed(store, caller, connection, root)
    await connection.close()
    address = f"/v1/progress?campaign_id={campaign}&unit_id={{}}&as_of=2013-02-01"
    whole, part = await medians(caller, address.format(root), address.format(town))
    name = f"… as of a day before {changed:,} organizations changed places"
    figures.append(Figure(name, whole, "ms", "one town", part, at_most=2))
    report("progress", _store.SIZE, figures)


async def _fold_all(store: _store.Store, connection: Any) -> None:
    """Do what a worker does after an opening."""
    database = store.opened()
    waiting = 1
    while waiting:
        async with database.writing() as session:
            waiting = await counts.fold(session)
    await database.close()
    await connection.execute("VACUUM ANALYZE own_counts, subtree_counts, uncounted")


async def _waiting(caller: Caller, connection: Any, campaign: UUID, town: UUID) -> Figure:
    """Compare progress of a unit while marks wait all over the tree with none waiting."""
    address = f"/v1/progress?campaign_id={campaign}&unit_id={town}"
    free, _ = await medians(caller, address, address)
    marked = await connection.execute(
        "INSERT INTO uncounted (id, org_id)"
        " SELECT gen_random_uuid(), id FROM organizations LIMIT $1",
        _MARKS,
    )
    await connection.execute("ANALYZE uncounted")
    waiting, _ = await medians(caller, address, address)
    await connection.execute("DELETE FROM uncounted")
    await connection.execute("VACUUM ANALYZE uncounted")
    name = f"… of a town while {int(marked.split()[-1]):,} marks wait"
    return Figure(name, waiting, "ms", "none waiting", free, at_most=3)


async def _changed(store: _store.Store, caller: Caller, connection: Any, root: UUID) -> int:
    """Count organizations that stand elsewhere than they did; move some where none has been."""
    count = "SELECT count(*) FROM former_places"
    if not await connection.fetchval(count):
        rows = await connection.fetch(
            "SELECT u.id, u.area_id FROM organizations u WHERE u.type = 'unit' AND parent_id <> $1"
            " AND NOT EXISTS (SELECT 1 FROM organizations c WHERE c.parent_id = u.id"
            " AND c.type = 'unit') ORDER BY u.code LIMIT $2",
            root,
            _MOVED,
        )
        for row in rows:
            path = f"/v1/units/{row['id']}"
            await caller.get(path)
            to = {"parent_id": str(row["area_id"])}
            await caller.send("POST", f"{path}/move", to, etag=caller.etag)
        database = store.opened()
        async with database.writing() as session:
            await fold_counters(session)
        await database.close()
        await connection.execute("VACUUM ANALYZE former_places, counter_deltas")
    return int(await connection.fetchval(count))


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
