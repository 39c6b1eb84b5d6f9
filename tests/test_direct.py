"""Statements that go straight to the driver, and rows that wait to go in together."""

import os
import signal
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database, Named, Prepared, add_rows
from app.db.rows import AnySelect
from app.kit import clock, ids
from app.models import Event, Job, Organization
from tests.support.client import Api
from tests.support.statements import QueryCounter

MANY = 1000
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


def by_ids(named: Named) -> AnySelect:
    return select(Event.id, Event.at, Event.data, Event.salt, Event.xid).where(
        named(Event.id, "ids")
    )


EVENTS = Prepared(by_ids)
APART = Prepared(by_ids, apart=True)


async def begun(session: AsyncSession) -> None:
    """As every request begins: with a statement that SQLAlchemy sends."""
    await session.execute(select(1))


async def number_of_events(database: Database) -> int:
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(Event))).scalar_one()


@pytest.mark.parametrize("count", [1, 3, MANY])
async def test_rows_come_back_as_they_went_in(database: Database, count: int) -> None:
    rows = [event() for _ in range(count)]
    rows[-1] |= {"data": None, "salt": None}
    async with database.writing() as session:
        await begun(session)
        await add_rows(session, Event, rows)
        found = {r.id: r for r in await EVENTS.rows(session, ids=[row["id"] for row in rows])}
    assert len(found) == count
    for row in rows:
        same = found[row["id"]]
        assert (same.at, same.data, same.salt) == (NOON, row["data"], row["salt"])
        assert isinstance(same.xid, int)
    assert await number_of_events(database) == count


async def test_a_session_that_has_not_begun_does_the_same(database: Database) -> None:
    row = event()
    async with database.writing() as session:
        await add_rows(session, Event, [row])
        assert [found.id for found in await APART.rows(session, ids=[row["id"]])] == [row["id"]]
    async with database.reading() as session:
        assert [found.id for found in await EVENTS.rows(session, ids=[row["id"]])] == [row["id"]]


async def test_what_waits_goes_in_by_one_statement(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    for database, expected in ((sqlite_database, 3), (postgresql_database, 1)):
        now = {"created_at": NOON, "updated_at": NOON}
        root = organization(None, "one", **now)
        child = organization(root["id"], "two", **now)
        counter = QueryCounter(database)
        async with database.writing() as session:
            await begun(session)
            with counter.counting() as sent:
                await add_rows(session, Organization, [root, child])
                await add_rows(session, Event, [event(), event()])
                await add_rows(session, Event, [event()])
                await APART.rows(session, ids=[])
                kept = [statement for statement in sent if "INSERT" not in statement]
                await session.flush()
                await session.execute(select(1))
            assert len(sent) - len(kept) - 1 == expected
            assert await session.scalar(select(func.count()).select_from(Organization)) == 2
            assert await session.scalar(select(func.count()).select_from(Event)) == 3
            await session.rollback()
        assert await number_of_events(database) == 0


async def test_whoever_reads_sees_what_waits(database: Database) -> None:
    async with database.writing() as session:
        await begun(session)
        row = event()
        await add_rows(session, Event, [row])
        assert (await session.scalars(select(Event.id))).all() == [row["id"]]
        await add_rows(session, Event, [event()])
        assert len(await EVENTS.rows(session, ids=[row["id"]])) == 1
        await add_rows(session, Event, [event()])
        assert await session.scalar(select(func.count()).select_from(Event)) == 3


async def test_defaults_and_columns_of_every_kind(database: Database) -> None:
    row = organization(None, "root", opened_on=date(1949, 10, 1), division={"code": "440000"})
    async with database.writing() as session:
        await begun(session)
        await add_rows(session, Organization, [row])
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
            await begun(session)
            await add_rows(session, Event, [event()])
            raise BrokenError

    with pytest.raises(BrokenError):
        await breaks()
    async with database.writing() as session:
        await begun(session)
    assert await number_of_events(database) == 0


async def test_a_savepoint_takes_back_only_what_came_after_it(database: Database) -> None:
    before, within, after = event(), event(), event()
    async with database.writing() as session:
        await begun(session)
        await add_rows(session, Event, [before])
        async with session.begin_nested() as savepoint:
            await add_rows(session, Event, [within])
            await savepoint.rollback()
        await add_rows(session, Event, [after])
    async with database.reading() as session:
        assert set(await session.scalars(select(Event.id))) == {before["id"], after["id"]}


@pytest.mark.parametrize("count", [1, MANY])
async def test_what_the_database_refuses_is_said_as_ever(database: Database, count: int) -> None:
    async def twice() -> None:
        rows = [organization(None, "same"), *(event() for _ in range(count))]
        async with database.writing() as session:
            await begun(session)
            await add_rows(session, Event, rows[1:])
            await add_rows(session, Organization, rows[:1])
            await add_rows(session, Organization, [organization(rows[0]["id"], "same")])

    with pytest.raises(IntegrityError):
        await twice()
    assert await number_of_events(database) == 0


async def test_a_value_that_fits_no_column_is_refused(database: Database) -> None:
    async def too_large() -> None:
        async with database.writing() as session:
            await begun(session)
            await add_rows(session, Event, [event(revision=2**40, private_digest=None)])

    with pytest.raises(DBAPIError):
        await too_large()


async def test_a_lost_connection_is_said_and_replaced(postgresql_database: Database) -> None:
    async def lost() -> None:
        async with postgresql_database.writing() as session:
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            await add_rows(session, Event, [event()])
            os.kill(int(pid or 0), signal.SIGTERM)
            await EVENTS.rows(session, ids=[])

    with pytest.raises(DBAPIError) as failed:
        await lost()
    assert failed.value.connection_invalidated
    for _ in range(3):
        async with postgresql_database.writing() as session:
            assert await session.scalar(select(1)) == 1
    assert await number_of_events(postgresql_database) == 0


async def test_a_list_in_the_text_is_refused(postgresql_database: Database) -> None:
    listed = Prepared(lambda _named: select(Job.id).where(Job.kind.in_(["a", "b"])))
    async with postgresql_database.writing() as session:
        await begun(session)
        with pytest.raises(TypeError):
            await listed.rows(session)


async def test_a_request_s_own_rows_wait_for_its_end(api: Api, query_counter: QueryCounter) -> None:
    """A unit founded through the API leaves nothing to write, whichever way its rows went."""
    root = (await api.get("/v1/units"))["data"][0]
    body = {"code": "W1", "name": "某单位", "kind": "committee", "sector": "organ",
            "parent_id": root["id"]}  # fmt: skip
    with query_counter.counting() as sent:
        made = await api.post("/v1/units", body)
    assert any("events" in statement and "INSERT" in statement for statement in sent)
    assert (await api.get(f"/v1/units/{made['id']}"))["code"] == "W1"
