"""HTTP of leader records."""

from fastapi import APIRouter

from app.features.leader_records.routes import disputes, records, reviews

router = APIRouter(routes=[*records.router.routes, *reviews.router.routes, *disputes.router.routes])
