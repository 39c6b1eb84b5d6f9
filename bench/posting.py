"""Activities by POST at 16 connections, against a bare endpoint that inserts the same text."""

import asyncio
import itertools
import os
import random
from collections.abc import Iterator
from typing import Any

from bench import _store
from bench._api import Request, encoded, rate, served
from bench._figures import Figure, report

CONNECTIONS = 16
SECONDS = float(os.environ.get("BENCH_SECONDS") or 10)


async def main(store: _store.Store) -> None:
    """Both, one after the other, each on one process."""
    environment = store.environment()
    places = await bodies(store)
    notes = [("POST", "/notes", encoded(note(body))) for body in places]
    async with served("bench._bare:create_app", environment):
        await rate(lambda: itertools.cycle(notes), "", CONNECTIONS, 5)
        bare = await rate(lambda: itertools.cycle(notes), "", CONNECTIONS, SECONDS)
    async with served("app.main:create_app", environment):
        source = posts(places)
        await rate(lambda: source, store.key, CONNECTIONS, 5)
        ours = await rate(lambda: source, store.key, CONNECTIONS, SECONDS)
        batch = await rate(lambda: _batches(places), store.key, 1, SECONDS)
    figures = [
        Figure("activity by POST, 16 connections", ours, "/s", "bare insert", bare, at_least=0.5),
        Figure(
            "batches of 1,000 activities", batch * 1000, "/s", "single POSTs", ours, at_least=15
        ),
    ]
    report("posting", _store.SIZE, figures)


async def bodies(store: _store.Store, count: int = 5000) -> list[dict[str, Any]]:
    """Activities of branches that have leaders: two participants, one finding."""
    connection = await store.connect()
    campaign = await connection.fetchval("SELECT id FROM campaigns WHERE status = 'open'")
    rows = await connection.fetch(
        "SELECT branch_id, array_agg(id) AS leaders FROM leaders WHERE branch_id IS NOT NULL"
        " GROUP BY branch_id HAVING count(*) >= 2 LIMIT $1",
        count,
    )
    await connection.close()
    return [_activity(campaign, row["branch_id"], row["leaders"][:2]) for row in rows]


def note(body: dict[str, Any]) -> dict[str, Any]:
    """Return the one row of the bare endpoint: the same text."""
    kept = ("org_id", "kind", "title", "held_on", "place", "summary")
    return {name: body[name] for name in kept}


def _activity(campaign: Any, branch: Any, leaders: list[Any]) -> dict[str, Any]:
    return {
        "campaign_id": str(campaign),
        "org_id": str(branch),
        "kind": "discussion",
        "title": "围绕密切联系群众开展大讨论",
        "held_on": "2013-01-15",
        "place": "村委会会议室",
        "summary": "与会党员围绕怎样做好新形势下的群众工作展开讨论，" * 8,
        "members_due": 23,
        "members_present": 21,
        "participants": [{"leader_id": str(i), "role": "participant"} for i in leaders],
        "findings": [{"check": "work_style", "description": "入户走访少，问题解决慢"}],
    }


def posts(places: list[dict[str, Any]]) -> Iterator[Request]:
    """One after another without end, each with a title of its own."""
    chance = random.Random(3)  # noqa: S311 - any order
    for number in itertools.count():
        body = {**chance.choice(places), "title": f"第{number}次大讨论"}
        yield "POST", "/v1/activities", encoded(body)


def _batches(places: list[dict[str, Any]]) -> Iterator[Request]:
    chance = random.Random(4)  # noqa: S311 - any order
    while True:
        items = [chance.choice(places) for _ in range(1000)]
        yield "POST", "/v1/activities/batch", encoded({"items": items})


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
