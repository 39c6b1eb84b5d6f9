"""A tiny server that answers what a test tells it to, one answer after the other."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """One answer; `breaks_after` so many bytes of its body, or before its head if None is sent."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks_after: int | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class StandIn:
    """What it will answer, and what it was asked."""

    def __init__(self, url: str) -> None:
        """Nothing was asked yet."""
        self.url = url
        self.answers: list[Told] = []
        self.asked: list[Asked] = []


def problem(status: int, code: str, **headers: str) -> Told:
    """A refusal as the service makes it."""
    body = {"status": status, "code": code, "title": code, "detail": f"“{code}”"}
    return Told(status, json.dumps(body).encode(), headers)


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Serve until the test is over."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            _answer(self, stand_in)

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - as the library calls them

        def log_message(self, *_given: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in = StandIn(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()


def _answer(handler: BaseHTTPRequestHandler, stand_in: StandIn) -> None:
    length = int(handler.headers.get("Content-Length", 0))
    body = handler.rfile.read(length)
    headers = {name.lower(): value for name, value in handler.headers.items()}
    stand_in.asked.append(Asked(handler.command, handler.path, headers, body))
    told = stand_in.answers.pop(0)
    if told.silent:
        handler.close_connection = True
        return
    handler.send_response(told.status)
    for name, value in told.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(told.body)))
    handler.end_headers()
    handler.wfile.write(told.body[: told.breaks_after])
    handler.close_connection = told.breaks_after is not None
