"""API keys: `djt_<id>_<secret><checksum>`; only a keyed hash of one is ever stored."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Final

_ALPHABET: Final = string.ascii_letters + string.digits
_ID_LENGTH, _SECRET_LENGTH, _CHECKSUM_LENGTH = 12, 32, 6
_PREFIX: Final = re.compile(rf"djt_[A-Za-z0-9]{{{_ID_LENGTH}}}(?=_)")
_KEY: Final = re.compile(
    rf"(djt_[A-Za-z0-9]{{{_ID_LENGTH}}})_[A-Za-z0-9]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}}"
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: `key` is shown once, `prefix` and `digest` are kept."""

    key: str
    prefix: str
    digest: bytes


def mint(secret: bytes) -> NewKey:
    """Make a new random key; `secret` is the service's own."""
    prefix = "djt_" + _random(_ID_LENGTH)
    body = f"{prefix}_{_random(_SECRET_LENGTH)}"
    key = body + _checksum(body)
    return NewKey(key, prefix, digest(key, secret))


def read_prefix(key: str) -> str | None:
    """Return a well-formed key's public part, None for anything else: no query is needed then."""
    match = _KEY.fullmatch(key)
    if match is None or _checksum(key[:-_CHECKSUM_LENGTH]) != key[-_CHECKSUM_LENGTH:]:
        return None
    return match.group(1)


def read_claimed_prefix(key: str) -> str | None:
    """Return the public part that a key shows, well-formed or not."""
    match = _PREFIX.match(key)
    return match.group() if match else None


def digest(key: str, secret: bytes) -> bytes:
    """Return the keyed hash of a key (HMAC-SHA256)."""
    return hmac.new(secret, b"api-key:" + key.encode("ascii"), hashlib.sha256).digest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    """CRC-32 in base 62: tells a mistyped key from a wrong one without a query."""
    value, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        value, digit = divmod(value, len(_ALPHABET))
        digits += _ALPHABET[digit]
    return digits
