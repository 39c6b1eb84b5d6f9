"""Refusals at the door as bytes: what an overloaded process answers most must cost it least.

The answer is the one of the application, recorded once in each language; only the id of the
request is put in. Whatever needs more than that is left to the application.
"""

from collections.abc import Sequence
from typing import Final, get_args

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Scope

from app.http.asgi import brings_little, request_id_of
from app.http.context import find_context
from app.http.lanes import LaneOf
from app.kit.language import Language, preferred

Headers = Sequence[tuple[bytes, bytes]]

_SPECIAL: Final = frozenset({b"origin", b"expect"})
"""Who sends one of these is answered otherwise: with headers for browsers, or before the body."""
_ID: Final = "the-id-of-the-request"


class Gate:
    """Tells whether a request is refused for want of room, and with which bytes."""

    def __init__(
        self,
        lane_of: LaneOf,
        answers: dict[str, tuple[bytes, bytes]],
    ) -> None:
        """`answers` are the head and the body in each language."""
        self._lane_of = lane_of
        self._answers = answers

    def refusal(
        self, method: bytes, url: bytes, given: Headers, host: str, dated: Headers
    ) -> bytes | None:
        """Return the answer to a request for which there is no room, else None.

        `dated`: the headers that the server adds to every answer.
        """
        path = url.partition(b"?")[0]
        if method == b"HEAD" or b"%" in path or not path.startswith(b"/"):
            return None
        headers = dict(given)
        if not brings_little(headers) or not _SPECIAL.isdisjoint(headers):
            return None
        lane = self._lane_of(method.decode("ascii"), path.decode("ascii"), small=True)
        if lane is None or lane.has_room(headers.get(b"authorization") or host.encode()):
            return None
        lane.refuse()
        head, body = self._answers[
            preferred(headers.get(b"accept-language", b"").decode("latin-1"))
        ]
        request_id = request_id_of(headers).encode("ascii")
        lines = [b"%b: %b\r\n" % each for each in dated]
        body = body.replace(_ID.encode(), request_id)
        length = b"content-length: %d\r\n\r\n" % len(body)
        return b"".join([head, *lines, b"x-request-id: ", request_id, b"\r\n", length, body])


async def gate_of(app: FastAPI) -> Gate:
    """Return the gate of an application that is configured."""
    answers = {each: await _recorded(app.state.refusal, each) for each in get_args(Language)}
    return Gate(app.state.lane_of, answers)


async def _recorded(refusal: ASGIApp, language: str) -> tuple[bytes, bytes]:
    """Return head and body of what an application answers to everybody, but the end of the head."""
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1",
        "headers": [(b"accept-language", language.encode("ascii"))],
        "client": None,
    }
    find_context(scope).request_id = _ID
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await refusal(scope, receive, send)
    begin, end = sent
    lines = [b"%b: %b\r\n" % each for each in begin["headers"] if each[0] != b"content-length"]
    return b"".join([b"HTTP/1.1 503 Service Unavailable\r\n", *lines]), end["body"]
