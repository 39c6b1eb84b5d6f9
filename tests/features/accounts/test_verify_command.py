"""`dajiatan db verify`, and the periodic task that makes what it verifies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app import jobs
from app.db import Database
from app.events.sealing import latest
from app.features.accounts.service import initialise
from app.models import Event, PeriodicTask
from app.settings import Settings
from app.worker import PERIODIC, periodic

ROOT = Path(__file__).parents[3]
SECRET = "the secret of a database that is verified"


@pytest.fixture
async def founded(own_database_url: str) -> Settings:
    """A founded database whose events are sealed by the worker's own task."""
    settings = Settings(database_url=own_database_url, secret_key=SECRET, audit_digest="sm3")  # type: ignore[arg-type] # Pydantic makes a secret of it
    database = Database(settings)
    try:
        async with database.writing() as session:
            await initialise(session, root_code="1", root_name="组织部", secret=settings.secret)
        await periodic.register(database, PERIODIC)
        sealed = False
        while not sealed:  # on PostgreSQL other databases of the server may hold it up
            await periodic.run_due(database, PERIODIC, settings)
            async with database.writing() as session:
                head = await latest(session)
                sealed = head is not None and head.algorithm == "sm3"
                due = update(PeriodicTask).values(next_run_at=jobs.moment(session))
                await session.execute(due)
    finally:
        await database.close()
    return settings


async def test_verify_tells_whether_the_trail_is_whole(founded: Settings) -> None:
    whole = _verify(founded)
    assert whole.returncode == 0, whole.stderr
    assert "Everything agrees" in whole.stderr
    number_and_digest = whole.stderr.partition("Head: ")[2].split()[0]
    assert _verify(founded, "--head", number_and_digest).returncode == 0
    assert _verify(founded, "--head", "7:" + "0" * 64).returncode == 1
    assert _verify(founded, "--head", "nonsense").returncode == 2

    database = Database(founded)
    async with database.writing() as session:
        first = await session.scalar(select(func.min(Event.position)))
        await session.execute(update(Event).where(Event.position == first).values(revision=7))
    await database.close()
    tampered = _verify(founded)
    assert tampered.returncode == 1
    assert "seal 1: the events are not those that were sealed" in tampered.stdout


def _verify(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DAJIATAN_DATABASE_URL": settings.database_url,
        "DAJIATAN_SECRET_KEY": SECRET,
        "LANG": "en_US.UTF-8",
    }
    command = [sys.executable, "-m", "app.cli", "db", "verify", *arguments]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
