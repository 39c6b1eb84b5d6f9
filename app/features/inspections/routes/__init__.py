"""HTTP of inspections."""

from fastapi import APIRouter

from app.features.inspections.routes import follow_ups, inspections

router = APIRouter(routes=[*inspections.router.routes, *follow_ups.router.routes])
