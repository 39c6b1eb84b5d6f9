"""What a caller shows: an API key, a token of this service, a token of an issuer.

Reading it asks no database: what is malformed, forged or expired is refused before that.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.access import keys
from app.access.tokens import AccessToken, Person
from app.kit.problems import Unauthenticated
from app.settings import Settings

if TYPE_CHECKING:
    from app.access.issuers import Issuers

LONGEST: Final = 8192
_PARTS_OF_A_JWT: Final = 3


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A well-formed API key."""

    key: str
    prefix: str


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A valid token of an issuer."""

    person: Person
    expires_at: int


Credential = ShownKey | AccessToken | ShownPerson


class Reader:
    """Reads credentials; one for each process, for it remembers the issuers' keys."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is fetched before a token needs it."""
        self._settings = settings
        self._issuers: Issuers | None = None

    async def read(self, authorization: str | None) -> Credential:
        """Return the bearer credential of an `Authorization` header; raises `Unauthenticated`."""
        scheme, _, text = (authorization or "").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not 0 < len(text) <= LONGEST:
            raise Unauthenticated
        prefix = keys.read_prefix(text)
        if prefix is not None:
            return ShownKey(text, prefix)
        if _unverified(text)[1].get("iss") == self._settings.base_url:
            from app.access import signing  # noqa: PLC0415 - see its docstring

            return signing.read(text, self._settings.secret, self._settings.base_url)
        return await self.person(text)

    async def person(self, text: str) -> ShownPerson:
        """Return the person of an issuer's token; raises `Unauthenticated`."""
        if len(text) > LONGEST:
            raise Unauthenticated
        header, payload = _unverified(text)
        issuer = payload.get("iss")
        if not isinstance(issuer, str):
            raise Unauthenticated
        person, expires_at = await self._known().verify(text, issuer, header.get("kid"))
        return ShownPerson(person, expires_at)

    def _known(self) -> "Issuers":
        if self._issuers is None:
            from app.access.issuers import Issuers  # noqa: PLC0415 - callers with keys need none

            timeout = self._settings.outbound_timeout_seconds
            self._issuers = Issuers(self._settings.oidc_issuers, timeout)
        return self._issuers


def read_claimed(authorization: str | None) -> str:
    """Return whom a bad credential says to be: a key's prefix, a token's subject; else nothing."""
    text = (authorization or "").partition(" ")[2].strip()[:LONGEST]
    prefix = keys.read_claimed_prefix(text)
    if prefix is not None:
        return prefix
    try:
        payload = _unverified(text)[1]
    except Unauthenticated:
        return ""
    subject = payload.get("sub")
    return f"{payload.get('iss')}#{subject}" if isinstance(subject, str) else ""


def _unverified(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a JWT as they are, to know whose keys to try; else raises."""
    parts = text.split(".")
    if len(parts) != _PARTS_OF_A_JWT:
        raise Unauthenticated
    try:
        header, payload = (json.loads(base64.urlsafe_b64decode(p + "==")) for p in parts[:2])
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Unauthenticated from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise Unauthenticated
    return header, payload
