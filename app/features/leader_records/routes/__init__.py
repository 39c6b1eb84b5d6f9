"""HTTP of leader records."""

from fastapi import APIRouter

from app.features.leader_records.routes import records, reviews

router = APIRouter(routes=[*records.router.routes, *reviews.router.routes])
