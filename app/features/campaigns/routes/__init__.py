"""HTTP of campaigns and their requirements."""

from fastapi import APIRouter

from app.features.campaigns.routes import campaigns, requirements

router = APIRouter()
router.include_router(campaigns.router)
router.include_router(requirements.router)
