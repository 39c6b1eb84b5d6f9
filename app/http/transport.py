"""What every answer carries, whoever wrote it: headers of safety, quotas, strict CORS."""

from collections.abc import Iterable
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.http.context import find_context
from app.settings import Settings

_PUBLIC: Final = ("/docs", "/openapi.json", "/problems/", "/static-offline-docs/", "/.well-known/")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ASKED: Final = (
    "Authorization", "Content-Type", "Accept-Language", "If-Match", "If-None-Match",
    "Idempotency-Key", "Actor", "X-Request-ID", "Dajiatan-Position",
)  # fmt: skip
_TOLD: Final = (
    "ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy",
    "Idempotency-Replayed", "X-Request-ID", "Dajiatan-Position",
)  # fmt: skip


Header = tuple[bytes, bytes]


def secure(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Put the application behind its headers; only named proxies and origins count."""
    inner: ASGIApp = app
    if settings.cors_origins:
        inner = CORSMiddleware(
            inner,
            allow_origins=settings.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_ASKED,
            expose_headers=_TOLD,
        )
    inner = SafeHeaders(inner, https=settings.base_url.startswith("https://"))
    if settings.trusted_proxies:
        # The same interface, typed by uvicorn with protocols of its own.
        return ProxyHeadersMiddleware(inner, settings.trusted_proxies)  # type: ignore[arg-type,return-value]
    return inner


class SafeHeaders:
    """Adds what keeps browsers and caches from doing more with an answer than was meant."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        """`https`: whether callers reach the service that way."""
        self.app = app
        self.always = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
        ]
        if https:
            self.always.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the start of the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        private = not scope["path"].startswith(_PUBLIC)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [each for each in self.always if not _is_said(each, message["headers"])]
                if private and b"cache-control" not in given:
                    added.append((b"cache-control", b"no-store"))
                quota = find_context(scope).quota
                if quota and b"ratelimit" not in given:
                    added += quota.headers()
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, send_safely)


def _is_said(header: Header, given: Iterable[Header]) -> bool:
    """Return whether a policy of the answer's own says the same, and more exactly."""
    if header[0] != b"x-frame-options":
        return False
    return any(n == b"content-security-policy" and b"frame-ancestors" in v for n, v in given)
