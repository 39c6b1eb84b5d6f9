"""The service's own access tokens: JWTs (RFC 9068) signed with EdDSA, good for ten minutes.

The signing keys are derived from the service's secret, one for every period of thirty days: every
process has them without asking anyone, they change by the calendar, and no dump contains one.

What signs is loaded with this module, so it is imported where a token is at hand: callers with keys
need none of it.
"""

import base64
import hashlib
import hmac
import time
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import ClaimsOption

from app.access.tokens import AccessToken, Person
from app.kit.problems import Unauthenticated

ALGORITHM: Final = "EdDSA"
ACCESS: Final = "at+jwt"
"""The type of access tokens. What is of another type is none, whatever else it says."""
_PERIOD_SECONDS: Final = 30 * 24 * 3600


class Registry(JWSRegistry):
    """The algorithms of signatures, EdDSA among them without joserfc's warning about its name.

    RFC 9864 renames it to Ed25519; libraries of integrators mostly know the old name only.
    """

    algorithms: dict[str, JWSAlgModel] = dict(JWSRegistry.algorithms)  # noqa: RUF012 - as joserfc


class _EdDSA(type(JWSRegistry.algorithms[ALGORITHM])):  # type: ignore[misc] # joserfc hides it
    security_warning = None


Registry.algorithms[ALGORITHM] = _EdDSA()


def mint(token: AccessToken, secret: bytes, issuer: str, kind: str = ACCESS) -> str:
    """Return the token as it is sent; its times and id are those given."""
    person = token.person
    claims: dict[str, Any] = {
        "sub": person.subject if person else str(token.client_id),
        "client_id": str(token.client_id),
        "exp": token.expires_at,
        "jti": token.jti,
        "scope": token.scope,
        "key_id": str(token.key_id),
    }
    if person:
        claims |= {
            "act": {"sub": str(token.client_id)},
            "person_issuer": person.issuer,
            "person_grants": [list(pair) for pair in person.mapped],
        }
    return sign(claims, secret, issuer, kind)


def read(text: str, secret: bytes, issuer: str, kind: str = ACCESS) -> AccessToken:
    """Check a token of this service; raises `Unauthenticated`."""
    return token_of(verify(text, secret, issuer, kind))


def sign(claims: dict[str, Any], secret: bytes, issuer: str, kind: str) -> str:
    """Return claims signed as a token of a type, of this moment and for this service."""
    key = _key(secret, _period())
    header = {"alg": ALGORITHM, "typ": kind, "kid": key.kid}
    told = {"iss": issuer, "aud": issuer, "iat": int(time.time()), **claims}
    return jwt.encode(header, told, key, registry=Registry(algorithms=[ALGORITHM]))


def verify(text: str, secret: bytes, issuer: str, kind: str) -> dict[str, Any]:
    """Return the claims of a token of a type; raises `Unauthenticated`."""
    keys = {key.kid: key for key in _published(secret)}
    try:
        token = jwt.decode(
            text, lambda it: keys[it.headers()["kid"]], registry=Registry(algorithms=[ALGORITHM])
        )
        if token.header.get("typ") != kind:
            raise Unauthenticated
        required = ClaimsOption(essential=True, value=issuer)
        jwt.JWTClaimsRegistry(
            iss=required, aud=required, exp=ClaimsOption(essential=True)
        ).validate(token.claims)
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise Unauthenticated from error
    claims: dict[str, Any] = token.claims
    return claims


def build_key_set(secret: bytes) -> dict[str, Any]:
    """Return the public keys (RFC 7517): of the last period, of this one, of the next."""
    members = ("kty", "crv", "x", "kid", "use", "alg")
    described = [key.as_dict(private=False) for key in _published(secret)]
    return {"keys": [{name: key[name] for name in members} for key in described]}


def token_of(claims: dict[str, Any]) -> AccessToken:
    """Return what the claims of a token say; raises `Unauthenticated` where one is missing."""
    try:
        return AccessToken(
            client_id=UUID(claims["client_id"]),
            key_id=UUID(claims["key_id"]),
            scope=claims["scope"],
            jti=claims["jti"],
            expires_at=claims["exp"],
            person=person_of(claims) if "person_issuer" in claims else None,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Unauthenticated from error


def person_of(claims: dict[str, Any]) -> Person:
    """Return the person that the claims of a token name."""
    mapped = tuple((role, code) for role, code in claims["person_grants"])
    return Person(claims["person_issuer"], claims["sub"], mapped)


def _published(secret: bytes) -> list[OKPKey]:
    period = _period()
    return [_key(secret, number) for number in (period - 1, period, period + 1)]


def _period() -> int:
    return int(time.time()) // _PERIOD_SECONDS


@lru_cache(maxsize=16)
def _key(secret: bytes, period: int) -> OKPKey:
    seed = hmac.new(secret, b"token-key:%d" % period, hashlib.sha256).digest()
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    x = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    kid = f"{period}-{hashlib.sha256(x).hexdigest()[:8]}"
    members = {"kid": kid, "use": "sig", "alg": ALGORITHM}
    return OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": _base64(x), "d": _base64(seed), **members}
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
