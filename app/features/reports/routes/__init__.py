"""HTTP of reports."""

from fastapi import APIRouter

from app.features.reports.routes import adoptions, reports, reviews

router = APIRouter()
router.include_router(reports.router)
router.include_router(reviews.router)
router.include_router(adoptions.router)
