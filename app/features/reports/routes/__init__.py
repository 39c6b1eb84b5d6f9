"""HTTP of reports."""

from fastapi import APIRouter

from app.features.reports.routes import adoptions, dispatches, reports, reviews

router = APIRouter(
    routes=[
        *reports.router.routes,
        *reviews.router.routes,
        *adoptions.router.routes,
        *dispatches.router.routes,
    ]
)
