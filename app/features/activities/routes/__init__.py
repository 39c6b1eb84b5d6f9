"""HTTP of activities, and of the findings and opinions that come out of them."""

from fastapi import APIRouter

from app.features.activities.routes import activities, findings, opinions, reviews

router = APIRouter()
router.include_router(activities.router)
router.include_router(reviews.router)
router.include_router(findings.router)
router.include_router(opinions.router)
