"""The entrance of a process: its door, and who has a way in of their own."""

from typing import Final

from starlette.types import ASGIApp

from app.kit.door import Door
from app.kit.lanes import Bounds, Lane
from app.settings import Settings

_TAKING_AWAY: Final = ("/v1/clients", "/v1/grants", "/oauth/revoke")
"""Where keys, grants, clients and tokens are taken back: whatever else there is to do."""
_TAKING_AWAY_AT_ONCE: Final = 2
_KEPT_FREE: Final = 1 + _TAKING_AWAY_AT_ONCE
"""Connections for the lanes beside the ordinary one; the figures need none."""


def door(app: ASGIApp, refusal: ASGIApp, settings: Settings) -> Door:
    """Return the door before an application: each place has a connection, so nobody waits twice."""
    at_once = settings.requests_at_once or max(1, settings.pool_size - _KEPT_FREE)

    def lane(name: str, at_once: int) -> Lane:
        return Lane(name, Bounds(at_once, settings.queue_length, settings.queue_seconds))

    taking_away = lane("revocation", _TAKING_AWAY_AT_ONCE)
    own = {
        "/healthz/live": None,
        "/healthz/ready": lane("readiness", 1),
        "/metrics": lane("metrics", 1),
        **dict.fromkeys(_TAKING_AWAY, taking_away),
    }
    return Door(app, refusal, lane("ordinary", at_once), own)
