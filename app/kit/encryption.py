"""Encryption of what the service must read again itself, under keys made of its secret.

A copy of the database alone gives none of it away.
"""

import secrets
from contextlib import suppress
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_RANDOM_NONCE: Final = b"\x01"
"""Begins what is encrypted under a nonce of its own, which follows (decision 0070)."""
_NONCE_BYTES: Final = 12
_FORMER_NONCE: Final = bytes(_NONCE_BYTES)


class UnreadableError(ValueError):
    """It was encrypted under another key, or is not what was kept."""


def encrypt(key: bytes, content: bytes) -> bytes:
    """Return content as it is kept: the same key may encrypt another one, a day later."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _RANDOM_NONCE + nonce + ChaCha20Poly1305(key).encrypt(nonce, content, _RANDOM_NONCE)


def decrypt(key: bytes, kept: bytes) -> bytes:
    """Return the content, also as a release before 0070 kept it; raises `UnreadableError`."""
    cipher = ChaCha20Poly1305(key)
    if kept.startswith(_RANDOM_NONCE):
        start = len(_RANDOM_NONCE)
        nonce, content = kept[start : start + _NONCE_BYTES], kept[start + _NONCE_BYTES :]
        with suppress(InvalidTag, ValueError):
            return cipher.decrypt(nonce, content, _RANDOM_NONCE)
    try:
        return cipher.decrypt(_FORMER_NONCE, kept, None)
    except (InvalidTag, ValueError):
        raise UnreadableError from None
