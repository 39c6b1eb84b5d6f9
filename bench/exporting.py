"""A workbook of 100,000 activities, against what xlsxwriter itself takes for as many cells."""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from xlsxwriter import Workbook

from app import jobs
from app.db import Database
from app.features.exports.service import asking
from app.models import Campaign, Export
from app.settings import Settings
from app.worker import HANDLERS, Worker
from bench import _store
from bench._figures import Figure, report

_ROWS: Final = int(os.environ.get("BENCH_ROWS") or 100_000)
_MEMORY_MIB: Final = 64
_TEXT: Final = "讨论如何做好群众工作，" * 10
_FILL: Final = """
INSERT INTO activities (id, org_id, area_id, zone_id, campaign_id, kind, title, held_on, place,
    methods, topics, checks, summary, members_due, members_present, member_refs, details, status,
    authors, attachment_ids, revision, created_at, updated_at)
SELECT gen_random_uuid(), id, area_id, zone_id, $2, 'discussion', '大讨论',
    date '2014-01-01' + (random() * 90)::int, '会议室',
    '[]', '[]', '[]', $3, 23, 21, '[]', '{}', 'submitted', '[]', '[]', 1, now(), now()
FROM (SELECT id, area_id, zone_id FROM organizations WHERE type = 'branch') AS branches
    CROSS JOIN generate_series(1, 1000000)
LIMIT $1
"""
"""In a year of their own: what other benchmarks hold is left out by the filter."""


async def main(store: _store.Store) -> None:
    """Fill the ledger of activities, then make it into a workbook, and write one without us."""
    connection = await store.connect()
    counted = "SELECT count(*) FROM activities WHERE held_on >= '2014-01-01'"
    campaign = await connection.fetchval("SELECT id FROM campaigns WHERE opening_at IS NOT NULL")
    missing = _ROWS - await connection.fetchval(counted)
    if missing > 0:
        await connection.execute(_FILL, missing, campaign, _TEXT)
        await connection.execute("VACUUM ANALYZE activities")
    await connection.close()
    ours = _run(store, "make")
    theirs = _run(store, "write")
    assert ours["rows"] == theirs["rows"] == _ROWS, (ours, theirs)
    print(f"ours {ours}, xlsxwriter {theirs}")
    peak = ours["peak"] - ours["before"]
    report("exporting", _store.SIZE, [
        Figure(f"XLSX of {_ROWS:,} activities", ours["seconds"], "s", "xlsxwriter itself",
               theirs["seconds"], at_most=1.5),
        Figure("its memory", peak, "MiB", "allowed", _MEMORY_MIB, at_most=1),
    ])  # fmt: skip


def _run(store: _store.Store, part: str) -> Any:
    """Do one part in a process of its own, whose memory is its own."""
    environment = {**store.environment(), "BENCH_ROWS": str(_ROWS)}
    command = [sys.executable, "-m", "bench.exporting", part]
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    return json.loads(done.stdout.splitlines()[-1])


async def _make(folder: Path) -> dict[str, Any]:
    """Let a worker make the export."""
    settings = Settings(state_dir=folder, run_worker=False)
    database = Database(settings)
    async with database.writing() as session:
        campaign = await session.scalar(select(Campaign).where(Campaign.opening_at.is_not(None)))
        assert campaign is not None
        export = Export(
            org_id=campaign.org_id, campaign_id=campaign.id, kind="activities", format="xlsx",
            lang="zh", filter={"held_from": "2014-01-01"}, created_by="bench",
            sight=[str(campaign.org_id)], job_id=campaign.id,
        )  # fmt: skip
        session.add(export)
        await session.flush()
        payload = {"export_id": str(export.id), "client_id": None}
        await jobs.enqueue(session, asking.JOB, payload, org_id=campaign.org_id)
    before, started = _memory(), time.perf_counter()
    await Worker(database, settings, HANDLERS, []).run_until_idle()
    seconds = time.perf_counter() - started
    async with database.reading() as session:
        made = await session.get_one(Export, export.id)
    await database.close()
    return {"rows": made.rows, "seconds": seconds, "before": before, "peak": _memory()}


def _write(folder: Path) -> dict[str, Any]:
    """Write as many cells of the same kinds with xlsxwriter alone."""
    started = time.perf_counter()
    book = Workbook(str(folder / "own.xlsx"), {"constant_memory": True})
    sheet = book.add_worksheet()
    form = {"border": 1, "text_wrap": True, "font_name": "宋体", "font_size": 10}
    text, number, day = (
        book.add_format({**form, "num_format": shown}) for shown in ("@", "#,##0", "yyyy-mm-dd")
    )
    held, words = date(2014, 1, 1), ("discussion", "讨论", _TEXT)
    for row in range(_ROWS):
        for place, value in enumerate((f"N{row:07}", "第一支部", "某某委", *words[:2], "大讨论")):
            sheet.write_string(row, place, value, text)
        sheet.write_datetime(row, 6, held + timedelta(days=row % 90), day)
        for place in range(7, 17):
            sheet.write_blank(row, place, None, text)
        for place in range(17, 23):
            sheet.write_number(row, place, row % 30, number)
        for place, value in enumerate((words[2], "已报送", f"{row:036}"), 23):
            sheet.write_string(row, place, value, text)
    book.close()
    return {"rows": _ROWS, "seconds": time.perf_counter() - started, "peak": _memory()}


def _memory() -> float:
    """Return the most that this process has had at once, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        if sys.argv[1:] == ["make"]:
            print(json.dumps(asyncio.run(_make(Path(place)))))
        elif sys.argv[1:] == ["write"]:
            print(json.dumps(_write(Path(place))))
        else:
            asyncio.run(main(_store.campaign_open()))
