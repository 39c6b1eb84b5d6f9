"""HTTP of what is followed."""

from fastapi import APIRouter

from app.features.changes.routes import feeds

router = APIRouter(routes=[*feeds.router.routes])
