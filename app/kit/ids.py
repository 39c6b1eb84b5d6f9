"""Identifiers: UUIDv7, made here or by the caller, and their short form inside tree paths."""

import base64
from typing import Final, NamedTuple
from uuid import UUID

from uuid_utils.compat import uuid7

SEGMENT_LENGTH = 23
"""Characters one level adds to a tree path: 22 of base64url and the closing slash."""

AREA_LENGTH: Final = 2 * SEGMENT_LENGTH
"""Characters of the path of an area's head, at most: one level below the root."""

ZONE_LENGTH: Final = 3 * SEGMENT_LENGTH
"""Characters of the path of a zone's head, at most: two levels below the root."""


def new_id() -> UUID:
    """Return a new UUIDv7: ordered by the time it was made, so rows land next to each other."""
    return uuid7()


def path_segment(identifier: UUID) -> str:
    """Return the fixed-length path segment of an organization, with its closing slash."""
    return base64.urlsafe_b64encode(identifier.bytes).rstrip(b"=").decode("ascii") + "/"


def path_ids(path: str) -> list[UUID]:
    """Return the organizations along a path, root first, the path's own organization last."""
    return [UUID(bytes=base64.urlsafe_b64decode(part + "==")) for part in path.split("/") if part]


class OrgRef(NamedTuple):
    """Whom a record belongs to: the organization, and its area and zone, which find the record."""

    org_id: UUID
    area_id: UUID
    zone_id: UUID

    @classmethod
    def of(cls, path: str) -> "OrgRef":
        """Return the reference to the organization at a path."""
        return cls(*path_ids(path[-SEGMENT_LENGTH:]), **zones_of(path))

    @property
    def columns(self) -> dict[str, UUID]:
        """Return the columns of a row that belongs there."""
        return self._asdict()


def zones_of(path: str) -> dict[str, UUID]:
    """`area_id` and `zone_id` of the organization at a path, as its row has them.

    Each is the one above it, or itself, that stands one or two levels below the root at most.
    """
    first = path_ids(path[:ZONE_LENGTH])
    return {"area_id": first[:2][-1], "zone_id": first[-1]}


def above(path: str) -> str:
    """Return the path of what stands directly above the organization at a path."""
    return path[:-SEGMENT_LENGTH]


def root_of(path: str) -> str:
    """Return the path of the root above the organization at a path."""
    return path[:SEGMENT_LENGTH]


def is_root(path: str) -> bool:
    """Return whether it is the path of the one root, in whose subtree everything is."""
    return len(path) == SEGMENT_LENGTH


def is_within(path: str, top: str) -> bool:
    """Return whether the organization at `path` is the one at `top` or below it."""
    return path.startswith(top)
