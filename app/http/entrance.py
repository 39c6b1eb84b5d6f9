"""The entrance of a process: its lanes, and who has a way in of their own."""

from typing import Final

from app.http.lanes import Bounds, Lane, LaneOf
from app.settings import Settings

_TAKING_AWAY: Final = ("/v1/clients", "/v1/grants", "/oauth/revoke")
"""Paths under which keys, grants, clients and tokens are taken back, however busy it is."""
_UPLOADS_AT_ONCE: Final = 2
_IN_COMPANY: Final = 64
"""Requests that wait for their group or are in one: the more there are, the less each costs. They
need no connections, only their groups do."""
_KEPT_FREE: Final = 2 + _UPLOADS_AT_ONCE
"""Connections for the lanes beside the ordinary one; the figures need none."""
_UPLOADS_SECONDS: Final = 5.0
"""A picture is looked into one at a time, and has come a long way."""

_DOCUMENT_SECONDS: Final = 5.0
"""It is made for whoever asks first after a start, which takes longer than any other answer."""


def lanes(settings: Settings, grouped: frozenset[str]) -> LaneOf:
    """Return what tells the lanes of a process.

    Each place has a connection, so nobody waits twice. `grouped` are the paths whose small POSTs
    are carried out together: a place of the ordinary lane is for the whole group.
    """
    at_once = settings.requests_at_once or max(1, settings.pool_size - _KEPT_FREE)

    def lane(
        name: str,
        at_once: int,
        seconds: float = settings.queue_seconds,
        behind: Lane | None = None,
    ) -> Lane:
        bounds = Bounds(at_once, settings.queue_length, seconds)
        return Lane(name, bounds, behind=behind)

    ordinary, revocation = lane("ordinary", at_once), lane("revocation", 1)
    company = lane("grouped", _IN_COMPANY, behind=ordinary)
    uploads = lane("uploads", _UPLOADS_AT_ONCE, _UPLOADS_SECONDS)
    document = lane("document", 1, _DOCUMENT_SECONDS)
    own = {
        "/healthz/live": None,
        "/healthz/ready": lane("readiness", 1),
        "/metrics": lane("metrics", 1),
    }

    def lane_of(method: str, path: str, /, *, small: bool) -> Lane | None:
        if path.startswith(_TAKING_AWAY):
            return revocation
        if path == "/v1/attachments" and method == "POST":
            return uploads
        if path == "/openapi.json" or path.startswith("/docs/"):  # in whole and in parts
            return document
        if path in grouped and method == "POST" and small:
            return company
        return own.get(path, ordinary)

    return lane_of
