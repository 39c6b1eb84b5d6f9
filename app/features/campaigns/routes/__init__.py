"""HTTP of campaigns and their requirements."""

from fastapi import APIRouter

from app.features.campaigns.routes import campaigns, lifecycle, requirements

router = APIRouter(
    routes=[*campaigns.router.routes, *lifecycle.router.routes, *requirements.router.routes]
)
