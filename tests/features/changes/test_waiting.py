"""Waiting for changes: it ends with what is new, and holds nothing meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.features.changes.service import watching
from tests.features.changes.test_changes import standing
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place
from tests.support.sealing import seal_all
from tests.support.statements import QueryCounter

SOON_SECONDS = 60.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)


def wait(api: Api, after: str, **asked: Any) -> asyncio.Task[Any]:
    return asyncio.create_task(api.get("/v1/changes", after=after, wait=30, **asked))


async def until_true(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        while not true():  # noqa: ASYNC110 - nobody says when
            await asyncio.sleep(0.01)


async def until(api: Api, count: int) -> None:
    """Until so many wait."""

    def waiting() -> int:
        watch: watching.Watch | None = getattr(api.app.state, "changes_watch", None)
        return watch.waiting if watch else 0

    await until_true(lambda: waiting() == count)


async def test_it_ends_with_the_first_change_in_sight(api: Api, place: Place) -> None:
    other = await factories.unit(api, place.root)
    stranger = await granted(api, other, "viewer")
    callers = [place.reporter, place.reviewer, stranger]
    tasks = [wait(caller, await standing(caller)) for caller in callers]
    reports = wait(api, await standing(api), types="report")
    await until(api, 4)

    await factories.branch(api, place.unit)
    await seal_all(api)
    # It is the unit's, not the branch's, nor a report.
    (change,) = (await tasks[1])["data"]
    assert change["type"] == "branch.created"
    made = await place.report()
    await seal_all(api)
    for task in (tasks[0], reports):
        page = await task
        assert [c["id"] for c in page["data"]] == [made["id"]]
        assert page["has_more"] is False
    await factories.unit(api, other)
    await seal_all(api)
    assert [c["type"] for c in (await tasks[2])["data"]] == ["unit.created"]


async def test_it_ends_when_the_time_is_over_or_the_process_stops(place: Place) -> None:
    after = await standing(place.admin)
    page = await place.admin.get("/v1/changes", after=after, wait=1)
    assert page == {"data": [], "has_more": False, "next_cursor": after}
    await place.admin.get("/v1/changes", after=after, wait=31, expect=422)

    waiting = wait(place.admin, after)
    await until(place.admin, 1)
    place.admin.app.state.stopping.set()
    async with asyncio.timeout(SOON_SECONDS):
        page = await waiting
    assert page == {"data": [], "has_more": False, "next_cursor": after}


async def test_who_may_not_any_more_is_told_nothing(api: Api, place: Place) -> None:
    after = await standing(place.reporter)
    waiting = wait(place.reporter, after)
    await until(api, 1)
    me = (await place.reporter.get("/v1/me"))["client_id"]
    (key,) = (await api.get(f"/v1/clients/{me}/keys"))["data"]
    path = f"/v1/clients/{me}/keys/{key['id']}"
    await api.change("POST", f"{path}/revocation", of=path)
    await place.unit_reporter.post("/v1/reports", place.report_body())
    await seal_all(api)

    page = await waiting

    assert (page["data"], page["has_more"]) == ([], True)
    await place.reporter.get("/v1/changes", after=page["next_cursor"], expect=401)


async def test_all_wait_with_one_look_and_hold_nothing(
    api: Api, place: Place, query_counter: QueryCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = [0], watching.Watch.look

    async def counted(watch: watching.Watch) -> None:
        await look(watch)
        looks[0] += 1

    monkeypatch.setattr(watching.Watch, "look", counted)
    monkeypatch.setattr(watching, "MOST_OF_ONE", 6)
    callers = [place.admin, place.reporter]
    tasks = []
    for caller in callers:
        after = await standing(caller)
        tasks += [wait(caller, after) for _ in range(watching.MOST_OF_ONE)]
    # More than there are places at the door, or connections.
    assert len(tasks) > api.settings.pool_size
    await until(api, len(tasks))
    # One more of the same caller does not wait.
    more = await api.get("/v1/changes", after=await standing(api), wait=30)
    assert more["data"] == []
    with query_counter.counting() as statements:
        begun = looks[0]
        await until_true(lambda: looks[0] >= begun + 5)
    assert len(statements) <= looks[0] - begun + 1
    made = await place.report()
    await seal_all(api)
    for task in tasks:
        assert [c["id"] for c in (await task)["data"]] == [made["id"]]
