"""HTTP of activities."""

from fastapi import APIRouter

from app.features.activities.routes import activities, reading, reviews

router = APIRouter(
    routes=[
        *reading.router.routes,
        *activities.router.routes,
        *activities.grouped.routes,
        *reviews.router.routes,
    ]
)
