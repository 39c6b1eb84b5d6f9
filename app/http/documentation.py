"""What the service says about itself: where to begin, its problems, and its figures."""

from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from app.http import problem_pages
from app.http.routing import PublicRoute
from app.kit import metrics
from app.kit.problems import NotFound
from app.settings import Settings


class WayIn(BaseModel):
    """Where a program begins."""

    name: str
    version: str
    document: str
    docs: str
    health: str
    me: str
    problems: str


router = APIRouter(route_class=PublicRoute, include_in_schema=False)

_WAYS: Final = {
    "document": "/openapi.json",
    "docs": "/docs",
    "health": "/healthz/ready",
    "me": "/v1/me",
    "problems": "/problems",
}
_HEADERS = {
    "Content-Security-Policy": problem_pages.CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=3600",
}


@router.get("/")
async def begin(request: Request) -> Response:
    """Say what this is and where to go on: a page for a person, links for a program."""
    settings: Settings = request.app.state.settings
    way = WayIn(
        name=request.app.title,
        version=request.app.version,
        **{name: f"{settings.base_url}{path}" for name, path in _WAYS.items()},
    )
    headers = {**_HEADERS, "Vary": "Accept"}
    if _prefers_page(request.headers.get("accept", "")):
        return HTMLResponse(problem_pages.begin(way.name, way.version), headers=headers)
    return Response(way.model_dump_json(), media_type="application/json", headers=headers)


def _prefers_page(accept: str) -> bool:
    """Return whether a page is named before JSON: browsers name it first, programs do not."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    wanted = [kind for kind in kinds if kind in {"text/html", "application/json"}]
    return wanted[:1] == ["text/html"]


@router.get("/problems")
async def problems() -> HTMLResponse:
    """Every problem and field error that the service answers."""
    return HTMLResponse(problem_pages.index(), headers=_HEADERS)


@router.get("/problems/{code}")
async def problem(code: str) -> HTMLResponse:
    """Return the page that the `type` of a problem leads to."""
    page = problem_pages.page(code)
    if page is None:
        raise NotFound
    return HTMLResponse(page, headers=_HEADERS)


@router.get("/metrics")
async def figures(request: Request) -> Response:
    """Figures in Prometheus' text format: counts and durations by route, nothing of content."""
    in_use = request.app.state.database.engine.pool.checkedout()
    return Response(metrics.write_exposition(in_use), media_type=metrics.MEDIA_TYPE)
