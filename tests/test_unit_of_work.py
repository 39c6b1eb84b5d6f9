"""Rows that are kept until they are flushed, and statements that are made once."""

import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.db.conditions import one_of
from app.db.rows import plain_rows
from app.db.unit_of_work import UnflushedRowsError, UnitOfWork
from app.kit import clock, ids
from app.models import Event, Organization, Uncounted
from tests.support.client import Api
from tests.support.statements import QueryCounter

MANY = 3000
NOON = datetime(2013, 1, 15, 12, 30, 1, 234567, tzinfo=UTC)


def event(**values: Any) -> dict[str, Any]:
    """A row of `events`, without what has a default."""
    return {
        "id": ids.new_id(),
        "type": "test.made",
        "resource": "test",
        "resource_id": ids.new_id(),
        "org_id": None,
        "revision": 1,
        "at": NOON,
        "data": {"number": 1, "名": ["a", None]},
        "salt": b"\x00\xff",
        "private_digest": b"digest",
        **values,
    }


def organization(parent: UUID | None, code: str, **values: Any) -> dict[str, Any]:
    """A row of `organizations`, without what has a default."""
    identifier = values.pop("id", None) or ids.new_id()
    return {
        "id": identifier,
        "type": "unit",
        "code": code,
        "name": f"单位{code}",
        "kind": "committee",
        "sector": "organ",
        "parent_id": parent,
        "area_id": identifier,
        "zone_id": identifier,
        "path": f"{code}/",
        **values,
    }


BY_IDS = select(Event.id, Event.at, Event.data, Event.salt, Event.xid).where(
    one_of(Event.id, "ids")
)


async def number_of_events(database: Database) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(Event))).scalar_one()


@pytest.mark.parametrize("count", [1, 3, MANY])
async def test_rows_come_back_as_they_went_in(database: Database, count: int) -> None:
    rows = [event() for _ in range(count)]
    rows[-1] |= {"data": None, "salt": None}
    wanted = [row["id"] for row in rows]
    async with database.writing() as session:
        work = UnitOfWork.of(session)
        work.insert(Event, rows)
        await work.flush()
        found = {r.id: r for r in await plain_rows(session, BY_IDS, ids=wanted[-50:])}
    assert found.keys() == set(wanted[-50:])
    for row in rows[-50:]:
        same = found[row["id"]]
        assert (same.at, same.data, same.salt) == (NOON, row["data"], row["salt"])
        assert isinstance(same.xid, int)
    assert await number_of_events(database) == count


@pytest.mark.parametrize("count", [0, 1, 2, 40])
async def test_a_list_of_any_length_is_one_value(database: Database, count: int) -> None:
    rows = [event() for _ in range(count)]
    async with database.writing() as session:
        UnitOfWork.of(session).insert(Event, [*rows, event()])
        await UnitOfWork.of(session).flush()
    wanted = [row["id"] for row in rows]
    async with database.reading() as session:
        found = [row.id for row in await plain_rows(session, BY_IDS, ids=wanted)]
    assert sorted(found) == sorted(wanted)


async def test_what_is_flushed_goes_in_by_one_statement(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    for database, expected in ((sqlite_database, 3), (postgresql_database, 1)):
        now = {"created_at": NOON, "updated_at": NOON}
        root = organization(None, "one", **now)
        child = organization(root["id"], "two", **now)
        counter = QueryCounter(database)
        async with database.writing() as session:
            work = UnitOfWork.of(session)
            with counter.counting() as sent:
                work.insert(Organization, [root, child])
                work.insert(Event, [event(), event()])
                work.insert(Uncounted, [{"id": ids.new_id(), "org_id": child["id"]}])
                work.insert(Event, [event()])
                await work.flush()
                await work.flush()
            assert len(sent) == expected
            assert await session.scalar(select(func.count()).select_from(Organization)) == 2
            assert await session.scalar(select(func.count()).select_from(Event)) == 3
            await session.rollback()
        assert await number_of_events(database) == 0


async def test_the_same_shape_is_the_same_text(postgresql_database: Database) -> None:
    counter = QueryCounter(postgresql_database)
    with counter.counting() as sent:
        for count in (1, 2, 7):
            async with postgresql_database.writing() as session:
                UnitOfWork.of(session).insert(Event, [event() for _ in range(count)])
                await UnitOfWork.of(session).flush()
                await session.rollback()
    assert len(sent) == 3
    assert len(set(sent)) == 1


async def reads(session: AsyncSession) -> None:
    await session.scalars(select(Event.id))


async def reads_plainly(session: AsyncSession) -> None:
    await plain_rows(session, BY_IDS, ids=[])


async def writes(session: AsyncSession) -> None:
    await session.execute(delete(Event))


async def writes_through_the_session(session: AsyncSession) -> None:
    session.add(Uncounted(id=ids.new_id(), org_id=ids.new_id()))
    await session.flush()


async def makes_a_savepoint(session: AsyncSession) -> None:
    async with session.begin_nested():
        pass


async def commits(session: AsyncSession) -> None:
    await session.commit()


@pytest.mark.parametrize(
    "act",
    [reads, reads_plainly, writes, writes_through_the_session, makes_a_savepoint, commits],
)
async def test_nothing_passes_over_rows_that_are_kept(
    database: Database, act: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    async def passes_over() -> None:
        async with database.writing() as session:
            await session.execute(select(1))
            UnitOfWork.of(session).insert(Event, [event()])
            await act(session)

    with pytest.raises(UnflushedRowsError, match="events"):
        await passes_over()
    assert await number_of_events(database) == 0
    async with database.writing() as session:
        await session.execute(select(1))


async def test_a_transaction_that_has_not_begun_keeps_rows_as_well(database: Database) -> None:
    async def forgets(act: Callable[[AsyncSession], Awaitable[None]] | None) -> None:
        async with database.writing() as session:
            UnitOfWork.of(session).insert(Event, [event()])
            if act is not None:
                await act(session)

    for act in (None, reads):
        with pytest.raises(UnflushedRowsError):
            await forgets(act)
    assert await number_of_events(database) == 0


async def test_defaults_and_columns_of_every_kind(database: Database) -> None:
    row = organization(None, "root", opened_on=date(1949, 10, 1), division={"code": "440000"})
    async with database.writing() as session:
        UnitOfWork.of(session).insert(Organization, [row])
        await UnitOfWork.of(session).flush()
    async with database.reading() as session:
        kept = await session.get_one(Organization, row["id"])
    assert (kept.sort_order, kept.revision) == (0, 1)
    assert (kept.opened_on, kept.division) == (date(1949, 10, 1), {"code": "440000"})
    assert abs((clock.now() - kept.created_at).total_seconds()) < 60


async def test_nothing_stays_of_a_transaction_that_fails(database: Database) -> None:
    class BrokenError(Exception):
        """What goes wrong on purpose."""

    async def breaks() -> None:
        async with database.writing() as session:
            await session.execute(select(1))
            UnitOfWork.of(session).insert(Event, [event()])
            raise BrokenError

    with pytest.raises(BrokenError):
        await breaks()
    async with database.writing() as session:
        await session.execute(select(1))
    assert await number_of_events(database) == 0


async def test_a_savepoint_takes_back_what_came_after_it(database: Database) -> None:
    before, within, kept, after = event(), event(), event(), event()
    async with database.writing() as session:
        work = UnitOfWork.of(session)
        work.insert(Event, [before])
        await work.flush()
        async with session.begin_nested() as savepoint:
            work.insert(Event, [within])
            await work.flush()
            work.insert(Event, [kept])
            await savepoint.rollback()
        work.insert(Event, [after])
        await work.flush()
    async with database.reading() as session:
        assert set(await session.scalars(select(Event.id))) == {before["id"], after["id"]}


@pytest.mark.parametrize("count", [1, MANY])
async def test_what_the_database_refuses_is_said_as_ever(database: Database, count: int) -> None:
    async def twice() -> None:
        rows = [organization(None, "same"), *(event() for _ in range(count))]
        async with database.writing() as session:
            work = UnitOfWork.of(session)
            work.insert(Event, rows[1:])
            work.insert(Organization, rows[:1])
            work.insert(Organization, [organization(rows[0]["id"], "same")])
            await work.flush()

    with pytest.raises(IntegrityError):
        await twice()
    assert await number_of_events(database) == 0


async def test_a_value_that_fits_no_column_is_refused(database: Database) -> None:
    async def too_large() -> None:
        async with database.writing() as session:
            UnitOfWork.of(session).insert(Event, [event(revision=2**40, private_digest=None)])
            await UnitOfWork.of(session).flush()

    with pytest.raises(DBAPIError):
        await too_large()


async def test_a_lost_connection_is_said_and_replaced(postgresql_database: Database) -> None:
    async def lost() -> None:
        async with postgresql_database.writing() as session:
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            UnitOfWork.of(session).insert(Event, [event()])
            os.kill(int(pid or 0), signal.SIGTERM)
            await UnitOfWork.of(session).flush()

    with pytest.raises(DBAPIError) as failed:
        await lost()
    assert failed.value.connection_invalidated
    for _ in range(3):
        async with postgresql_database.writing() as session:
            assert await session.scalar(select(1)) == 1
    assert await number_of_events(postgresql_database) == 0


async def test_the_route_flushes_what_its_handler_keeps(
    api: Api, query_counter: QueryCounter
) -> None:
    """A unit founded through the API leaves nothing to write, whichever way its rows went."""
    root = (await api.get("/v1/units"))["data"][0]
    body = {"code": "W1", "name": "某单位", "kind": "committee", "sector": "organ",
            "parent_id": root["id"]}  # fmt: skip
    with query_counter.counting() as sent:
        made = await api.post("/v1/units", body)
    assert any("events" in statement and "INSERT" in statement for statement in sent)
    assert (await api.get(f"/v1/units/{made['id']}"))["code"] == "W1"
