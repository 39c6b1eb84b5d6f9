"""One log line and one measurement for every request, without its secrets or its content."""

import re
from time import perf_counter
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.context import find_context
from app.kit import metrics

# W3C Trace Context: version, trace, parent, flags.
_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HUNG_UP: Final = 499
_FAILED: Final = 500

_log = structlog.get_logger("app.requests")


class Observed:
    """Logs and measures: which client, which route, which status, how long; the one access log."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application that has given the request its id."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything that is logged meanwhile carries the request's id and its trace."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**_marks(scope))
        metrics.count_begun()
        began = find_context(scope).arrived or perf_counter()
        unanswered = _HUNG_UP
        try:
            await self.app(scope, receive, watched)
        except Exception:
            unanswered = _FAILED
            raise
        finally:
            _ended(scope, status or unanswered, perf_counter() - began)


def _ended(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    route = getattr(scope.get("route"), "path", None) or "unmatched"
    metrics.count_ended(method, route, status, seconds)
    caller = find_context(scope).caller
    client_id = caller.client_id if caller else None
    _log.info(
        "request",
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 2),
        client_id=str(client_id) if client_id else None,
    )


def _marks(scope: Scope) -> dict[str, Any]:
    marks = {"request_id": find_context(scope).request_id}
    trace = _TRACEPARENT.fullmatch(dict(scope["headers"]).get(b"traceparent", b""))
    if trace:
        marks["trace_id"] = trace.group(1).decode("ascii")
    return marks
