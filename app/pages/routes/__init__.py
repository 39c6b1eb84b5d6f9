"""The pages, one file for each part of the work."""

from fastapi import APIRouter

from app.pages.routes import (
    adopted,
    bulletins,
    campaigns,
    duties,
    embedded,
    findings,
    leaders,
    signing_in,
    urging,
)

_PARTS = (adopted, bulletins, campaigns, duties, embedded, findings, leaders, signing_in, urging)

router = APIRouter()
router.routes.extend(route for part in _PARTS for route in part.router.routes)
