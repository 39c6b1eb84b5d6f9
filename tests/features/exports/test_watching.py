"""Listening to exports being made: one look for all, an end for everybody, and no more than fit."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from app.features.exports.queries import own
from app.features.exports.service import watching
from app.models import Organization
from tests.support.client import Api
from tests.support.databases import Copies
from tests.support.places import Place
from tests.support.processes import Processes
from tests.support.statements import QueryCounter

LISTENERS, EXPORTS, LOOKS = 24, 4, 4
SOON_SECONDS = 60.0


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a watch has looked; it does so without much of a pause."""
    counted: Counter[str] = Counter()
    look = watching.Watch.look

    async def counting(watch: watching.Watch) -> None:
        await look(watch)
        counted["looks"] += 1

    monkeypatch.setattr(watching.Watch, "look", counting)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.01)
    return counted


def body(place: Place) -> dict[str, Any]:
    return {"kind": "activities", "format": "ndjson", "campaign_id": place.campaign["id"]}


async def ask(api: Api, place: Place, count: int) -> list[str]:
    exports = [await api.post("/v1/exports", body(place), expect=202) for _ in range(count)]
    return [export["id"] for export in exports]


def listen(api: Api, export_id: str) -> asyncio.Task[Any]:
    return asyncio.create_task(api.send("GET", f"/v1/exports/{export_id}/events", expect=200))


def listening(api: Api) -> int:
    watch: watching.Watch | None = getattr(api.app.state, "export_watch", None)
    return watch.streams if watch else 0


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        while not true():  # noqa: ASYNC110 - of several kinds
            await asyncio.sleep(0.01)


async def test_one_look_is_one_statement_for_all_who_listen(
    place: Place, query_counter: QueryCounter, looks: Counter[str]
) -> None:
    callers = (place.reporter, place.reviewer)
    streams = [
        listen(api, export_id)
        for api in callers
        for export_id in await ask(api, place, EXPORTS)
        for _ in range(LISTENERS // EXPORTS // len(callers))
    ]
    await until(lambda: listening(place.admin) == LISTENERS)
    with query_counter.counting() as statements:
        before = looks["looks"]
        await until(lambda: looks["looks"] >= before + LOOKS)
        made = looks["looks"] - before
        asked = [statement for statement in statements if "FROM exports" in statement]
    # One may be under way at either end.
    assert LOOKS - 1 <= len(asked) <= made + 2

    await place.admin.work()
    for answer in await asyncio.gather(*streams):
        assert answer.text.startswith("retry: ")
        assert answer.text.count("event: end\n") == 1
    assert listening(place.admin) == 0


async def test_whoever_no_longer_sees_an_export_hears_nothing_of_it(
    place: Place, looks: Counter[str]
) -> None:
    (export_id,) = await ask(place.reviewer, place, 1)
    stream = listen(place.reviewer, export_id)
    await until(lambda: looks["looks"] > 0)
    async with place.admin.database.writing() as session:
        unit = await session.get_one(Organization, UUID(place.unit["id"]))
        unit.path = "elsewhere/"
    await place.admin.work()
    assert "event: end" not in (await stream).text


@pytest.mark.parametrize("why", ["stopping", "hung up", "no answer"])
async def test_streams_end_with_the_process_their_caller_and_a_look_that_fails(
    place: Place, looks: Counter[str], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    (export_id,) = await ask(place.reviewer, place, 1)
    streams = [listen(place.reviewer, export_id) for _ in range(3)]
    await until(lambda: looks["looks"] > 0)
    if why == "stopping":
        place.admin.app.state.stopping.set()
    elif why == "hung up":
        for stream in streams:
            stream.cancel()
    else:

        async def fail(*_given: Any) -> None:
            raise ConnectionError

        monkeypatch.setattr(own, "find_watched", fail)
    async with asyncio.timeout(SOON_SECONDS):
        ended: list[Any] = await asyncio.gather(*streams, return_exceptions=True)
    if why != "hung up":
        assert [answer.text.count("event: progress\n") for answer in ended] == [1, 1, 1]
    assert listening(place.admin) == 0


@pytest.mark.usefixtures("looks")
async def test_one_caller_leaves_streams_to_the_others_and_none_are_too_many(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_OF_ONE", 2)
    monkeypatch.setattr(watching, "MOST", 3)
    streams = []
    for api, room in ((place.reviewer, 2), (place.reporter, 1)):
        (export_id,) = await ask(api, place, 1)
        for _ in range(room):
            streams.append(listen(api, export_id))
            await until(lambda: listening(place.admin) == len(streams))
        path = f"/v1/exports/{export_id}/events"
        refused = await api.send("GET", path, expect=503)
        assert refused.headers["Retry-After"]
    place.admin.app.state.stopping.set()
    await asyncio.gather(*streams)


@pytest.mark.usefixtures("looks")
async def test_a_head_of_a_stream_is_no_stream(place: Place) -> None:
    (export_id,) = await ask(place.reviewer, place, 1)
    async with asyncio.timeout(SOON_SECONDS):
        answer = await place.reviewer.send("HEAD", f"/v1/exports/{export_id}/events", expect=200)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.content == b""
    place.admin.app.state.stopping.set()


async def test_a_stop_ends_streams_in_good_order(database_copies: Copies, tmp_path: Path) -> None:
    processes = Processes(database_copies(), tmp_path, linger_seconds=0, shutdown_seconds=40)
    try:
        key = await asyncio.to_thread(processes.found)
        processes.start("server", *(["--no-worker"] if processes.embedded else []))
        await asyncio.to_thread(processes.wait, "server")
        reader, writer = await _streaming(processes, key)
        await reader.readuntil(b"event: progress\n")
        await asyncio.to_thread(processes.end, "server")
        assert (await reader.read()).endswith(b"\r\n0\r\n\r\n")
        writer.close()
    finally:
        await asyncio.to_thread(processes.stop)


async def _streaming(
    processes: Processes, key: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream of an export that nobody makes."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=processes.address, headers=headers) as http:
        root = (await http.get("/v1/units")).json()["data"][0]["id"]
        given = {"template": "mass-line-discussion-2012", "root_unit_id": root}
        campaign = (await http.post("/v1/campaigns", json=given)).json()["id"]
        wanted = {"kind": "activities", "format": "ndjson", "campaign_id": campaign}
        answer = await http.post("/v1/exports", json={**wanted, "unit_id": root})
        assert answer.status_code == 202, answer.text
    reader, writer = await asyncio.open_connection("127.0.0.1", processes.port)
    path = f"/v1/exports/{answer.json()['id']}/events"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    return reader, writer
