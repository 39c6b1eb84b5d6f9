"""The door of a process: what does not fit is refused here, before anything of it is read.

A request has a place in its lane while it is worked on: not while it waits for the bytes of its
caller, nor once its answer has begun. So nobody takes up a place by being slow.
"""

import asyncio
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.asgi import brings_little
from app.http.context import find_context
from app.http.lanes import FullLaneError, Lane, LaneOf
from app.kit.problems import Unavailable

_TURNS: Final = 3
"""Of the event loop, in which it hears of connections that were reset while it was busy."""


class Door:
    """Lets requests in by lanes, and sends those away for which there is no room."""

    def __init__(self, app: ASGIApp, refusal: ASGIApp, lane_of: LaneOf) -> None:
        """`refusal` answers those who are sent away, and reads nothing of them."""
        self._app = app
        self._refusal = refusal
        self._lane_of = lane_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the application, or refuse."""
        lane = None
        if scope["type"] == "http":
            little = brings_little(dict(scope["headers"]))
            lane = self._lane_of(scope["method"], scope["path"], small=little)
        if lane is None:
            await self._app(scope, receive, send)
            return
        visit = _Visit(lane, scope, receive, send)
        try:
            await visit.enter()
        except FullLaneError:
            lane.refuse()
            await self._refusal(scope, receive, send)
            return
        try:
            if not await visit.is_gone():
                await self._app(scope, visit.receive, visit.send)
        finally:
            visit.leave()


class _Visit:
    """One request and its place."""

    def __init__(self, lane: Lane, scope: Scope, receive: Receive, send: Send) -> None:
        self._lane = lane
        self._scope = scope
        self._receive = receive
        self._send = send
        self._asker, self._awaited = _seen(scope)
        self._inside = False
        self._first: Message | None = None

    async def enter(self) -> None:
        came = perf_counter()
        await self._lane.enter(self._asker)
        self._inside = True
        context = find_context(self._scope)
        context.arrived, context.connections = came, self._lane.behind

    def leave(self, *, done: bool = True) -> None:
        if self._inside:
            self._inside = False
            self._lane.leave(done=done)

    async def is_gone(self) -> bool:
        """Return whether the caller has hung up before its turn came.

        Only of a request without a body, all of which has come: whoever waits for a body is told by
        what reads it.
        """
        if self._awaited:
            return False
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._first = await self._receive()
        return bool(self._first["type"] == "http.disconnect")

    async def receive(self) -> Message:
        """Wait for the caller without a place; with its last byte there is work to do again."""
        if self._first is not None:
            message, self._first = self._first, None
            return message
        if not self._awaited:
            return await self._receive()
        self.leave(done=False)
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._awaited = False
            try:
                await self._lane.enter(self._asker, again=True)
            except FullLaneError as error:
                self._lane.refuse()
                raise Unavailable from error
            self._inside = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._awaited = False
            self.leave()
        await self._send(message)


def _seen(scope: Scope) -> tuple[bytes, bool]:
    """Tell who asks, as far as can be seen from outside, and whether a body is to come."""
    asker, body = b"", False
    for name, value in scope["headers"]:
        if name == b"authorization":
            asker = value
        elif name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            body = True
    host = (scope.get("client") or ("",))[0]
    return asker or host.encode(), body
