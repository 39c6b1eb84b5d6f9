"""The entrance of a process: its lanes, and who has a way in of their own."""

from collections.abc import Callable
from typing import Final

from app.http.lanes import Bounds, Lane
from app.settings import Settings

_TAKING_AWAY: Final = ("/v1/clients", "/v1/grants", "/oauth/revoke")
"""Paths under which keys, grants, clients and tokens are taken back, however busy it is."""
_UPLOADS_AT_ONCE: Final = 2
_KEPT_FREE: Final = 2 + _UPLOADS_AT_ONCE
"""Connections for the lanes beside the ordinary one; the figures need none."""
_UPLOADS_SECONDS: Final = 5.0
"""A picture is looked into one at a time, and has come a long way."""


def lanes(settings: Settings) -> Callable[[str, str], Lane | None]:
    """Return what tells the lane of a method and path, None where whoever comes is let in.

    Each place has a connection, so nobody waits twice.
    """
    at_once = settings.requests_at_once or max(1, settings.pool_size - _KEPT_FREE)

    def lane(name: str, at_once: int, seconds: float = settings.queue_seconds) -> Lane:
        return Lane(name, Bounds(at_once, settings.queue_length, seconds))

    ordinary, revocation = lane("ordinary", at_once), lane("revocation", 1)
    uploads = lane("uploads", _UPLOADS_AT_ONCE, _UPLOADS_SECONDS)
    own = {
        "/healthz/live": None,
        "/healthz/ready": lane("readiness", 1),
        "/metrics": lane("metrics", 1),
    }

    def lane_of(method: str, path: str) -> Lane | None:
        if path.startswith(_TAKING_AWAY):
            return revocation
        if path == "/v1/attachments" and method == "POST":
            return uploads
        return own.get(path, ordinary)

    return lane_of
