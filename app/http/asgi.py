"""Pure ASGI parts around the application: request ids, HEAD, and the cap on bodies."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.context import find_context
from app.http.refusals import encode_problem
from app.kit import ids
from app.kit.personal import find_resident_number
from app.kit.problems import Problem, TooLarge

LITTLE_BYTES: Final = 32 * 1024
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{1,64}")


class RequestId:
    """Gives every request an id: the caller's `X-Request-ID` if it is fit, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the id into the request's state and on the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(dict(scope["headers"]))
        find_context(scope).request_id = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode("ascii")),
                ]
            await send(message)

        await self.app(scope, receive, send_with_id)


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """Return the id that a request brings along if it is fit, else a new one."""
    given = headers.get(b"x-request-id", b"")
    request_id = given.decode("latin-1")
    # It is kept with what the request changes, as nobody's identity number is.
    if not _REQUEST_ID.fullmatch(given) or find_resident_number(request_id) is not None:
        return str(ids.new_id())
    return request_id


class Head:
    """Answers HEAD wherever there is a GET: the same headers without the body."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application whose routes know nothing of HEAD."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask for a GET, and leave out what it says."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        ended = False

        async def send_headers(message: Message) -> None:
            nonlocal ended
            if ended:
                return
            if message["type"] == "http.response.body":
                # Whoever streams is told with this that nobody listens any more.
                message = {"type": "http.response.body", "body": b""}
                ended = True
            await send(message)

        asked = {**scope, "method": "GET"}
        try:
            await self.app(asked, receive, send_headers)
        finally:
            scope["route"] = asked.get("route")  # for the log


class BodyLimit:
    """Refuses bodies over the limit, by their declared length or as they arrive."""

    def __init__(
        self, app: ASGIApp, *, limit: int, base_url: str, apart: Mapping[str, int]
    ) -> None:
        """`limit` in bytes; `apart` are the paths with a limit of their own."""
        self.app = app
        self.limit = limit
        self.apart = apart
        self.base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 as problem+json; the application never sees more than the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = self.apart.get(scope["path"], self.limit)
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared[:20]) > limit:
            await answer(TooLarge(limit=limit), scope, send, self.base_url, close=True)
            return
        received = 0
        started = False

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise _OverLimitError
            return message

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, limited_receive, watched_send)
        except _OverLimitError:
            if started:
                raise
            await answer(TooLarge(limit=limit), scope, send, self.base_url, close=True)


class Refusal:
    """Answers one problem and reads nothing of the request."""

    def __init__(self, problem: Callable[[], Problem], base_url: str) -> None:
        """`problem` makes it."""
        self._problem = problem
        self._base_url = base_url

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer, and hang up where more than a little of the body would still have to be read."""
        close = not brings_little(dict(scope["headers"]))
        await answer(self._problem(), scope, send, self._base_url, close=close)


def brings_little(headers: Mapping[bytes, bytes]) -> bool:
    """Return whether a body is said to be short, so that it costs next to nothing to read."""
    length = headers.get(b"content-length", b"0")
    little = length.isdigit() and int(length[:20]) <= LITTLE_BYTES
    return little and b"transfer-encoding" not in headers


async def answer(problem: Problem, scope: Scope, send: Send, base_url: str, *, close: bool) -> None:
    """Answer a problem in the caller's language; `close`: and hang up afterwards."""
    headers, body = encode_problem(
        problem,
        accept_language=dict(scope["headers"]).get(b"accept-language", b""),
        base_url=base_url,
        request_id=find_context(scope).request_id,
    )
    if close:
        headers.append((b"connection", b"close"))
    start = {"type": "http.response.start", "status": problem.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})


class _OverLimitError(BaseException):
    """More bytes arrived than allowed; not an `Exception`, so that nothing below swallows it."""
