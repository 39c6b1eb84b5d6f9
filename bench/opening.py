"""Opening a campaign over the whole tree, against INSERT … SELECT of as many rows."""

import asyncio
import time
from typing import Any

from app.main import create_app
from app.worker import HANDLERS, PERIODIC, Worker
from bench import _store
from bench._api import Caller
from bench._figures import Figure, report


async def main(store: _store.Store) -> None:
    """Open, then copy the obligations into a table of the same columns, indexes and keys."""
    app = create_app(store.settings)
    database = store.opened()
    caller = Caller(app, store.key)
    root = (await caller.get("/v1/units?limit=1&sort=created_at"))["data"][0]
    body = {"template": "mass-line-discussion-2012", "root_unit_id": root["id"]}
    made = await caller.send("POST", "/v1/campaigns", body)
    await caller.send("POST", f"/v1/campaigns/{made['id']}/open", etag=caller.etag)
    started = time.perf_counter()
    await Worker(database, store.settings, HANDLERS, PERIODIC).run_until_idle()
    opening = time.perf_counter() - started
    connection = await store.connect()
    rows = await connection.fetchval("SELECT count(*) FROM obligations")
    reference = await _reference(connection)
    print(f"{rows:,} obligations in {opening:.1f} s")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    await database.close()
    figure = Figure(
        "opening a campaign", rows / opening, "rows/s", "INSERT … SELECT",
        rows / reference, at_least=0.5,
    )  # fmt: skip
    report("opening", _store.SIZE, [figure])


async def _reference(connection: Any) -> float:
    await connection.execute(
        "CREATE TABLE copied (LIKE obligations INCLUDING ALL,"
        " FOREIGN KEY (org_id) REFERENCES organizations (id),"
        " FOREIGN KEY (requirement_id) REFERENCES requirements (id))"
    )
    started = time.perf_counter()
    await connection.execute("INSERT INTO copied SELECT * FROM obligations")
    seconds = time.perf_counter() - started
    await connection.execute("DROP TABLE copied")
    return seconds


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open_anew(_store.SIZE)))
