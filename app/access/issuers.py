"""Tokens of the configured OpenID Connect issuers, checked against their published keys.

Keys are fetched when they are first needed and again in the background as they grow old; a key
that is not among them is looked for at most once in ten seconds. No request of a caller can make
the service ask an issuer more often than that.
"""

import asyncio
import json
import time
from typing import Any, Final

import httpx2
import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import KeySet

from app.access.signing import Registry
from app.access.tokens import BadPersonToken, Person
from app.kit.problems import Unavailable
from app.kit.tracebacks import describe
from app.settings import OidcIssuer

FRESH_SECONDS: Final = 600.0
"""Older keys are fetched again while they go on being used."""
RETRY_SECONDS: Final = 10.0
"""The shortest time between two questions to one issuer."""
USABLE_SECONDS: Final = 24 * 3600.0
"""What an issuer has not confirmed for longer is not trusted any more."""
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_LEEWAY_SECONDS: Final = 30
_LARGEST_ANSWER: Final = 256 * 1024

_log = structlog.get_logger(__name__)


class Issuers:
    """The issuers of one process and what it knows of their keys."""

    def __init__(self, configured: list[OidcIssuer], timeout_seconds: float) -> None:
        """Nothing is fetched before a token needs it, and no longer waited for than this."""
        self._known = {one.issuer: _Issuer(one, timeout_seconds) for one in configured}

    async def verify(self, text: str, issuer: str, kid: object) -> tuple[Person, int]:
        """Return the person that a token speaks of and when it ends; raises `Unauthenticated`.

        `issuer` and `kid` are what the token claims, before anything is believed of it.
        """
        if issuer not in self._known:
            raise BadPersonToken("unknown_issuer")
        return await self._known[issuer].verify(text, kid)


class _Issuer:
    def __init__(self, configured: OidcIssuer, timeout_seconds: float) -> None:
        self._configured = configured
        self._timeout_seconds = timeout_seconds
        self._keys: KeySet | None = None
        self._fetched_at = self._asked_at = -USABLE_SECONDS
        self._asking = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def verify(self, text: str, kid: object) -> tuple[Person, int]:
        keys = await self._keys_with(kid)
        try:
            token = jwt.decode(text, keys, registry=Registry(algorithms=_ALGORITHMS))
            self._check(token.claims)
            return self._person(token.claims), int(token.claims["exp"])
        except ExpiredTokenError as error:
            raise BadPersonToken("token_expired") from error
        except InvalidClaimError as error:
            # Before the day of its end it is looked at for whom it is.
            foreign = error.claim == "aud"
            raise BadPersonToken("foreign_audience" if foreign else None) from error
        except (JoseError, ValueError, TypeError) as error:
            held = self._keys is None or _holds(self._keys, kid)
            raise BadPersonToken(None if held else "unknown_key") from error

    def _check(self, claims: dict[str, Any]) -> None:
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._configured.issuer},
            aud={"essential": True, "value": self._configured.audience},
            exp={"essential": True},
        )
        rules.validate(claims)

    def _person(self, claims: dict[str, Any]) -> Person:
        subject = claims.get(self._configured.subject_claim)
        if not isinstance(subject, str) or not subject:
            raise BadPersonToken("no_subject")
        mapped = tuple(
            (rule.role, rule.unit_code)
            for rule in self._configured.grants
            if _has(claims, rule.claim, rule.value)
        )
        return Person(self._configured.issuer, subject, mapped)

    async def _keys_with(self, kid: object) -> KeySet:
        age = time.monotonic() - self._fetched_at
        if self._keys is None or age > USABLE_SECONDS or not _holds(self._keys, kid):
            await self._ask()
        elif age > FRESH_SECONDS and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._ask())
        if self._keys is None or time.monotonic() - self._fetched_at > USABLE_SECONDS:
            raise Unavailable(int(RETRY_SECONDS))
        return self._keys

    async def _ask(self) -> None:
        """Fetch the keys unless they were asked for just now; keeps the old ones on failure."""
        async with self._asking:
            if time.monotonic() - self._asked_at < RETRY_SECONDS:
                return
            self._asked_at = time.monotonic()
            try:
                self._keys = await self._fetched()
                self._fetched_at = time.monotonic()
            except (
                httpx2.HTTPError, TimeoutError, JoseError, ValueError, TypeError, KeyError,
            ) as error:  # fmt: skip
                _log.warning(
                    "issuer_unreachable", issuer=self._configured.issuer, error=describe(error)
                )

    async def _fetched(self) -> KeySet:
        # The client's own limit is one for each read: an answer that drips would never end.
        limit = self._timeout_seconds
        async with asyncio.timeout(limit), httpx2.AsyncClient(timeout=limit) as http:
            address = self._configured.jwks_uri or await self._discovered(http)
            return KeySet.import_key_set(await _json(http, address))

    async def _discovered(self, http: httpx2.AsyncClient) -> str:
        """OpenID Connect Discovery 1.0 §4: where the keys are, said by the issuer itself."""
        issuer = self._configured.issuer
        document = await _json(http, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document["issuer"] != issuer:
            raise ValueError(document["issuer"])
        return str(document["jwks_uri"])


async def _json(http: httpx2.AsyncClient, address: str) -> Any:
    async with http.stream("GET", address) as response:
        response.raise_for_status()
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _LARGEST_ANSWER:
                raise ValueError(address)
    return json.loads(body)


def _holds(keys: KeySet, kid: object) -> bool:
    return kid is None or any(key.kid == kid for key in keys)


def _has(claims: dict[str, Any], path: str, value: str) -> bool:
    """Return whether the claim, `a.b` for one inside another, is the value or a list with it."""
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return value in found if isinstance(found, list) else found == value
