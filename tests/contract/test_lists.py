"""Lists walked page by page while others write: nothing that was there throughout is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from random import Random
from typing import Any, Self

import pytest

from app.db import Database
from app.settings import DatabaseSettings
from tests.support import factories, scenes
from tests.support.client import Api, started
from tests.support.databases import Copies

ROWS = 40
PAGE = 7

Make = Callable[[], Awaitable[Any]]


class Place:
    """What the rows of the lists hang on."""

    def __init__(self, api: Api) -> None:
        """Nothing is there before `found`."""
        self.api = api
        self.numbers = count()
        self.root: Any = None
        self.branch: Any = None
        self.leader: Any = None
        self.campaign: Any = None

    async def found(self) -> Self:
        """Make the tree and an open campaign."""
        self.root = await factories.root(self.api)
        self.branch = await factories.branch(self.api, self.root)
        self.leader = await factories.leader(self.api, self.root, self.branch)
        self.campaign = await factories.campaign(self.api, self.root)
        return self

    async def make(self, resource: str) -> Any:
        """One more row of a list, a draft where there are drafts."""
        match resource:
            case "units":
                return await factories.unit(self.api, self.root)
            case "branches":
                return await factories.branch(self.api, self.root)
            case "leaders":
                return await factories.leader(self.api, self.root, self.branch)
            case "activities":
                body = factories.activity(self.branch, self.campaign, status="draft")
                return await self.api.post("/v1/activities", body)
            case "leader-records":
                body = factories.record(self.leader, self.campaign, status="draft")
                body["title"] = f"调研{next(self.numbers)}"
                return await self.api.post("/v1/leader-records", body)
            case _:
                return await self.api.post("/v1/clients", {"name": f"网站{next(self.numbers)}"})


SORTS = {
    "units": ("sort_order", "-sort_order", "name", "-code"),
    "branches": ("sort_order", "name"),
    "leaders": ("sort_order", "name"),
    "activities": ("id", "held_on", "-held_on"),
    "leader-records": ("id", "-done_on"),
    "clients": ("name",),
}


@pytest.mark.parametrize("resource", SORTS)
async def test_nothing_that_was_there_throughout_is_missing_or_twice(
    api: Api, resource: str
) -> None:
    place = await scenes.stage("lists", api, Place(api).found)
    kept = {(await place.make(resource))["id"] for _ in range(ROWS)}
    passing = [(await place.make(resource))["id"] for _ in range(20)]
    stop = asyncio.Event()
    writers = [
        asyncio.create_task(write(place, resource, sorted(kept), passing[n::2], stop))
        for n in range(2)
    ]
    try:
        for sort in SORTS[resource]:
            seen = await walk(api, resource, sort)
            assert len(seen) == len(set(seen)), (resource, sort)
            assert kept <= set(seen), (resource, sort)
    finally:
        stop.set()
        await asyncio.gather(*writers)


async def walk(api: Api, resource: str, sort: str) -> list[str]:
    """The ids of a whole list, page by page, giving the writers a turn after each."""
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await api.get(f"/v1/{resource}", limit=PAGE, sort=sort, **cursor)
        seen += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            return seen
        cursor = {"cursor": page["next_cursor"]}
        await asyncio.sleep(0)


async def write(
    place: Place, resource: str, kept: list[str], passing: list[str], stop: asyncio.Event
) -> None:
    """Insert, change what is kept in what it is not sorted by, delete what may go."""
    random = Random(len(passing))  # noqa: S311 - no secret
    while not stop.is_set():
        await place.make(resource)
        await touch(place.api, f"/v1/{resource}/{random.choice(kept)}")
        if passing and resource != "clients":
            path = f"/v1/{resource}/{passing.pop()}"
            current = await place.api.send("GET", path, expect=200)
            headers = {"If-Match": current.headers["etag"]}
            await place.api.send("DELETE", path, headers=headers)
        await asyncio.sleep(0)


async def touch(api: Api, path: str) -> None:
    """Change a row in passing; another writer may have been first."""
    current = await api.send("GET", path, expect=200)
    row = current.json()
    field = next(name for name in ("member_count", "post", "summary", "place", "description")
                 if name in row)  # fmt: skip
    value: Any = (row[field] or 0) + 1 if field == "member_count" else f"改{api.key}"[:20]
    headers = {"If-Match": current.headers["etag"]}
    answer = await api.send("PATCH", path, {field: value}, headers=headers)
    assert answer.status_code in {200, 412}, answer.text


async def test_one_connection_is_enough_for_all_requests_at_once(database_copies: Copies) -> None:
    """A request never needs a second connection while it holds one."""
    url = database_copies()
    database = Database(DatabaseSettings(database_url=url, pool_size=1))
    api = await started(database, url)
    place = Place(api)
    await place.found()
    made = await asyncio.gather(*(place.make("activities") for _ in range(20)))
    assert len({row["id"] for row in made}) == 20
    assert len(await api.all("/v1/activities")) == 20
    await database.close()


async def test_a_header_longer_than_declared_is_refused(api: Api) -> None:
    """Also by a service that would not look into it, for it has no replica."""
    for header in ("Dajiatan-Position", "If-None-Match"):
        answer = await api.send("GET", "/v1/units", expect=422, headers={header: "x" * 1001})
        assert answer.json()["errors"][0]["pointer"] == f"{header}:"
        await api.send("GET", "/v1/units", expect=200, headers={header: "x" * 1000})
