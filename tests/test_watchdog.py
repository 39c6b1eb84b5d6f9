"""A worker that hangs is noticed, ended and begun anew; whoever looks after it is told."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from app.db import Database
from app.kit import metrics
from app.settings import Settings
from app.worker import PeriodicTask, Worker, embedded
from app.worker.watchdog import Beats, is_well
from tests.support.processes import ROOT, Processes, wait_for

SOON_SECONDS = 300.0
HANGING = """
import asyncio, sys, time
from app.settings import Settings
from app.worker import PeriodicTask, run_process, runner
from app import schema

async def hang(session):
    print("hangs", flush=True)
    if sys.argv[1] == "loop":
        time.sleep(3600)
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

settings = Settings()
schema.upgrade(settings.database_url)
runner._LOOP_SECONDS = 2.0
asyncio.run(run_process(settings, {}, [PeriodicTask("test.hang", 3600, hang)]))
"""


def test_a_promise_that_is_not_kept_is_overdue() -> None:
    beats = Beats()
    beats.beat("late", -1)
    with beats.expecting("in time", 60):
        assert beats.overdue() == ["late"]
    beats.forgive(60)
    assert beats.overdue() == []
    with beats.expecting("too long", -1):
        assert beats.overdue() == ["too long"]
    assert beats.overdue() == []


def _hanging(tmp_path: Path, how: str) -> "subprocess.Popen[str]":
    environment = {
        "DAJIATAN_DATABASE_URL": f"sqlite:///{tmp_path}/hanging.db",
        "DAJIATAN_STATE_DIR": str(tmp_path),
        "DAJIATAN_SHUTDOWN_SECONDS": "3",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, how],
        cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    while "hangs" not in process.stdout.readline():
        assert process.poll() is None
    return process


@pytest.mark.parametrize("how", ["loop", "task"])
def test_a_worker_that_hangs_ends(tmp_path: Path, how: str) -> None:
    """One whose loop hangs by itself, one that will not be cancelled when it is asked to stop."""
    with _hanging(tmp_path, how) as process:
        if how == "task":
            process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SOON_SECONDS)
    assert process.returncode == 70
    assert "worker_hangs" in said
    assert "Traceback" not in said


def test_the_health_command_tells_whether_a_worker_is_at_work(tmp_path: Path) -> None:
    processes = Processes(f"sqlite:///{tmp_path}/healthy.db", tmp_path, lang="en")
    processes.dajiatan("worker", "--check", status=1)
    processes.start("worker")
    try:
        processes.wait("worker")
        wait_for(lambda: is_well(tmp_path), "it beats")
        assert processes.dajiatan("worker", "--check")
        (beat,) = (tmp_path / "workers").iterdir()
        old = time.time() - 60
        os.utime(beat, (old, old))
        if is_well(tmp_path):
            wait_for(lambda: beat.stat().st_mtime > old + 1, "it beats again")
        processes.end("worker")
        assert not is_well(tmp_path)
        assert list((tmp_path / "workers").iterdir()) == []
    finally:
        processes.stop()


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_worker_inside_a_server_is_begun_anew(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[float] = []

    async def hang_once(_session: AsyncSession) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            await asyncio.sleep(3600)

    # As if it had promised to be done soon.
    begin = partial(Beats.beat, name="periodic tasks", within=0.5)
    monkeypatch.setattr(Worker, "_begin_task", lambda worker: begin(worker.beats))
    settings = Settings(database_url=database_url, job_poll_seconds=0.05)
    task = PeriodicTask("test.hang_once", 0.1, hang_once)
    with capture_logs() as logs:
        async with embedded(database, settings, {}, [task]), asyncio.timeout(SOON_SECONDS):
            while len(times) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
    assert "worker_hangs" in [line["event"] for line in logs]
    assert "dajiatan_worker_beat_timestamp_seconds" in metrics.write_exposition(0).decode()
