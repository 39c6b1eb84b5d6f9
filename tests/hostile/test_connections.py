"""Hostile connections without a credential: heads and bodies without end, half sent, never read.

The process stays small, ends them, and meanwhile answers everybody else. The long form sends what
would have been read to the end: 2,000,000 lines, 200 MB.
"""

import asyncio
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from tests.hostile.wire import (
    MIB,
    Answer,
    Wire,
    all_closed,
    is_answered,
    is_broken,
    memory,
    pieces,
    unread,
)
from tests.support.databases import Copies
from tests.support.service import Service, serving

FACTOR = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
GET = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n"
POST = (
    b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
)
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = b"GET /problems HTTP/1.1\r\nHost: x\r\n"
"""Takes no body, but lets one of any size in before it says so."""
FLOOD = 40 * MIB


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    await all_closed()


@pytest.fixture(scope="module")
def service(sqlite_copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One process with the limits as they are shipped, for whoever does not wait for them."""
    folder = tmp_path_factory.mktemp("service")
    with serving(sqlite_copies(), folder, run_worker=False) as found:
        yield found


@pytest.fixture(scope="module")
def hasty(sqlite_copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One process with short limits."""
    folder = tmp_path_factory.mktemp("hasty")
    with serving(
        sqlite_copies(),
        folder,
        run_worker=False,
        head_timeout_seconds=1,
        body_timeout_seconds=1,
        keep_alive_seconds=1,
        max_connections=20,
        max_unfinished_bytes=MIB,
    ) as found:
        yield found


FLOODS = {
    "lines": (GET, b"X: y\r\n", 431),
    "short lines": (GET, b"a:\r\n" * 1000, 431),
    "one header": (GET + b"X: ", b"y" * 65536, 431),
    "name of a header": (GET, b"y" * 65536, 431),
    "address": (b"GET /", b"y" * 65536, 414),
    "query": (b"GET /v1/units?q=", b"y" * 65536, 414),
    "nothing but ends of lines": (b"", b"\r\n" * 30000, 431),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10000, 431),
    "one trailer": (CHUNKED + b"0\r\nX: ", b"y" * 65536, 431),
    "chunks of a byte": (CHUNKED, b"1\r\ny\r\n" * 10000, 431),
    "size of a chunk": (CHUNKED + b"1;x=", b"y" * 65536, 431),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_what_has_no_end_is_refused_in_the_middle(service: Service, kind: str) -> None:
    begin, piece, status = FLOODS[kind]
    before = memory(service)
    wire = await Wire.opened(service)
    await wire.send(begin)
    _, answer = await wire.send_until_answered(pieces(piece, FLOOD * FACTOR))
    assert answer.status == status
    assert answer.problem() in {"headers_too_large", "uri_too_long"}
    assert await wire.ended()
    assert await is_answered(service)
    assert memory(service) - before < 16 * MIB


@pytest.mark.parametrize("size", [60 * 1024, 65 * 1024])
async def test_a_long_head_is_let_through_up_to_the_limit(service: Service, size: int) -> None:
    wire = await Wire.opened(service)
    await wire.send(GET + b"X: " + b"y" * size + b"\r\n\r\n")
    assert (await wire.answer()).status == (200 if size < 64 * 1024 else 431)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", None),
        (b"GET", "request_timeout"),
        (GET, "request_timeout"),
        (POST + b"Content-Length: 100\r\n\r\n{", "request_timeout"),
        (CHUNKED + b"1\r\n{\r\n", "request_timeout"),
    ],
)
async def test_what_is_half_sent_ends_in_time(
    hasty: Service, sent: bytes, code: str | None
) -> None:
    wire = await Wire.opened(hasty)
    await wire.send(sent)
    if code is not None:
        answer = await wire.answer()
        assert (answer.status, answer.problem()) == (408, code)
    assert await wire.ended()


@pytest.mark.parametrize("begin", [GET + b"X: ", POST + b"Content-Length: 60000\r\n\r\n", CHUNKED])
async def test_what_trickles_ends_in_time(hasty: Service, begin: bytes) -> None:
    wire = await Wire.opened(hasty)
    await wire.send(begin)
    trickle = b"1\r\ny\r\n" if begin == CHUNKED else b"y"
    _, answer = await wire.send_until_answered(pieces(trickle, 300 * len(trickle)), pause=0.1)
    assert (answer.status, answer.problem()) == (408, "request_timeout")


async def test_a_slow_body_that_gets_on_is_waited_for(hasty: Service) -> None:
    wire = await Wire.opened(hasty)
    body = b" " * (128 * 1024)
    await wire.send(LARGE + b"Content-Length: %d\r\n\r\n" % len(body))
    for start in range(0, len(body), 16 * 1024):
        await wire.send(body[start : start + 16 * 1024])
        await asyncio.sleep(0.3)
    assert (await wire.answer()).status != 408


async def test_a_connection_that_rests_ends_in_time_and_not_before(hasty: Service) -> None:
    wire = await Wire.opened(hasty)
    for _ in range(3):
        await wire.send(GET + b"\r\n")
        assert (await wire.answer()).status == 200
        await asyncio.sleep(0.1)
    assert await wire.ended()


async def test_half_sent_bodies_hold_no_memory(service: Service) -> None:
    before = memory(service)
    size = 4 * MIB - 1024
    wires = []
    for _ in range(100):
        wire = await Wire.opened(service)
        await wire.send(LARGE + b"Content-Length: %d\r\n\r\n" % size + b" " * (size - 100))
        wires.append(wire)
        assert await is_answered(service)
    assert memory(service) - before < 64 * MIB
    first = await wires[0].answer()
    assert (first.status, first.problem()) == (503, "unavailable")
    assert int(first.headers["retry-after"]) > 0
    small = await Wire.opened(service)
    await small.send(POST + b"Content-Length: 2\r\n\r\n{}")
    assert (await small.answer()).status < 500


async def test_thousands_of_silent_connections_shut_nobody_out(service: Service) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 4000:
        pytest.skip("this system lets a process have fewer than 4,000 files open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    before = memory(service)
    wires = [await Wire.opened(service) for _ in range(2200)]
    for wire in wires[-1000:]:
        await wire.send(GET + b"X: " + b"y" * 30000)
    assert await is_answered(service)
    assert memory(service) - before < 64 * MIB
    ended = await asyncio.gather(*(wire.ended(1) for wire in wires[:200]))
    assert all(ended), "whoever was silent longest makes way"


async def test_whoever_had_answers_makes_way_after_the_strangers(hasty: Service) -> None:
    known = await Wire.opened(hasty)
    await known.send(GET + b"\r\n")
    assert (await known.answer()).status == 200
    strangers = [await Wire.opened(hasty) for _ in range(30)]
    await known.send(GET + b"\r\n")
    assert (await known.answer()).status == 200
    assert (await strangers[0].answer()).problem() == "unavailable"


async def test_answers_that_nobody_reads_hold_no_memory(hasty: Service) -> None:
    before = memory(hasty)
    with ExitStack() as stack:
        asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 8
        asking = [stack.enter_context(unread(hasty, asked)) for _ in range(12)]
        broken: set[socket.socket] = set()
        while len(broken) < 6:
            broken |= {each for each in asking if is_broken(each)}
            assert await is_answered(hasty)
            await asyncio.sleep(0.1)
        assert memory(hasty) - before < 64 * MIB


async def test_what_is_no_http_is_a_problem_like_any_other(service: Service) -> None:
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / FTP/1.1\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\n\r\n",
        GET + b"Host: y\r\n\r\n",
    ):
        wire = await Wire.opened(service)
        await wire.send(garbage)
        answer = await wire.answer()
        assert (answer.status, answer.problem()) == (400, "malformed")
        assert await wire.ended()
    old = await Wire.opened(service)
    await old.send(b"GET /healthz/live HTTP/1.0\r\n\r\n")
    assert (await old.answer()).status == 200


async def test_requests_sent_at_once_are_answered_in_turn_but_not_without_end(
    service: Service,
) -> None:
    wire = await Wire.opened(service)
    await wire.send((GET + b"\r\n") * 5)
    assert [(await wire.answer()).status for _ in range(5)] == [200] * 5
    await wire.send((GET + b"\r\n") * 1000)
    answers: list[Answer] = []
    while not answers or answers[-1].headers.get("connection") != "close":
        answers.append(await wire.answer())
    assert {answer.status for answer in answers} == {200}
    assert 5 <= len(answers) <= 20
    assert await wire.ended()


async def test_whoever_asks_before_garbage_is_answered_first(service: Service) -> None:
    wire = await Wire.opened(service)
    await wire.send(GET + b"\r\n\x00\x01\x02")
    answer = await wire.answer()
    assert answer.status == 200
    assert await wire.ended()


async def test_a_refusal_is_read_by_whoever_still_sends(service: Service) -> None:
    wire = await Wire.opened(service)
    await wire.send(POST + b"Content-Length: %d\r\n\r\n" % (30 * MIB))
    _, answer = await wire.send_until_answered(pieces(b" " * 65536, 30 * MIB))
    assert (answer.status, answer.problem()) == (413, "too_large")


async def test_another_protocol_is_not_spoken(service: Service) -> None:
    wire = await Wire.opened(service)
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    await wire.send(GET + upgrade + key + GET + b"\r\n")
    answer = await wire.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert await wire.ended()
