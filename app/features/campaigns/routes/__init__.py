"""HTTP of campaigns, of what they ask for, and of their notices."""

from fastapi import APIRouter

from app.features.campaigns.routes import (
    campaigns,
    code_lists,
    lifecycle,
    notices,
    requirements,
    supplements,
)

_PARTS = (campaigns, code_lists, lifecycle, requirements, supplements, notices)

router = APIRouter(routes=[route for part in _PARTS for route in part.router.routes])
