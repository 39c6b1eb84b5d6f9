"""Behind a real pgbouncer in transaction mode everything holds that holds without it."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from tests.support import databases
from tests.support.pgbouncer import pgbouncer
from tests.support.service import Service, serving

UNITS, TIMES = 8, 6


async def test_two_server_processes_share_few_connections(
    postgresql_copies: databases.Copies, tmp_path: Path
) -> None:
    direct_url = postgresql_copies()
    with (
        # pgbouncer runs as nobody where the tests run as root: not below a folder of root's alone.
        tempfile.TemporaryDirectory() as folder,
        pgbouncer(direct_url, Path(folder)) as pooled_url,
        serving(pooled_url, tmp_path, processes=2, pgbouncer=True) as service,
    ):
        async with httpx2.AsyncClient(headers=service.headers, timeout=300) as http:
            root = (await http.get(f"{service.addresses[0]}/v1/units")).json()["data"][0]
            made = await asyncio.gather(
                *(_found(http, service, root["id"], n) for n in range(UNITS))
            )
            listed = (await http.get(f"{service.addresses[1]}/v1/branches?limit=200")).json()
    assert {row["id"] for row in listed["data"]} == set(made)
    connection: Any = await asyncpg.connect(direct_url)
    events = await connection.fetchval("SELECT count(*) FROM events WHERE resource = 'branch'")
    assert events == UNITS
    await connection.close()


async def _found(http: httpx2.AsyncClient, service: Service, unit_id: str, number: int) -> str:
    """The same branch founded by many equal requests at once, at both processes: its id."""
    body = {"code": f"B{number}", "name": f"第{number}支部", "kind": "branch",
            "sector": "rural", "unit_id": unit_id}  # fmt: skip
    headers = {"Idempotency-Key": f"founded-{number}"}

    async def answer(turn: int) -> str:
        address = service.addresses[turn % 2]
        while True:
            response = await http.post(f"{address}/v1/branches", json=body, headers=headers)
            if response.status_code == 201:
                return str(response.json()["id"])
            # The same request is still running, or there was no room for so many.
            told = (response.status_code, response.json()["code"])
            assert told in {(409, "idempotency_in_progress"), (503, "unavailable")}
            await asyncio.sleep(0.05)

    (same,) = set(await asyncio.gather(*(answer(turn) for turn in range(TIMES))))
    return same
