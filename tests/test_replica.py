"""Reading from a real streaming replica: never too old, never what is out of sight by now.

The service has one connection to each of the two servers.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app import schema
from app.db import Database, Replica
from app.models import PeriodicTask, ReplicaMark
from app.replica.reading import HEADER, beat
from app.settings import DatabaseSettings
from app.worker import PERIODIC, Worker
from tests.support import databases, factories
from tests.support.callers import caller
from tests.support.client import Api, free_apps, started
from tests.support.exporting import rows_of
from tests.support.standby import Pair, pair

LONG_SECONDS = 1000
"""An age that no replica reaches in a test."""


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    """A primary with the schema, and its replica."""
    folder = Path(tempfile.mkdtemp())
    try:
        with pair(folder) as made:
            databases.apart(schema.upgrade, made.primary)
            yield made
    finally:
        shutil.rmtree(folder)


@pytest.fixture
async def api(servers: Pair) -> AsyncIterator[Api]:
    """The service with its replica, which has everything at the start."""
    free_apps()
    settings = {
        "replica_url": servers.replica,
        "replica_max_age_seconds": LONG_SECONDS,
        "pool_size": 1,
    }
    database = Database(
        DatabaseSettings.model_validate({"database_url": servers.primary, **settings})
    )
    found = await started(database, servers.primary, **settings)
    await tell_the_time(found)
    await servers.catch_up()
    yield found
    await servers.catch_up()
    await databases.empty(database)
    await database.close()


def replica_of(api: Api) -> Replica:
    assert api.database.replica is not None
    return api.database.replica


async def tell_the_time(api: Api) -> None:
    async with api.database.writing() as session:
        await beat(session)


@asynccontextmanager
async def standing_still(servers: Pair) -> AsyncIterator[None]:
    """The replica has all that was written before, and nothing of what is written within."""
    await servers.catch_up()
    await servers.pause()
    try:
        yield
    finally:
        await servers.catch_up()


async def codes(api: Api, path: str, **more: Any) -> list[str]:
    return [row["code"] for row in (await api.get(path, **more))["data"]]


async def stage(api: Api) -> tuple[Any, Any, Any]:
    """A unit, a branch, a campaign over both."""
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    return unit, await factories.branch(api, unit), await factories.campaign(api, root)


async def test_lists_and_progress_are_read_from_the_replica(api: Api, servers: Pair) -> None:
    _, branch, campaign = await stage(api)
    await api.post("/v1/activities", factories.activity(branch, campaign))
    async with standing_still(servers):
        await api.post("/v1/activities", factories.activity(branch, campaign))
        before = replica_of(api).answers
        listed = await api.get("/v1/activities")
        progress = await api.get("/v1/progress", campaign_id=campaign["id"])
        days = await api.get("/v1/progress/timeline", campaign_id=campaign["id"])
        assert replica_of(api).answers == before + 3
        assert len(listed["data"]) == progress["counts"]["activities"] == 1
        assert [day["activities"] for day in days["data"]] == [1]
        one = await api.get(f"/v1/branches/{branch['id']}")
        assert one["id"] == branch["id"]
        assert replica_of(api).answers == before + 3
    assert len((await api.get("/v1/activities"))["data"]) == 2


async def test_whoever_shows_the_position_of_a_write_reads_it(api: Api, servers: Pair) -> None:
    _, branch, campaign = await stage(api)
    async with standing_still(servers):
        body = factories.activity(branch, campaign)
        written = await api.send("POST", "/v1/activities", body, expect=201)
        position = {HEADER: written.headers[HEADER]}
        before = replica_of(api).answers
        for path in ("/v1/activities", f"/v1/progress?campaign_id={campaign['id']}"):
            read = (await api.send("GET", path, expect=200, headers=position)).json()
            assert len(read.get("data", [])) == 1 or read["counts"]["activities"] == 1
        assert replica_of(api).answers == before
    read = (await api.send("GET", "/v1/activities", headers=position)).json()
    assert [row["id"] for row in read["data"]] == [written.json()["id"]]
    assert replica_of(api).answers == before + 1


@pytest.mark.parametrize("shown", ["", "nonsense", "1-00000001-0", "0-0-zz"])
async def test_a_position_of_elsewhere_is_read_from_the_primary(api: Api, shown: str) -> None:
    before = replica_of(api).answers
    await api.send(
        "GET", "/v1/units", expect=200, headers={HEADER: shown.encode().decode("latin-1")}
    )
    assert replica_of(api).answers == before + (shown == "")


async def test_a_replica_that_is_too_old_is_not_read(api: Api, servers: Pair) -> None:
    _, branch, campaign = await stage(api)
    async with standing_still(servers):
        await api.post("/v1/activities", factories.activity(branch, campaign))
        assert (await api.get("/v1/activities"))["data"] == []
        replica_of(api).max_age_seconds = 2
        async with asyncio.timeout(300):
            while not (await api.get("/v1/activities"))["data"]:
                await tell_the_time(api)
        before = replica_of(api).answers
        assert len((await api.get("/v1/activities"))["data"]) == 1
        assert replica_of(api).answers == before
    async with asyncio.timeout(300):
        while replica_of(api).answers == before:
            await tell_the_time(api)
            assert len((await api.get("/v1/activities"))["data"]) == 1


async def test_what_is_revoked_or_moved_is_out_of_sight_at_once(api: Api, servers: Pair) -> None:
    unit, branch, campaign = await stage(api)
    other = await factories.unit(api, await factories.root(api))
    viewer = await caller(api, "viewer", unit)
    second = await api.post(
        "/v1/grants",
        {"client_id": viewer.client["id"], "role": "viewer", "unit_id": other["id"]},
    )
    activity = await api.post("/v1/activities", factories.activity(branch, campaign))
    async with standing_still(servers):
        before = replica_of(api).answers
        assert set(await codes(viewer.api, "/v1/units")) == {unit["code"], other["code"]}
        assert replica_of(api).answers == before + 1
        await api.change("DELETE", f"/v1/grants/{second['id']}", expect=204)
        assert await codes(viewer.api, "/v1/units") == [unit["code"]]
        path = f"/v1/branches/{branch['id']}"
        await api.change("POST", f"{path}/move", {"unit_id": other["id"]}, of=path)
        assert await codes(viewer.api, "/v1/branches") == []
        assert (await viewer.api.get("/v1/activities"))["data"] == []
        await api.change("DELETE", f"/v1/grants/{viewer.grant['id']}", expect=204)
        await viewer.api.get("/v1/activities", expect=403)
        assert replica_of(api).answers == before + 1
    assert [row["id"] for row in (await api.get("/v1/activities"))["data"]] == [activity["id"]]


async def test_a_finding_passed_on_leaves_the_ledger_at_once(api: Api, servers: Pair) -> None:
    unit, branch, campaign = await stage(api)
    found = {"check": "work_style", "description": "联系群众不够", "nature": "long_term"}
    made = await api.post("/v1/activities", factories.activity(branch, campaign, findings=[found]))
    path = f"/v1/findings/{made['findings'][0]['id']}"
    async with standing_still(servers):
        before = replica_of(api).answers
        query = {"org_id": branch["id"]}
        assert len((await api.get("/v1/findings", **query))["data"]) == 1
        assert replica_of(api).answers == before + 1
        passed = {"org_id": unit["id"], "reason": "属其职责"}
        await api.post(f"{path}/handover", passed, expect=200)
        assert (await api.get("/v1/findings", **query))["data"] == []


async def test_pages_never_step_back(api: Api, servers: Pair) -> None:
    _, branch, campaign = await stage(api)
    for _ in range(2):
        await api.post("/v1/activities", factories.activity(branch, campaign))
    async with standing_still(servers):
        body = factories.activity(branch, campaign)
        written = await api.send("POST", "/v1/activities", body, expect=201)
        before = replica_of(api).answers
        position = {HEADER: written.headers[HEADER]}
        first = (await api.send("GET", "/v1/activities?limit=1", headers=position)).json()
        second = await api.get("/v1/activities", limit=1, cursor=first["next_cursor"])
        third = await api.get("/v1/activities", limit=1, cursor=second["next_cursor"])
        assert third["data"][0]["id"] == written.json()["id"]
        assert replica_of(api).answers == before
        young = await api.get("/v1/activities", limit=1)
        await api.get("/v1/activities", limit=1, cursor=young["next_cursor"])
        assert replica_of(api).answers == before + 2
    last = await api.get("/v1/activities", limit=1, cursor=second["next_cursor"])
    assert last["data"] == third["data"]
    assert replica_of(api).answers == before + 3


async def test_a_replica_that_is_killed_fails_no_request(api: Api, servers: Pair) -> None:
    await stage(api)
    await servers.catch_up()

    amid = asyncio.Event()

    async def read(times: int) -> None:
        for _ in range(times):
            assert len((await api.get("/v1/units"))["data"]) == 2
            if replica_of(api).answers >= before + 10:
                amid.set()

    before = replica_of(api).answers
    readers = [asyncio.create_task(read(40)) for _ in range(4)]
    await amid.wait()
    await asyncio.to_thread(servers.kill, 1)
    after = replica_of(api).answers
    try:
        await asyncio.gather(*readers)
        await read(10)
        assert replica_of(api).answers == after
    finally:
        await asyncio.to_thread(servers.start, 1)
    async with asyncio.timeout(300):
        while replica_of(api).answers == after:
            await read(1)


async def test_a_reading_that_replay_ends_is_repeated(
    api: Api, servers: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLSTATE 40001: the replica clears away what the request's snapshot still shows."""
    await stage(api)
    await tell_the_time(api)
    await servers.catch_up()
    replica, ended = replica_of(api), []
    plain = replica.reading

    @asynccontextmanager
    async def reading() -> AsyncIterator[AsyncSession]:
        async with plain() as session:
            slow = text("SELECT number, pg_sleep(30) FROM replica_marks")
            statement = asyncio.create_task(session.execute(slow))
            await tell_the_time(api)
            await servers.at_primary("VACUUM replica_marks")
            try:
                await statement
            except DBAPIError as error:
                ended.append(getattr(error.orig, "sqlstate", None))
                raise
            yield session

    before = replica.answers
    await servers.hurry("0")
    with monkeypatch.context() as patched:
        patched.setattr(replica, "reading", reading)
        assert len((await api.get("/v1/units"))["data"]) == 2
    await servers.hurry("30s")
    assert ended == ["40001"]
    assert replica.answers == before
    await servers.catch_up()
    assert len((await api.get("/v1/units"))["data"]) == 2
    assert replica.answers == before + 1


async def beats_of(api: Api) -> list[int]:
    async with api.database.reading() as session:
        beats = select(ReplicaMark.number).where(ReplicaMark.name == "beat")
        return list(await session.scalars(beats))


async def tasks_of(api: Api, wanted: str) -> set[str]:
    """The tasks that a worker has registered, once the wanted one is among them."""
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(api.database, api.settings, {}, PERIODIC).run(stop))
    async with asyncio.timeout(300):
        known: set[str] = set()
        while wanted not in known:
            await asyncio.sleep(0.05)
            async with api.database.reading() as session:
                done = PeriodicTask.last_run_at.is_not(None)
                known = set(await session.scalars(select(PeriodicTask.name).where(done)))
    stop.set()
    await worker
    return known


async def test_the_worker_tells_the_time(api: Api) -> None:
    before = await beats_of(api)
    await tasks_of(api, "replica.beat")
    assert await beats_of(api) > before


async def test_without_a_replica_nothing_is_told(servers: Pair) -> None:
    free_apps()
    database = Database(DatabaseSettings(database_url=servers.primary))
    api = await started(database, servers.primary)
    unit = await factories.root(api)
    named = {"code": "X", "name": "X", "kind": "branch", "sector": "rural", "unit_id": unit["id"]}
    made = await api.send("POST", "/v1/branches", named, expect=201)
    assert HEADER not in made.headers
    assert "replica.beat" not in await tasks_of(api, PERIODIC[-1].name)
    assert await beats_of(api) == []
    async with database.reading() as session:
        assert list(await session.scalars(select(ReplicaMark.name))) == []
    await databases.empty(database)
    await database.close()


async def test_exports_are_read_from_the_replica(api: Api) -> None:
    root = await factories.root(api)
    campaign = await factories.campaign(api, root)
    await tell_the_time(api)
    branch = await factories.branch(api, root)
    await api.post("/v1/activities", factories.activity(branch, campaign))
    before = replica_of(api).answers

    rows = await rows_of(api, "activities", campaign)

    assert len(rows) == 1, "what was written before is in it"
    assert replica_of(api).answers == before + 1


async def test_exports_do_not_wait_for_a_replica_that_stands_still(api: Api, servers: Pair) -> None:
    root = await factories.root(api)
    campaign = await factories.campaign(api, root)
    async with standing_still(servers):
        branch = await factories.branch(api, root)
        await api.post("/v1/activities", factories.activity(branch, campaign))
        before = replica_of(api).answers
        assert len(await rows_of(api, "activities", campaign)) == 1
        assert replica_of(api).answers == before
