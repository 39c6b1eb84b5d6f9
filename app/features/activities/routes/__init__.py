"""HTTP of activities."""

from fastapi import APIRouter

from app.features.activities.routes import activities, reviews

router = APIRouter(
    routes=[*activities.router.routes, *activities.grouped.routes, *reviews.router.routes]
)
