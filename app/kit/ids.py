"""Identifiers: UUIDv7, made here or by the caller, and their short form inside tree paths."""

import base64
from uuid import UUID

from uuid_utils.compat import uuid7

SEGMENT_LENGTH = 23
"""Characters one level adds to a tree path: 22 of base64url and the closing slash."""


def new_id() -> UUID:
    """A new UUIDv7: ordered by the time it was made, so rows land next to each other."""
    return uuid7()


def path_segment(identifier: UUID) -> str:
    """The fixed-length path segment of an organization, with its closing slash."""
    return base64.urlsafe_b64encode(identifier.bytes).rstrip(b"=").decode("ascii") + "/"


def path_ids(path: str) -> list[UUID]:
    """The organizations along a path, root first, the path's own organization last."""
    return [UUID(bytes=base64.urlsafe_b64decode(part + "==")) for part in path.split("/") if part]


def is_within(path: str, top: str) -> bool:
    """Whether the organization at `path` is the one at `top` or below it."""
    return path.startswith(top)
