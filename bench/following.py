"""The feed of changes, from its beginning to its end, against reading the same rows in SQL."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from app.main import create_app
from bench import _store
from bench._api import Caller
from bench._figures import Figure, report

_EVENTS: Final = int(os.environ.get("BENCH_EVENTS") or 100_000)
_PAGE: Final = 1000
_FILL: Final = """
INSERT INTO events (id, type, resource, resource_id, org_id, revision, at, private_digest, xid,
    place)
SELECT gen_random_uuid(), 'branch.updated', 'branch', branch.id, branch.id, 2, now(), '',
    9223372036854775807, $2 + row_number() OVER ()
FROM generate_series(1, $1 / (SELECT count(*) FROM organizations WHERE type = 'branch') + 1),
    (SELECT id FROM organizations WHERE type = 'branch' ORDER BY random()) AS branch
LIMIT $1
"""
_ROWS: Final = """
SELECT place, id, type, resource, resource_id, org_id, other_org_id, revision, at FROM events
WHERE place > $1 AND resource = ANY ($2) ORDER BY place LIMIT $3
"""
_Read = Callable[[], Awaitable[int]]


async def main(store: _store.Store) -> None:
    """Fill the events, then read them in both ways, in turns."""
    connection = await store.connect()
    await connection.execute("DELETE FROM events")
    await connection.execute(_FILL, _EVENTS, 0)
    await connection.execute("VACUUM ANALYZE events")
    caller = Caller(create_app(store.settings), store.key)
    rates: dict[str, list[float]] = {"feed": [], "sql": []}
    for _ in range(3):
        rates["feed"].append(await _rate(lambda: _follow(caller)))
        rates["sql"].append(await _rate(lambda: _select(connection)))
    feed, sql = max(rates["feed"]), max(rates["sql"])
    await connection.close()
    report("following", _store.SIZE, [
        Figure("changes read", feed, "/s", "the same rows in SQL", sql, at_least=0.3),
        Figure("changes read, at least", feed, "/s", "so many", 20_000, at_least=1),
    ])  # fmt: skip


async def _rate(read: _Read) -> float:
    began = time.perf_counter()
    count = await read()
    assert count == _EVENTS, count
    return count / (time.perf_counter() - began)


async def _follow(caller: Caller) -> int:
    count, after, more = 0, "", True
    while more:
        page = await caller.get(f"/v1/changes?limit={_PAGE}{after}")
        count, more = count + len(page["data"]), page["has_more"]
        after = f"&after={page['next_cursor']}"
    return count


async def _select(connection: Any) -> int:
    count, place = 0, 0
    while rows := await connection.fetch(_ROWS, place, ["unit", "branch", "activity"], _PAGE):
        count, place = count + len(rows), rows[-1]["place"]
    return count


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
