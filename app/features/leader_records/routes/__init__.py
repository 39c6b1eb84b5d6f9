"""HTTP of leader records."""

from fastapi import APIRouter

from app.features.leader_records.routes import records, reviews

router = APIRouter()
router.include_router(records.router)
router.include_router(reviews.router)
