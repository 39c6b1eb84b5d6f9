"""What an access token says: of which client, for which person, until when."""

import time
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from app.kit import ids
from app.kit.problems import Unauthenticated

LIFETIME_SECONDS: Final = 600


Why = Literal["unknown_issuer", "unknown_key", "token_expired", "foreign_audience", "no_subject"]
"""Why a token of a person is not taken."""


class BadPersonToken(Unauthenticated):
    """A token of a person that is not taken: why, only a client that showed who it is is told."""

    def __init__(self, why: Why | None = None) -> None:
        """`why` is None where nothing can be said of it: it is no token, or its seal is wrong."""
        super().__init__()
        self.why = why


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an issuer's token speaks of, and the grants that the issuer's claims map to."""

    issuer: str
    subject: str
    mapped: tuple[tuple[str, str], ...] = ()
    """Pairs of role and unit code."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What one of the service's tokens says, once its signature and times are found right."""

    client_id: UUID
    key_id: UUID
    """The key that the client showed: when it is revoked, its tokens are too."""
    scope: str
    jti: str
    expires_at: int
    person: Person | None = None


def make_token(
    client_id: UUID,
    key_id: UUID,
    scope: str,
    person: Person | None = None,
    until: int | None = None,
) -> AccessToken:
    """Make a token of this moment, good for ten minutes or `until` then, whichever comes first."""
    expires_at = int(time.time()) + LIFETIME_SECONDS
    expires_at = expires_at if until is None else min(until, expires_at)
    return AccessToken(client_id, key_id, scope, ids.new_id().hex, expires_at, person)
