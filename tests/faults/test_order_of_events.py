"""The order of events: that of their commits, without gaps, and the same after a restore."""

import asyncio
import hashlib
import hmac
import json
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import events
from app.db import Database
from app.events.sealing import COLUMNS, seal
from app.events.verification import verify
from app.kit import clock, ids
from app.models import Event, EventSeal, ReplicaMark
from tests.support.client import SECRET as KEY

SECRET = KEY.encode()
FACTOR = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
WRITERS, TURNS = 8, 12 * FACTOR
RECORDS = [ids.new_id() for _ in range(3)]
ANOTHER_CLUSTER = 2**40


async def _write(database: Database, chance: random.Random) -> None:
    """Change one or two records, a lock on each, and let some of it come to nothing."""
    for _ in range(TURNS):
        async with database.writing() as session:
            for record in sorted(chance.sample(RECORDS, chance.randint(1, 2))):
                mark = update(ReplicaMark).where(ReplicaMark.name == str(record))
                counted = mark.values(number=ReplicaMark.number + 1)
                number = await session.scalar(counted.returning(ReplicaMark.number))
                change = events.Change("unit.updated", record, None, number or 0)
                await events.record(session, change)
                await session.execute(select(1))
                await asyncio.sleep(chance.random() / 200)
            if chance.random() < 0.2:
                await session.rollback()


async def _read_on(database: Database, place: int) -> list[Any]:
    """The events after a place, as a feed of changes reads them."""
    async with database.reading() as session:
        after = select(Event.place, Event.resource_id, Event.revision).where(Event.place > place)
        return list((await session.execute(after.order_by(Event.place))).all())


async def test_places_follow_the_commits_and_leave_no_gap(
    database: Database, elsewhere: Database
) -> None:
    async with database.writing() as session:
        await session.execute(insert(ReplicaMark), [{"name": str(r), "number": 0} for r in RECORDS])
    writing = asyncio.gather(
        *(_write(database, random.Random(number)) for number in range(WRITERS))  # noqa: S311 - to be repeated
    )
    seen: list[Any] = []
    over, sealed = False, 1
    while not over or sealed:
        over = writing.done()
        async with elsewhere.writing() as session:
            sealed = await seal(session, "sha256", SECRET, batch=7)
        seen += await _read_on(elsewhere, len(seen))
        assert [row.place for row in seen] == list(range(1, len(seen) + 1))
        await asyncio.sleep(0.001)
    await writing

    revisions = defaultdict(list)
    for row in seen:
        revisions[row.resource_id].append(row.revision)
    async with database.reading() as session:
        marks = (await session.execute(select(ReplicaMark.name, ReplicaMark.number))).all()
        numbers = {row.name: row.number for row in marks}
        assert (await verify(session, SECRET)).faults == []
    assert dict(revisions) == {
        record: list(range(1, numbers[str(record)] + 1)) for record in RECORDS
    }


@pytest.mark.parametrize("unsealed", [0, 4])
async def test_what_the_first_release_sealed_goes_on_in_another_cluster(
    database: Database, unsealed: int
) -> None:
    """Its events have the numbers of transactions that this cluster reaches in years, if ever."""
    await _happen(database, 23)
    async with database.writing() as session:
        for position, xid in zip(await _positions(session), _numbers(23), strict=True):
            values = {"xid": xid, "place": None}
            await session.execute(update(Event).where(Event.position == position).values(values))
        order = (Event.xid, Event.position)
        rows = (await session.execute(select(*COLUMNS, Event.xid).order_by(*order))).all()
        _seal_as_the_first_release(session, rows[: 23 - unsealed])
        formerly = [row.position for row in rows]
    async with database.reading() as session:
        before = await verify(session, SECRET)
        assert (before.faults, before.unsealed) == ([], unsealed)
    for _ in range(3):
        await _happen(database, 5)
        async with database.writing() as session:
            await seal(session, "sm3", SECRET)

    async with database.writing() as session:
        after = await verify(session, SECRET)
        assert (after.faults, after.events, after.unsealed) == ([], 38, 0)
        places = select(Event.position, Event.place).order_by(Event.place)
        found = (await session.execute(places)).all()
        assert [row.place for row in found] == list(range(1, 39))
        sealed = 23 - unsealed
        assert [row.position for row in found][:sealed] == formerly[:sealed]
        exchanged = {3: -3, 4: 3, -3: 4}
        for place, other in exchanged.items():
            moved = update(Event).where(Event.place == place).values(place=other)
            await session.execute(moved)
        assert (await verify(session, SECRET)).faults != []


def _numbers(count: int) -> list[int]:
    """Transactions of several events, which began in another order than they wrote."""
    return [ANOTHER_CLUSTER + (number // 3) * 7 % 5 for number in range(count)]


def _seal_as_the_first_release(session: Any, rows: Sequence[Any]) -> None:
    previous = b""
    for number, first in enumerate(range(0, len(rows), 10), start=1):
        run = rows[first : first + 10]
        lines: list[list[Any]] = [[number, "sha256", previous.hex()]]
        lines += [[_plain(value) for value in row[:-1]] for row in run]
        text = "".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines
        )
        previous = hashlib.sha256(text.encode()).digest()
        mac = hmac.new(SECRET, b"audit-seal:%d:" % number + previous, hashlib.sha256).digest()
        session.add(
            EventSeal(
                number=number, algorithm="sha256", digest=previous, mac=mac, count=len(run),
                last_xid=run[-1].xid, last_position=run[-1].position, sealed_at=clock.now(),
            )
        )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, int) else str(value)


async def _happen(database: Database, count: int) -> None:
    async with database.writing() as session:
        changes = (events.Change("unit.updated", ids.new_id(), None, n) for n in range(count))
        await events.record(session, *changes)


async def _positions(session: Any) -> list[int]:
    return list(await session.scalars(select(Event.position).order_by(Event.position)))
