"""More requests than a process can work on: refused at the door, and nothing else stands still."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.types import Message, Receive, Scope, Send

from app.contract import serving
from app.db import Database
from app.http.asgi import Refusal
from app.http.authenticator import Authenticator
from app.http.door import Door
from app.http.lanes import Bounds, FullLaneError, Lane
from app.kit.problems import Unavailable
from tests.support.callers import caller
from tests.support.client import Api, started
from tests.support.factories import root
from tests.support.statements import QueryCounter

pytestmark = pytest.mark.one_database

Handler = Callable[[Receive, Send], Awaitable[None]]


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Requests for `/v1/me` stand still until this event, before they ask the database."""
    event, admit = asyncio.Event(), Authenticator.admit

    async def wait(self: Authenticator, request: Request) -> Any:
        if request.url.path == "/v1/me":
            await event.wait()
        return await admit(self, request)

    monkeypatch.setattr(Authenticator, "admit", wait)
    return event


async def figure(api: Api, name: str) -> float:
    text = (await api.send("GET", "/metrics", expect=200)).text
    found = re.search(rf'^dajiatan_door_{name}{{lane="ordinary"}} (\S+)$', text, re.MULTILINE)
    assert found
    return float(found.group(1))


async def filled(api: Api, count: int, queued: int) -> list[asyncio.Task[Any]]:
    """Requests that stand still, once as many of them wait for a place."""
    tasks = [asyncio.create_task(api.send("GET", "/v1/me")) for _ in range(count)]
    await waiting(api, queued)
    return tasks


async def waiting(api: Api, queued: int) -> None:
    """Wait until as many requests wait for a place."""
    for _ in range(3000):
        if await figure(api, "queued") == queued:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{queued} requests never waited")


async def test_what_does_not_fit_is_refused_unread_and_the_rest_goes_on(
    database: Database, database_url: str, stuck: asyncio.Event, query_counter: QueryCounter
) -> None:
    api = await started(
        database, database_url, requests_at_once=2, queue_length=4, queue_seconds=60
    )
    other = await caller(api, "viewer", await root(api))
    before = await figure(api, "refused_total")
    tasks = await filled(api, 4, queued=2)
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"{}"

    with query_counter.counting() as statements:
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        refused = await api.http.post("/v1/units", content=body(), headers=headers)
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["x-frame-options"] == "DENY"
    problem = refused.json()
    assert problem["code"] == "unavailable"
    assert problem["request_id"] == refused.headers["x-request-id"]
    assert (read, statements) == (False, [])

    assert await figure(api, "refused_total") == before + 1
    assert await figure(api, "in_flight") == 2
    for path in ("/healthz/live", "/healthz/ready"):
        await api.get(path)
    client = f"/v1/clients/{other.client['id']}"
    await api.change("PATCH", client, {"active": False})
    key = f"{client}/keys/{other.key['id']}"
    await api.change("POST", f"{key}/revocation", of=key)

    stuck.set()
    assert [(await task).status_code for task in tasks] == [200] * 4
    assert (await figure(api, "in_flight"), await figure(api, "queued")) == (0, 0)


async def test_one_caller_leaves_room_in_the_queue_for_another(
    database: Database, database_url: str, stuck: asyncio.Event
) -> None:
    api = await started(
        database, database_url, requests_at_once=1, queue_length=6, queue_seconds=60
    )
    other = await caller(api, "viewer", await root(api))
    tasks = await filled(api, 9, queued=3)

    fourth = asyncio.create_task(other.api.send("GET", "/v1/me"))
    await waiting(api, 4)
    stuck.set()

    assert (await fourth).status_code == 200
    assert sorted([(await task).status_code for task in tasks]) == [200] * 4 + [503] * 5


async def test_whoever_waits_for_the_document_takes_up_no_place(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask for it, and it takes longest to make."""
    api = await started(
        database, database_url, requests_at_once=2, queue_length=4, queue_seconds=60
    )
    begun, made = threading.Event(), threading.Event()

    write = serving.write

    def make(app: FastAPI, part: Any) -> Any:
        begun.set()
        assert made.wait(60)
        return write(app, part)

    monkeypatch.setattr(serving, "write", make)
    paths = ("/openapi.json", "/docs/submit.json") * 6
    tasks = [asyncio.create_task(api.send("GET", path)) for path in paths]
    try:
        assert await asyncio.to_thread(begun.wait, 60)
        await api.get("/v1/me")
    finally:
        made.set()
    assert {(await task).status_code for task in tasks} == {200, 503}


async def test_who_sends_slowly_takes_up_no_place(database: Database, database_url: str) -> None:
    api = await started(database, database_url, requests_at_once=1, queue_length=0)
    waits, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        waits.set()
        await goes_on.wait()
        yield b"}"

    headers = {"Content-Type": "application/json"}
    task = asyncio.create_task(api.http.post("/v1/units", content=slow(), headers=headers))
    await waits.wait()
    await api.get("/v1/me")
    goes_on.set()
    assert (await task).status_code == 422


class Visitor:
    """One request at a door whose application is a function of the test."""

    def __init__(
        self, lane: Lane, handler: Handler, *messages: Message, gone: bool = False
    ) -> None:
        self.status = 0
        self._after = "http.disconnect" if gone else "http.request"
        self._messages = list(messages)

        async def app(_scope: Scope, receive: Receive, send: Send) -> None:
            await handler(receive, send)

        self._door = Door(app, Refusal(Unavailable, "http://dajiatan.test"), lambda *_, **__: lane)

    async def come(self) -> int:
        """The status of the answer, 0 for none."""
        length = (b"content-length", b"2" if self._messages else b"0")
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/units",
            "headers": [length],
            "client": ("::1", 1),
        }
        scope["headers"] = [length]
        await self._door(scope, self._receive, self._send)
        return self.status

    def hang_up(self) -> None:
        """Be gone from now on."""
        self._after = "http.disconnect"

    async def _receive(self) -> Message:
        return self._messages.pop(0) if self._messages else {"type": self._after}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)


async def answer(_receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def fail(_receive: Receive, _send: Send) -> None:
    raise OSError


async def fail_late(receive: Receive, send: Send) -> None:
    await answer(receive, send)
    raise OSError


async def read_all(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "http.request":
        if not message.get("more_body"):
            await answer(receive, send)
            return
    raise OSError


async def stand_still(_receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


def lane(waiting: int = 0, seconds: float = 60) -> Lane:
    return Lane("test", Bounds(1, waiting, seconds))


PART: Message = {"type": "http.request", "body": b"{", "more_body": True}
END: Message = {"type": "http.request", "body": b"}", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("handler", "messages"),
    [
        (answer, []),
        (fail, []),
        (fail_late, []),
        (answer, [PART]),
        (read_all, [PART, END]),
        (read_all, [PART, GONE]),
        (read_all, [GONE]),
        (fail, [PART]),
    ],
)
async def test_a_place_is_given_back_however_a_request_ends(
    handler: Handler, messages: list[Message]
) -> None:
    one = lane()
    for _ in range(3):
        try:
            await Visitor(one, handler, *messages).come()
        except OSError:
            continue
    assert await Visitor(one, answer).come() == 200


async def test_a_place_is_given_back_by_who_is_cancelled_inside_or_in_the_queue() -> None:
    one = lane(waiting=9)
    inside = asyncio.create_task(Visitor(one, stand_still).come())
    await asyncio.sleep(0)
    queued = [asyncio.create_task(Visitor(one, stand_still).come()) for _ in range(3)]
    last = asyncio.create_task(Visitor(one, answer).come())
    await asyncio.sleep(0)
    # The first of the queue is cancelled at the very moment at which its place comes.
    inside.cancel()
    await asyncio.sleep(0)
    for task in queued:
        task.cancel()

    assert await last == 200
    assert await Visitor(one, answer).come() == 200
    ended = await asyncio.gather(inside, *queued, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended)


async def test_nothing_is_done_for_who_has_hung_up_before_its_turn() -> None:
    lane, done = Lane("ordinary", Bounds(1, 8, 60)), list[str]()

    async def work(receive: Receive, send: Send) -> None:
        done.append((await receive())["type"])
        await answer(receive, send)

    gone, there = Visitor(lane, work, gone=True), Visitor(lane, work)
    await lane.enter(b"")
    comers = [asyncio.create_task(each.come()) for each in (gone, there)]
    await asyncio.sleep(0)
    lane.leave()

    assert [await comer for comer in comers] == [0, 200]
    assert done == ["http.request"]
    assert lane.has_room(b"")


async def test_nothing_is_done_for_who_was_reset_while_the_loop_was_busy() -> None:
    """The loop hears of it a turn or two after it took the request in."""
    lane, done = Lane("ordinary", Bounds(1, 8, 60)), list[str]()

    async def work(_receive: Receive, send: Send) -> None:
        done.append("begun")
        await answer(_receive, send)

    visitor, loop = Visitor(lane, work), asyncio.get_running_loop()
    coming = asyncio.create_task(visitor.come())
    loop.call_soon(loop.call_soon, visitor.hang_up)

    assert (await coming, done) == (0, [])


async def test_who_waits_too_long_is_refused_and_the_next_is_not() -> None:
    one = lane(waiting=2, seconds=0.005)
    inside = asyncio.create_task(Visitor(one, stand_still).come())
    await asyncio.sleep(0)
    assert await Visitor(one, answer).come() == 503

    inside.cancel()
    await asyncio.sleep(0)
    assert await Visitor(one, answer).come() == 200


async def test_who_comes_back_with_its_body_comes_first_and_does_not_wait_for_ever() -> None:
    one = lane(waiting=9)
    order: list[str] = []

    async def note(receive: Receive, send: Send) -> None:
        await read_all(receive, send)
        order.append("back")

    async def tell(receive: Receive, send: Send) -> None:
        order.append("new")
        await answer(receive, send)

    await one.enter(b"")
    new = asyncio.create_task(Visitor(one, tell).come())
    await asyncio.sleep(0)
    one.leave()
    back = asyncio.create_task(Visitor(one, note, END).come())
    assert (await new, await back) == (200, 200)

    one = lane(waiting=9, seconds=0.005)
    with pytest.raises(Unavailable):
        await Visitor(one, _read_while_taken(one), END).come()
    with pytest.raises(FullLaneError):
        await one.enter(b"")
    one.leave()
    assert await Visitor(one, answer).come() == 200


def _read_while_taken(one: Lane) -> Handler:
    """Reads its body; meanwhile somebody else takes its place, and keeps it."""

    async def handle(receive: Receive, _send: Send) -> None:
        thief = asyncio.create_task(one.enter(b"thief"))
        await asyncio.sleep(0)
        await receive()
        await thief

    return handle


async def test_the_queue_is_as_short_as_places_come_free_slowly() -> None:
    """Where a place takes ten seconds, no more than six can hope for one within a minute."""
    now = 0.0
    one = Lane("test", Bounds(1, 200, 60), lambda: now)
    await one.enter(b"a")
    for _ in range(40):
        turn = asyncio.create_task(one.enter(b"b"))
        await asyncio.sleep(0)
        now += 10
        one.leave()
        await turn
        # Who waits for the bytes of its caller gives its place up, and comes back at once.
        again = asyncio.create_task(one.enter(b"c"))
        await asyncio.sleep(0)
        one.leave(done=False)
        await again

    turns = [asyncio.create_task(one.enter(b"%d" % number)) for number in range(6)]
    await asyncio.sleep(0)
    assert not any(turn.done() for turn in turns)
    with pytest.raises(FullLaneError):
        await one.enter(b"d")
    now += 300  # and since then none has come free at all
    one.leave()
    await turns.pop(0)
    with pytest.raises(FullLaneError):
        await one.enter(b"d")
    for turn in turns:
        one.leave()
        await turn


async def test_a_lane_that_was_slow_once_is_found_quick_again() -> None:
    now = 0.0
    one = Lane("test", Bounds(1, 200, 60), lambda: now)
    await one.enter(b"a")
    for pause in [500.0] * 20 + [0.1] * 60:
        turn = asyncio.create_task(one.enter(b"b"))
        await asyncio.sleep(0)
        now += pause
        one.leave()
        await turn

    turns = [asyncio.create_task(one.enter(b"%d" % number)) for number in range(100)]
    await asyncio.sleep(0)
    assert not any(turn.done() for turn in turns)
    for turn in turns:
        one.leave()
        await turn
