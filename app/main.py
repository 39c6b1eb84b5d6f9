"""HTTP: the application, from its settings to its routes."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from app import __version__
from app.api import every_route
from app.contract import documented, serving
from app.db import Database
from app.http import rendering
from app.http.asgi import BodyLimit, Head, Refusal, RequestId
from app.http.door import Door
from app.http.entrance import lanes
from app.http.grouping import grouped_paths
from app.http.observation import Observed
from app.http.routing import methods_by_path
from app.http.transport import secure
from app.kit import logs
from app.kit.problems import Unavailable
from app.kit.room import Room
from app.kit.sandbox import Sandbox
from app.kit.storage import Storage
from app.settings import Settings
from app.worker import ERRANDS, HANDLERS, PERIODIC, embedded

_LARGEST_FORM: Final = 64 * 1024
"""Bytes of a form that anybody may send, which is read on the event loop."""

DESCRIPTION = """
各级党组织开展“群众路线大家谈”活动的报送与查询接口。
The service to which organization departments' websites, mobile back ends and import scripts
submit a campaign's work, and from which they query who has done what.
"""


class Service(FastAPI):
    """The application inside its edges, which see also what its own failures answer."""

    def build_middleware_stack(self) -> ASGIApp:
        """Ids around everything, then the door; inside it logs, figures and the cap on bodies."""
        settings: Settings = self.state.settings
        inner = Head(super().build_middleware_stack())
        limited = BodyLimit(
            inner,
            limit=settings.max_body_bytes,
            base_url=settings.base_url,
            apart={
                "/v1/attachments": settings.max_attachment_bytes,
                "/v1/imports": settings.max_attachment_bytes,
                "/oauth/token": _LARGEST_FORM,
                "/oauth/revoke": _LARGEST_FORM,
                "/pages/sign-in": _LARGEST_FORM,
                "/pages/sign-out": _LARGEST_FORM,
            },
        )
        return RequestId(
            Door(Observed(secure(limited, settings)), self.state.refusal, self.state.lane_of)
        )


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application. Without settings it reads the environment and configures logs."""
    if settings is None:
        logs.configure()
        settings = Settings()
    app = build()
    configure(app, settings)
    return app


def build() -> FastAPI:
    """Return the application without settings: its routes, and how errors are answered."""
    app = Service(
        title="大家谈 Dajiatan",
        version=__version__,
        description=DESCRIPTION.strip(),
        lifespan=_lifespan,
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
        # A redirect would lead to whatever host the request names.
        redirect_slashes=False,
        routes=every_route(),
    )
    rendering.install(app)
    serving.serve(app)
    app.openapi = partial(documented, app)  # type: ignore[method-assign]  # FastAPI's own way
    return app


def configure(app: FastAPI, settings: Settings) -> None:
    """Give the application its settings and what is made from them, before its first request."""
    app.state.settings = settings
    app.state.methods = methods_by_path(app.routes)
    app.state.database = Database(settings)
    app.state.groups = {}
    app.state.stopping = asyncio.Event()
    app.state.lane_of = lanes(settings, grouped_paths(app.routes))
    app.state.refusal = secure(Refusal(Unavailable, settings.base_url), settings)
    app.state.storage = Storage(settings.storage_address)
    app.state.room = Room(settings.folders)
    app.state.sandbox = Sandbox()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    database: Database = app.state.database
    # What the application is made of lives as long as it does: no collection walks through it.
    gc.freeze()
    # What a request makes goes when it ends, nearly all without a collector: let it come rarely.
    gc.set_threshold(10_000, 20, 50)
    async with database.watched(), _embedded_worker(database, settings):
        yield
    await database.close()


@asynccontextmanager
async def _embedded_worker(database: Database, settings: Settings) -> AsyncIterator[None]:
    """On SQLite the background worker runs inside the service."""
    if not (settings.embedded and settings.run_worker):
        yield
        return
    async with embedded(database, settings, HANDLERS, PERIODIC, ERRANDS):
        yield
