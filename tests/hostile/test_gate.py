"""Refusals as bytes: the application's own answers, and connections that go on after them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import Request

from app.db import Database
from app.http.authenticator import Authenticator
from app.serving.gate import Gate
from app.serving.protocol import GuardedProtocol
from app.serving.server import Server
from tests.hostile.wire import Answer, Wire, all_closed
from tests.support.client import SECRET, Api, started
from tests.support.service import Service

pytestmark = pytest.mark.one_database

ME = b"GET /v1/me HTTP/1.1\r\nHost: x\r\n"
LIVE = b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /v1/units HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nAccept-Language: en\r\n"


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    await all_closed()


class Stuck:
    """A request for `/v1/me` that has the only place: `inside` once it has, until `go_on`."""

    def __init__(self) -> None:
        """Nobody is inside yet."""
        self.inside, self.go_on = asyncio.Event(), asyncio.Event()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Stuck:
    found, admit = Stuck(), Authenticator.admit

    async def wait(self: Authenticator, request: Request) -> Any:
        if request.url.path == "/v1/me":
            found.inside.set()
            await found.go_on.wait()
        return await admit(self, request)

    monkeypatch.setattr(Authenticator, "admit", wait)
    return found


@pytest.fixture
async def api(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("DAJIATAN_DATABASE_URL", database_url)
    monkeypatch.setenv("DAJIATAN_SECRET_KEY", SECRET)
    return await started(database, database_url, requests_at_once=1, queue_length=0)


@asynccontextmanager
async def served(api: Api, tmp_path: Path) -> AsyncIterator[Service]:
    """The application behind the protocol that is shipped, on this very loop."""
    config = uvicorn.Config(
        api.app, http=GuardedProtocol, ws="none", lifespan="off", log_config=None,
        proxy_headers=False, server_header=False,
    )  # fmt: skip
    server = Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield Service([address], api.key or "", [], tmp_path / "log")
    finally:
        server.should_exit = server.force_exit = True
        await all_closed()
        await task


async def test_the_answer_is_the_applications_and_the_connection_goes_on(
    api: Api, stuck: Stuck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[bytes] = []
    ask = Gate.refusal

    def seen(self: Gate, *given: Any) -> bytes | None:
        answer = ask(self, *given)
        refused.extend([] if answer is None else [answer])
        return answer

    monkeypatch.setattr(Gate, "refusal", seen)
    async with served(api, tmp_path) as service:
        first = await Wire.opened(service)
        await first.send(ME + f"Authorization: Bearer {api.key}\r\n\r\n".encode())
        await stuck.inside.wait()

        wire = await Wire.opened(service)
        await wire.send(POST + b"X-Request-ID: mine\r\n\r\n{}" + POST + b"\r\n{}" + LIVE)
        answers = [await wire.answer() for _ in range(3)]
        assert [each.status for each in answers] == [503, 503, 200]
        assert len(refused) == 2
        headers = {"Accept-Language": "en", "X-Request-ID": "mine"}
        same = await api.http.post("/v1/units", content=b"{}", headers=headers)
        assert _of(answers[0]) == ({n: v.lower() for n, v in same.headers.items()}, same.json())
        assert answers[1].headers["x-request-id"] == json.loads(answers[1].body)["request_id"]

        # What is sent behind a request that is worked on waits for its answer.
        await first.send(LIVE + ME + f"Authorization: Bearer {api.key}\r\n\r\n".encode())
        stuck.go_on.set()
        assert [(await first.answer()).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("request_", "goes_on"),
    [
        (ME + b"Origin: http://x\r\n\r\n", True),
        (ME + b"Expect: 100-continue\r\n\r\n", True),
        (b"GET /v1/%6de HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET /v1/me HTTP/1.0\r\nHost: x\r\n\r\n", False),
        (ME + b"Connection: close\r\n\r\n", False),
        # What follows an upgrade cannot be read: the answer has to say that the connection ends.
        (ME + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", False),
        (POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n{}", False),
        (ME + b"Content-Length: 40000\r\n\r\n", False),
        (ME + b"Transfer-Encoding: chunked\r\n\r\n", False),
    ],
)
async def test_whatever_needs_more_than_bytes_is_refused_by_the_application(
    api: Api, stuck: Stuck, tmp_path: Path, request_: bytes, *, goes_on: bool
) -> None:
    async with served(api, tmp_path) as service:
        first = await Wire.opened(service)
        await first.send(ME + f"Authorization: Bearer {api.key}\r\n\r\n".encode())
        await stuck.inside.wait()
        wire = await Wire.opened(service)
        await wire.send(request_)
        answer = await wire.answer()
        assert (answer.status, answer.headers.get("connection") != "close") == (503, goes_on)
        if goes_on:
            await wire.send(LIVE)
            assert (await wire.answer()).status == 200
        else:
            assert await wire.ended()
        stuck.go_on.set()
        assert (await first.answer()).status == 200


async def test_a_body_that_never_comes_ends_in_time(api: Api, stuck: Stuck, tmp_path: Path) -> None:
    async with served(api, tmp_path) as service:
        first = await Wire.opened(service)
        await first.send(ME + f"Authorization: Bearer {api.key}\r\n\r\n".encode())
        await stuck.inside.wait()
        wire = await Wire.opened(service)
        await wire.send(POST + b"\r\n{")
        assert (await wire.answer()).status == 503
        assert await wire.ended()
        stuck.go_on.set()
        assert (await first.answer()).status == 200


def _of(answer: Answer) -> tuple[dict[str, str], Any]:
    """Headers and body, without what only a server adds."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return headers, json.loads(answer.body)
