"""Backups amid writes and kills: what was acknowledged before is there, and the trail goes on."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.verification import VERIFICATIONS
from app.db import Database
from app.events import verification
from app.settings import Settings
from tests.faults.crowd import crowd
from tests.faults.ground import Ground, laid
from tests.support.calling import calling
from tests.support.processes import ROOT, Processes, wait_for
from tests.support.server import Server, server

FACTOR = float(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
R = TypeVar("R")
KILLS = max(1, round(FACTOR))
WRITERS = 16
UNLIMITED = {"client_requests_per_minute": 10**6, "address_requests_per_minute": 10**6}


@pytest.fixture
def own_cluster(backend: str) -> Iterator[Server | None]:
    """A fresh PostgreSQL, whose transactions begin anew; none for SQLite."""
    if backend == "sqlite":
        yield None
        return
    with server() as made:
        yield made


@pytest.mark.timeout(600 + 60 * FACTOR)
def test_a_backup_amid_writes_holds_what_was_acknowledged_and_goes_on(
    own_database_url: str, own_cluster: Server | None, tmp_path: Path
) -> None:
    first = Processes(own_database_url, tmp_path / "first", job_poll_seconds=0.1, **UNLIMITED)
    (tmp_path / "first").mkdir()
    key = first.found()
    kept = tmp_path / "kept.tar"
    with _started(first), calling(first.address, key) as service:
        ground = laid(service, tmp_path, towns=1, villages=20)
        submitters = ground.submitters
        with crowd(first.address, key, [submitters.submit] * WRITERS):
            wait_for(lambda: len(submitters.acknowledged) > 3 * WRITERS, "writes")
            before = dict(submitters.acknowledged)
            first.dajiatan("db", "backup", str(kept))
            own = _dumped(own_database_url, tmp_path / "dump.sql") if own_cluster else None
    assert len(submitters.acknowledged) > len(before)

    urls = [_fresh(own_cluster, tmp_path, "restored")]
    again = Processes(urls[0], tmp_path / "again", job_poll_seconds=0.1, **UNLIMITED)
    (tmp_path / "again").mkdir()
    again.dajiatan("db", "restore", str(kept))
    _goes_on(again, key, ground, before)
    if own is not None:
        url = _fresh(own_cluster, tmp_path, "loaded")
        subprocess.run(["psql", "-q", "-d", url, "-f", own], check=True, capture_output=True)  # noqa: S607 - whichever there is
        loaded = Processes(url, tmp_path / "again", job_poll_seconds=0.1, **UNLIMITED)
        _goes_on(loaded, key, ground, before)


@pytest.mark.timeout(600 + 60 * FACTOR)
def test_killed_backups_leave_no_file_and_killed_restores_nothing(
    own_database_url: str, database_copies: Callable[[], str], tmp_path: Path
) -> None:
    processes = Processes(own_database_url, tmp_path)
    processes.found()
    for number in range(KILLS):
        name = tmp_path / f"{number}.tar"
        known = len(_parts(tmp_path))
        with _killed(processes, "backup", str(name)) as command:
            wait_for(lambda: len(_parts(tmp_path)) > known or command.poll() is not None, "a part")  # noqa: B023 - within the round
        assert not name.exists() or command.returncode == 0
    kept = tmp_path / "kept.tar"
    began = time.monotonic()
    processes.dajiatan("db", "backup", str(kept))
    whole = time.monotonic() - began
    empty = Processes(database_copies(), tmp_path)
    for _ in range(KILLS):
        with _killed(empty, "restore", str(kept)):
            time.sleep(whole * random.uniform(0.3, 1.0))  # noqa: S311 - no secret
    status, said = empty.told("--lang", "en", "db", "restore", str(kept))
    assert status == 0 or "--replace" in said, said
    assert _verified(empty)[0] == []


def _goes_on(
    processes: Processes, key: str, ground: Ground, before: dict[str, tuple[str, Any]]
) -> None:
    """The trail is whole, what was acknowledged is there, more is written, the trail is whole."""
    assert _verified(processes)[0] == []
    with _started(processes), calling(processes.address, key) as service:
        campaign = ground.campaign["id"]
        found = service.all("/v1/activities", campaign_id=campaign)
        rows = {row["external_id"]: row["id"] for row in found}
        assert {code: rows.get(code) for code in before} == {c: i for c, (i, _) in before.items()}
        with crowd(processes.address, key, [ground.submitters.submit] * WRITERS):
            known = len(ground.submitters.acknowledged)
            wait_for(lambda: len(ground.submitters.acknowledged) > known + WRITERS, "writes")
        wait_for(lambda: _unsealed(processes) == 0, "everything is sealed")
    assert _verified(processes) == ([], 0)


def _verified(processes: Processes) -> tuple[list[str], int]:
    """What `dajiatan db verify` would find wrong, and how many events are not sealed."""

    async def verify(session: AsyncSession, settings: Settings) -> list[str]:
        return [f for verify in VERIFICATIONS for f in await verify(session, settings, [])]

    return _read(processes, verify), _unsealed(processes)


def _unsealed(processes: Processes) -> int:
    """How many events are not sealed."""

    async def count(session: AsyncSession, settings: Settings) -> int:
        return (await verification.verify(session, settings.secret)).unsealed

    return _read(processes, count)


def _read(
    processes: Processes, read: Callable[[AsyncSession, Settings], Coroutine[Any, Any, R]]
) -> R:
    """What is read of the database of these processes."""
    given = processes.environment
    settings = Settings(
        database_url=given["DAJIATAN_DATABASE_URL"],
        secret_key=SecretStr(given["DAJIATAN_SECRET_KEY"]),
    )

    async def within() -> R:
        database = Database(settings)
        async with database.reading() as session:
            found = await read(session, settings)
        await database.close()
        return found

    return asyncio.run(within())


@contextmanager
def _started(processes: Processes) -> Iterator[None]:
    """A server and a worker."""
    try:
        for name in ("server", "worker"):
            processes.start(name)
        processes.wait("server")
        yield
    finally:
        processes.stop()


def _fresh(cluster: Server | None, folder: Path, name: str) -> str:
    """The address of a database that is not there yet, or is empty."""
    if cluster is None:
        return f"sqlite:///{folder}/{name}.db"
    subprocess.run(["createdb", "--maintenance-db", cluster.url(), name], check=True)  # noqa: S607 - whichever there is
    return cluster.url(name=name)


def _dumped(url: str, target: Path) -> Path:
    """What PostgreSQL's own means write, at the same moment."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(["pg_dump", "--no-owner", "-f", target, plain], check=True)  # noqa: S607 - whichever there is
    return target


def _parts(folder: Path) -> list[Path]:
    return list(folder.glob(".*.part"))


@contextmanager
def _killed(processes: Processes, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command of `dajiatan db`, and kill it at the end of the block."""
    command = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "db", *arguments],
        cwd=ROOT,
        env=os.environ | processes.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield command
    command.kill()
    command.wait()
