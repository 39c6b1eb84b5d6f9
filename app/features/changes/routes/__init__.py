"""HTTP of what is followed."""

from fastapi import APIRouter

from app.features.changes.routes import changes, feeds

router = APIRouter(routes=[*changes.router.routes, *feeds.router.routes])
