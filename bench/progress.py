"""Progress of the whole tree by child, against the same for one town."""

import asyncio

from app.main import create_app
from bench import _store
from bench._api import Caller, medians
from bench._figures import Figure, report


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
    await connection.close()
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
    report("progress", _store.SIZE, figures)


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
