"""Rows that authentication reads: keys with their grants, and units that claims name."""

from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID


class FormerRow(Protocol):
    """An organization that went into another one, where there is one."""

    @property
    def former_id(self) -> UUID | None:
        """Its id."""

    @property
    def former_path(self) -> str | None:
        """Its path."""


class GrantRow(NamedTuple):
    """A grant, where it is and who gave it; nothing in it for who has none."""

    role: str | None
    org_id: UUID | None
    path: str | None
    authority: str | None
    grant_ends: datetime | None
    leader_id: UUID | None
    former_id: UUID | None
    former_path: str | None


class KeyRow(NamedTuple):
    """A key of an active client with one of its grants."""

    id: UUID
    client_id: UUID
    prefix: str
    digest: bytes
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    role: str | None
    org_id: UUID | None
    path: str | None
    authority: str | None
    grant_ends: datetime | None
    leader_id: UUID | None
    former_id: UUID | None
    former_path: str | None


class UnitRow(NamedTuple):
    """A unit that an issuer's claims name."""

    code: str
    id: UUID
    path: str
    former_id: UUID | None
    former_path: str | None
