"""Tables of activities and of branches in, planned and written, against COPY of the same rows.

`BENCH_ROWS` rows of each; the tree has `BENCH_SIZE` branches, of which some hold the activities.
"""

import asyncio
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.authentication import load_client_scopes
from app.access.principal import Principal
from app.db import Database
from app.features.imports.queries import imports as queries
from app.features.imports.schemas import ImportForm
from app.features.imports.service import applying, receiving
from app.kit.sandbox import Sandbox
from app.models import ApiKey, Campaign, Import, Organization
from app.settings import Settings
from app.worker import HANDLERS, Worker
from bench import _store
from bench._figures import Figure, report

_ROWS: Final = int(os.environ.get("BENCH_ROWS") or 5_000)
_HOLDERS: Final = 100
_SHARE: Final = 0.25
_MEMORY_MIB: Final = 64
_TABLES: Final = {"activities": "activities", "branches": "organizations"}


async def main(store: _store.Store) -> None:
    """Import both tables in processes of their own, then copy what they have written."""
    figures = []
    for kind, table in _TABLES.items():
        ours = _run(store, kind)
        copied = await _copy(store, table, ours["rows"])
        print(f"{kind}: {ours}, COPY {copied:.3f} s")
        rows = ours["rows"]
        figures += [
            Figure(f"{kind} imported", rows / (ours["plan"] + ours["apply"]), "rows/s", "COPY",
                   rows / copied, at_least=_SHARE),
            Figure(f"of which {kind} written", rows / ours["apply"], "rows/s", "COPY",
                   rows / copied, at_least=_SHARE),
            Figure(f"memory of {kind}", ours["peak"] - ours["before"], "MiB", "allowed",
                   _MEMORY_MIB, at_most=1),
        ]  # fmt: skip
    report("importing", _store.SIZE, figures)


async def _copy(store: _store.Store, table: str, rows: int) -> float:
    """Return how many seconds COPY takes for as many rows of a table, its indexes kept up."""
    connection = await store.connect()
    await connection.execute(f"CREATE TEMP TABLE copied (LIKE {table} INCLUDING ALL)")
    held = await connection.fetch(f"SELECT * FROM {table} ORDER BY id DESC LIMIT {rows}")  # noqa: S608 - our own table
    started = time.perf_counter()
    await connection.copy_records_to_table("copied", records=[tuple(row) for row in held])
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds


def _run(store: _store.Store, kind: str) -> Any:
    """Import one table in a process of its own, whose memory is its own."""
    environment = {**store.environment(), "BENCH_ROWS": str(_ROWS)}
    command = [sys.executable, "-m", "bench.importing", kind]
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    return json.loads(done.stdout.splitlines()[-1])


async def _import(kind: str, folder: Path) -> dict[str, Any]:
    """Read, plan and write one table; what each part took."""
    settings = Settings(state_dir=folder, run_worker=False)
    database = Database(settings)
    async with database.reading() as session:
        caller, campaign_id, lines = await _prepared(session, kind)
    content = io.BytesIO("\n".join(lines).encode())
    with tempfile.TemporaryFile() as file:
        file.write(content.getbuffer())
        received = await receiving.examine(Sandbox(), "bench.csv", file)
    before = _memory()
    form = ImportForm.model_validate({"resource": kind, "campaign_id": campaign_id})
    async with database.writing() as session:
        home = await _root(session)
        import_id = (await receiving.start(session, caller, home, form, received)).id
    worker = Worker(database, settings, HANDLERS, [])
    planned = await _timed(worker)
    async with database.writing() as session:
        await applying.begin(session, caller, await queries.lock(session, import_id))
    written = await _timed(worker)
    async with database.reading() as session:
        made = await session.get_one(Import, import_id)
    await database.close()
    assert (made.status, made.created) == ("applied", _ROWS), (made.status, made.problem)
    return {"rows": _ROWS, "plan": planned, "apply": written, "before": before, "peak": _memory()}


async def _prepared(session: AsyncSession, kind: str) -> tuple[Principal, UUID, Iterator[str]]:
    """Return the administrator, the campaign, and the lines of a table."""
    holders = select(Organization).where(Organization.type == "branch").limit(_HOLDERS)
    branches = (await session.execute(holders)).scalars().all()
    units = select(Organization).where(Organization.id.in_({b.parent_id for b in branches}))
    above = (await session.execute(units)).scalars().all()
    open_one = select(Campaign.id).where(Campaign.status == "open").limit(1)
    campaign_id = (await session.execute(open_one)).scalar_one()
    client_id = (await session.execute(select(ApiKey.client_id).limit(1))).scalar_one()
    scopes = tuple(await load_client_scopes(session, client_id))
    caller = Principal("bench", client_id, scopes, None, None, credential="bench")
    lines = _activities(branches) if kind == "activities" else _branches(above)
    return caller, campaign_id, lines


async def _root(session: AsyncSession) -> Organization:
    found = await session.execute(select(Organization).where(Organization.parent_id.is_(None)))
    return found.scalar_one()


async def _timed(worker: Worker) -> float:
    started = time.perf_counter()
    await worker.run_until_idle()
    return time.perf_counter() - started


def _activities(branches: Any) -> Iterator[str]:
    yield "支部代码,活动类型,活动主题,日期,参加群众"
    stamp = time.time_ns()
    for number in range(_ROWS):
        yield f"{branches[number % len(branches)].code},座谈会,座谈{stamp}第{number}次,2013-01-15,9"


def _branches(units: Any) -> Iterator[str]:
    yield "支部代码,支部名称,上级代码,领域,党员数"
    stamp = time.time_ns()
    for number in range(_ROWS):
        yield f"I{stamp}-{number},新{stamp}第{number}支部,{units[number % len(units)].code},农村,20"


def _memory() -> float:
    """Return the most that this process has had at once, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1:]:
        with tempfile.TemporaryDirectory() as place:
            print(json.dumps(asyncio.run(_import(sys.argv[1], Path(place)))))
    else:
        source = _store.campaign_open()
        asyncio.run(main(_store.copied(source, f"dajiatan_bench_import_{_store.SIZE}")))
