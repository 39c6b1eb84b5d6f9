"""What the service says about itself: the pages of its problems, and its figures."""

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from app.http import problem_pages
from app.http.routing import PublicRoute
from app.kit import metrics
from app.kit.problems import NotFound

router = APIRouter(route_class=PublicRoute, include_in_schema=False)

_HEADERS = {
    "Content-Security-Policy": problem_pages.CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=3600",
}


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
