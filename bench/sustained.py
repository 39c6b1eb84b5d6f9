"""A minute of submissions with as many stored already, and what is left to catch up on."""

import asyncio
import itertools
import os
import subprocess
import sys
from typing import Any, Final

from bench import _store
from bench._api import encoded, rate, served
from bench._figures import Figure, report
from bench.lists import filled
from bench.posting import bodies, note, posts

_SECONDS: Final = float(os.environ.get("BENCH_SUSTAINED_SECONDS") or 60)
_CONNECTIONS: Final = 16


async def main(store: _store.Store) -> None:
    """Submit for a minute beside a worker; then see, five seconds later, what is not added up."""
    await filled(store, _store.SIZE)
    environment, places = store.environment(), await bodies(store)
    notes = [("POST", "/notes", encoded(note(body))) for body in places]
    async with served("bench._bare:create_app", environment):
        await rate(lambda: itertools.cycle(notes), "", _CONNECTIONS, 2)
        bare = await rate(lambda: itertools.cycle(notes), "", _CONNECTIONS, 10)
    worker = [sys.executable, "-m", "app.cli", "worker"]
    process = subprocess.Popen(worker, env=environment, stdout=subprocess.DEVNULL)  # noqa: ASYNC220, S603 - our own command
    try:
        async with served("app.main:create_app", environment):
            source = posts(places)
            ours = await rate(lambda: source, store.key, _CONNECTIONS, _SECONDS)
        await asyncio.sleep(5)
        connection = await store.connect()
        waiting: Any = await connection.fetchval(
            "SELECT (SELECT count(*) FROM counter_deltas) + (SELECT count(*) FROM uncounted)"
        )
        await connection.close()
    finally:
        process.terminate()
        process.wait()
    done = f"activities by POST for {_SECONDS:g} s, 300,000 stored"
    report("sustained", _store.SIZE, [
        Figure(done, ours, "/s", "bare insert", bare, at_least=0.5),
        Figure("not added up 5 s later", waiting, "rows", "submitted", ours * _SECONDS, at_most=0),
    ])  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
