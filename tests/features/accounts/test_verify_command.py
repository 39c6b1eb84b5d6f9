"""`dajiatan db verify`, and the periodic task that makes what it verifies."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from app import events, jobs
from app.db import Database
from app.events.sealing import get_latest
from app.features.accounts.service import initialise
from app.kit import ids
from app.models import Base, Event, EventSeal, PeriodicTask
from app.settings import Settings
from app.worker import PERIODIC, periodic
from tests.support.processes import Processes

_EVENTS = Base.metadata.tables[Event.__tablename__]
_SEALS = Base.metadata.tables[EventSeal.__tablename__]
Row = dict[str, Any]
SECRET = "the secret of a database that is verified"


@pytest.fixture
async def founded(own_database_url: str) -> Settings:
    """A founded database whose events are sealed by the worker's own task."""
    settings = Settings(database_url=own_database_url, secret_key=SECRET, audit_digest="sm3")  # type: ignore[arg-type] # Pydantic makes a secret of it
    database = Database(settings)
    try:
        async with database.writing() as session:
            await initialise(session, root_code="1", root_name="组织部", secret=settings.secret)
            changes = (events.Change("unit.updated", ids.new_id(), None, n) for n in range(4))
            await events.record(session, *changes)
        await periodic.register(database, PERIODIC)
        sealed = False
        while not sealed:  # on PostgreSQL other databases of the server may hold it up
            await periodic.run_due(database, PERIODIC, settings)
            async with database.writing() as session:
                head = await get_latest(session)
                sealed = head is not None and head.algorithm == "sm3"
                due = update(PeriodicTask).values(next_run_at=jobs.moment(session))
                await session.execute(due)
    finally:
        await database.close()
    return settings


async def test_verify_tells_whether_the_trail_is_whole(founded: Settings, tmp_path: Path) -> None:
    commands = Processes(founded.database_url, tmp_path, secret_key=SECRET)
    # A forked process speaks as the one it comes from: these two are processes of their own.
    commands.environment["LANG"] = "en_US.UTF-8"
    said = commands.dajiatan("db", "verify")
    assert "Everything agrees" in said
    number_and_digest = said.partition("Head: ")[2].split()[0]
    for head, expected in ((number_and_digest, 0), ("7:" + "0" * 64, 1), ("nonsense", 2)):
        assert commands.told("db", "verify", "--head", head)[0] == expected

    database = Database(founded)
    async with database.writing() as session:
        first = await session.scalar(select(func.min(Event.position)))
        await session.execute(update(Event).where(Event.position == first).values(revision=7))
    await database.close()
    said = commands.dajiatan("db", "verify", status=1)
    assert "seal 1: the events are not those that were sealed" in said


async def test_verify_finds_every_kind_of_tampering(founded: Settings, tmp_path: Path) -> None:
    commands = Processes(founded.database_url, tmp_path, secret_key=SECRET)
    database = Database(founded)
    try:
        async with database.reading() as session:
            rows = [dict(r) for r in (await session.execute(select(_EVENTS))).mappings()]
            seals = [dict(r) for r in (await session.execute(select(_SEALS))).mappings()]
        status, said = commands.told("db", "verify")
        (head,) = re.findall(r"\d+:[0-9a-f]{64}", said)
        assert (status, len(seals)) == (0, 1), said
        first, *_, last = (row["position"] for row in rows)
        swapped = [{**rows[0], "position": last}, *rows[1:-1], {**rows[-1], "position": first}]
        for left, chain, known, fault in (
            (
                [{**rows[0], "type": "unit.read"}, *rows[1:]],
                seals,
                [],
                "事件与封存时不符",
            ),
            ([{**rows[0], "actor": "x"}, *rows[1:]], seals, [], "所涉人员或内容被改动"),
            ([rows[0], *rows[2:]], seals, [], "应有 8 个事件，实有 7 个"),
            (swapped, seals, [], "事件与封存时不符"),
            (rows[:-1], seals, [], "应有 8 个事件，实有 7 个"),
            ([], [], ["--head", head], "审计链中没有摘要为"),
        ):
            await _become(database, left, chain)
            status, said = commands.told("db", "verify", *known)
            assert (status, fault in said) == (1, True), said
        await _become(database, rows, seals)
        assert commands.told("db", "verify", "--head", head)[0] == 0
    finally:
        await database.close()


async def _become(database: Database, rows: list[Row], seals: list[Row]) -> None:
    """Make these all that is kept of the trail."""
    async with database.writing() as session:
        for table, wanted in ((_SEALS, seals), (_EVENTS, rows)):
            await session.execute(table.delete())
            if wanted:
                await session.execute(insert(table), wanted)
