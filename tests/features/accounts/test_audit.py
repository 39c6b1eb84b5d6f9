"""The audit trail: complete, readable by auditors, and no tampering goes unseen."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.db import Database
from app.events.sealing import seal
from app.events.verification import verify
from app.kit import ids
from app.models import Event, EventSeal
from tests.support.callers import caller
from tests.support.client import SECRET as KEY
from tests.support.client import Api
from tests.support.factories import root, unit

SECRET = KEY.encode()
EVENTS = 20
TAMPERINGS = 40 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
"""Of each kind on each database; with a factor of 5 a good thousand."""


async def test_an_auditor_sees_who_did_what(api: Api) -> None:
    top = await root(api)
    city, other = await unit(api, top), await unit(api, top)
    auditor = await caller(api, "auditor", city)
    headers = {"Actor": "user-17", "X-Request-ID": "request-1"}
    body = {"code": "X1", "name": "新单位", "kind": "committee", "sector": "organ",
            "parent_id": city["id"]}  # fmt: skip
    made = (await api.send("POST", "/v1/units", body, headers=headers, expect=201)).json()
    await unit(api, other)

    found = await auditor.api.get("/v1/audit-events", resource="unit", actor="user-17")

    [event] = found["data"]
    me = await api.get("/v1/me")
    assert event["type"] == "unit.created"
    assert event["resource_id"] == made["id"]
    assert event["client_id"] == me["client_id"]
    assert event["actor"] == "user-17"
    assert event["address"] == "127.0.0.1"
    assert event["route"] == "POST /v1/units"
    assert event["request_id"] == "request-1"
    assert event["before_digest"] is None
    assert event["after_digest"].startswith("sha256:")
    places = {e["org_id"] for e in await auditor.api.all("/v1/audit-events")}
    assert places == {city["id"], made["id"]}


async def test_reading_the_trail_is_recorded(api: Api) -> None:
    auditor = await caller(api, "auditor", await root(api))

    await auditor.api.get("/v1/audit-events", resource="grant")

    found = await auditor.api.get("/v1/audit-events", type="audit.read")
    assert [e["data"] for e in found["data"]] == [{"filters": {"resource": "grant"}}]
    assert found["data"][0]["client_id"] == auditor.client["id"]


async def test_filters_by_time_and_unit(api: Api) -> None:
    top = await root(api)
    city = await unit(api, top)
    auditor = await caller(api, "auditor", top)
    newest = (await auditor.api.get("/v1/audit-events", resource="unit"))["data"][0]

    later = await auditor.api.get("/v1/audit-events", at_from=newest["at"], resource="unit")
    before = await auditor.api.get("/v1/audit-events", at_to=newest["at"], resource="unit")
    inside = await auditor.api.all("/v1/audit-events", under=city["id"])
    await auditor.api.get("/v1/audit-events", under=str(ids.new_id()), expect=404)

    assert [e["id"] for e in later["data"]] == [newest["id"]]
    assert newest["id"] not in {e["id"] for e in before["data"]}
    assert {e["org_id"] for e in inside} == {city["id"]}


async def test_seals_can_be_kept_elsewhere(api: Api) -> None:
    auditor = await caller(api, "auditor", await root(api))
    await _sealed(api.database, 1, "sm3")

    head, *_ = await auditor.api.all("/v1/audit-seals")

    assert head["digest"].startswith("sm3:")
    number, digest = head["number"], head["digest"].removeprefix("sm3:")
    async with api.database.writing() as session:
        assert (await verify(session, SECRET, [(number, digest)])).faults == []
        await session.execute(delete(EventSeal))
        await session.execute(delete(Event))
        assert (await verify(session, SECRET)).faults == []
        assert (await verify(session, SECRET, [(number, digest)])).faults != []


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
async def test_a_chain_that_grows_stays_whole(database: Database, algorithm: str) -> None:
    for _ in range(3):
        await _happen(database, 7)
        await _sealed(database, 7, algorithm)
    await _happen(database, 2)

    async with database.reading() as session:
        verdict = await verify(session, SECRET)

    assert verdict.faults == []
    assert (verdict.seals, verdict.events, verdict.unsealed) == (6, 21, 2)


async def test_a_chain_of_another_secret_is_seen(database: Database) -> None:
    await _happen(database, 3)
    await _sealed(database, 3, secret=b"the forger's own")

    async with database.reading() as session:
        assert (await verify(session, SECRET)).faults != []


async def test_a_person_is_erased_and_the_chain_holds(database: Database) -> None:
    await _happen(database, 3, actor="somebody")
    await _happen(database, 2, actor="somebody else")
    await _sealed(database, 5)
    async with database.writing() as session:
        assert await events.erase(session, "somebody") == 3

    async with database.reading() as session:
        rows = (await session.scalars(select(Event).order_by(Event.position))).all()
        verdict = await verify(session, SECRET)

    assert verdict.faults == []
    assert [row.actor for row in rows] == [None] * 3 + ["somebody else"] * 2 + [None]
    assert [row.address for row in rows[:3]] == [None] * 3
    async with database.writing() as session:
        gone = {"actor": None, "address": None, "data": None, "salt": None}
        await session.execute(update(Event).where(Event.actor == "somebody else").values(gone))
        assert len((await verify(session, SECRET)).faults) == 2


# SQLite writes one transaction after the other: nothing is being written while a seal is made.
@pytest.mark.parametrize("backend", ["postgresql"])
async def test_what_is_being_written_is_sealed_after_its_commit(
    database: Database, elsewhere: Database
) -> None:
    async with elsewhere.writing() as slow:
        await events.record(slow, _change())
        await slow.execute(select(1))
        await _happen(database, 3)
        async with database.writing() as session:
            assert await seal(session, "sha256", SECRET) == 3
    await _sealed(database, 1)
    async with database.reading() as session:
        assert (await verify(session, SECRET)).faults == []
        placed = (await session.scalars(select(Event).order_by(Event.place))).all()
    assert [event.place for event in placed] == [1, 2, 3, 4]
    assert placed[-1].position == min(event.position for event in placed)


async def _edit(session: AsyncSession, chance: random.Random, positions: list[int]) -> None:
    forged: dict[str, Any] = chance.choice(
        [
            {"actor": "x"}, {"address": "10.9.9.9"}, {"data": {"n": -1}}, {"type": "unit.read"},
            {"at": Event.at}, {"client_id": ids.new_id()}, {"org_id": ids.new_id()},
            {"revision": 99}, {"after_digest": "0" * 64}, {"route": "GET /"}, {"salt": b"salt"},
            {"before_digest": "0" * 64}, {"id": ids.new_id()}, {"resource_id": ids.new_id()},
            {"request_id": "forged"}, {"resource": "x"}, {"private_digest": b"x" * 32},
            {"subject": "https://issuer#x"}, {"place": 1000}, {"place": None},
        ]
    )  # fmt: skip
    position = chance.choice(positions)
    if "at" in forged:
        at = await session.scalar(select(Event.at).where(Event.position == position))
        assert at is not None
        forged = {"at": at + timedelta(microseconds=1)}
    await session.execute(update(Event).where(Event.position == position).values(forged))


async def _remove(session: AsyncSession, chance: random.Random, positions: list[int]) -> None:
    await session.execute(delete(Event).where(Event.position == chance.choice(positions)))


async def _reorder(session: AsyncSession, chance: random.Random, positions: list[int]) -> None:
    one, other = chance.sample(positions, 2)
    for here, there in ((one, 0), (other, one), (0, other)):
        statement = update(Event).where(Event.position == here).values(position=there)
        await session.execute(statement)


async def _cut_tail(session: AsyncSession, chance: random.Random, positions: list[int]) -> None:
    await session.execute(delete(Event).where(Event.position >= chance.choice(positions)))


async def _insert(session: AsyncSession, chance: random.Random, positions: list[int]) -> None:
    columns = [c for c in Event.__table__.columns if c.name not in {"position", "place", "id"}]
    like = select(*columns).where(Event.position == chance.choice(positions))
    row = (await session.execute(like)).mappings().one()
    await session.execute(
        insert(Event).values(
            **row, id=ids.new_id(), position=0, place=chance.choice([None, EVENTS + 1])
        )
    )


async def _cut_seal(session: AsyncSession, chance: random.Random, positions: list[int]) -> None:
    del positions
    number = chance.randint(1, EVENTS // 5 - 1)  # all but the last
    await session.execute(delete(EventSeal).where(EventSeal.number == number))


@pytest.mark.parametrize("tamper", [_edit, _remove, _reorder, _cut_tail, _insert, _cut_seal])
async def test_every_tampering_is_found(
    database: Database,
    tamper: Callable[[AsyncSession, random.Random, list[int]], Awaitable[None]],
) -> None:
    await _happen(database, EVENTS, actor="somebody")
    await _sealed(database, EVENTS)
    async with database.reading() as session:
        positions = list(await session.scalars(select(Event.position).order_by(Event.position)))
    chance = random.Random(tamper.__name__)  # noqa: S311 - to be repeated, not to be secret
    async with database.writing() as session:
        for _ in range(TAMPERINGS):
            before = await session.begin_nested()
            await tamper(session, chance, positions)
            session.expire_all()
            assert (await verify(session, SECRET)).faults
            await before.rollback()
        assert (await verify(session, SECRET)).faults == []


async def _happen(database: Database, count: int, actor: str | None = None) -> None:
    async with database.writing() as session:
        call = events.Call(client_id=ids.new_id(), actor=actor, address="10.0.0.1", route="POST /")
        events.set_call(session, call)
        await events.record(session, *(_change(number) for number in range(count)))


def _change(number: int = 0) -> events.Change:
    data = {"n": number, "reason": "补充\u2028材料", "nested": {"b": 1, "a": [1.5, None, True]}}
    return events.Change(
        "activity.created", ids.new_id(), ids.new_id(), 1, before=None, after="{}", data=data
    )


async def _sealed(
    database: Database, least: int, algorithm: str = "sha256", secret: bytes = SECRET
) -> None:
    """Seal at least so many events in fives."""
    sealed = 0
    async with asyncio.timeout(300):
        while sealed < least:
            async with database.writing() as session:
                sealed += await seal(session, algorithm, secret, batch=5)
