"""Serves the document and the pages that show it: built once, sent compressed, nothing from afar.

`/docs` shows one part of the operations at a time, so that it opens at once: what is submitted,
what is queried, what is administered; `/docs?part=all` shows everything.
"""

import asyncio
import gzip
import hashlib
import json
import threading
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from app.access.principal import Power
from app.contract.document import documented
from app.contract.parting import NAMES, Part, cut
from app.http.authorization import Authorization
from app.http.preconditions import not_modified

_STATIC: Final = "/static-offline-docs"
_WHOLE: Final = "all"
_HEADERS: Final = {"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
_LOOK: Final[dict[str, Any]] = {
    "docExpansion": "none",
    "filter": True,
    "defaultModelsExpandDepth": -1,
    "displayRequestDuration": True,
    "tryItOutEnabled": True,
    "persistAuthorization": False,
}
_STYLE: Final = (
    "<style>nav.parts{font:16px/1.6 system-ui,sans-serif;padding:.6rem 1.2rem;background:#f3f3f3}"
    "nav.parts a{margin-right:1.5rem}nav.parts a[aria-current]{font-weight:bold}</style>"
)
_making: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Written:
    """A document as it is sent."""

    plain: bytes
    packed: bytes
    etag: str


def serve(app: FastAPI) -> None:
    """Add the document, the page that shows it, and what that page is made of."""
    folder = Path(fastapi_offline.__file__).parent / "static"
    app.mount(_STATIC, GZipMiddleware(StaticFiles(directory=folder), compresslevel=6), "static")

    @app.get("/openapi.json", include_in_schema=False)
    async def document(request: Request) -> Response:
        return await _send(request, app, _WHOLE)

    @app.get("/docs/{part}.json", include_in_schema=False)
    async def part_of_document(request: Request, part: Part | Literal["all"]) -> Response:
        return await _send(request, app, part)

    @app.get("/docs", include_in_schema=False)
    async def docs(part: Part | Literal["all"] = "submit") -> HTMLResponse:
        return HTMLResponse(_page(app.title, part))


def write(app: FastAPI, part: str = _WHOLE) -> Written:
    """Return a document as it is sent, made once, which takes a second: not on the event loop."""
    with _making:
        made: dict[str, Written] | None = getattr(app.state, "documents", None)
        if made is None:
            made = app.state.documents = {}
        if part not in made:
            whole = documented(app)
            shown = whole if part == _WHOLE else cut(whole, part, _powers(app))
            plain = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
            digest = hashlib.sha256(plain).hexdigest()[:32]
            # Without the time at which it was made: every process sends the same bytes.
            made[part] = Written(plain, gzip.compress(plain, 9, mtime=0), f'"{digest}"')
        return made[part]


async def _send(request: Request, app: FastAPI, part: str) -> Response:
    written = await asyncio.to_thread(write, app, part)
    headers = {**_HEADERS, "ETag": written.etag}
    if not_modified(request, known := Response(status_code=304, headers=headers)):
        return known
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(written.plain, media_type="application/json", headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(written.packed, media_type="application/json", headers=headers)


def _powers(app: FastAPI) -> dict[str, frozenset[Power]]:
    """Return of which powers each operation needs one; none: it needs no power."""
    return {
        route.operation_id: frozenset(
            power
            for dependency in route.dependencies
            if isinstance(dependency.dependency, Authorization)
            for power in dependency.dependency.powers
        )
        for route in app.routes
        if isinstance(route, APIRoute) and route.operation_id is not None
    }


def _page(title: str, part: str) -> str:
    """Return the page that shows one part, with ways to the others above it."""
    page = get_swagger_ui_html(
        openapi_url=f"/docs/{part}.json",
        title=title,
        swagger_js_url=f"{_STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{_STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{_STATIC}/favicon.png",
        swagger_ui_parameters=_LOOK,
    )
    ways = "".join(
        f'<a href="/docs?part={name}"{" aria-current=page" if name == part else ""}>'
        f"{escape(label)}</a>"
        for name, label in NAMES.items()
    )
    text = bytes(page.body).decode()
    return text.replace("<body>", f'<body>{_STYLE}<nav class="parts">{ways}</nav>', 1)
