"""Secrets looked for in a text: as they are, as they are written elsewhere, and in parts."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

_PART: Final = 9
"""Characters of a secret in a row that are no accident; logs cut long values short."""


def leaked(text: str, secrets: Mapping[str, str]) -> list[str]:
    """Return the names of the secrets of which the text holds any part, with what is around it."""
    found = []
    for name, secret in secrets.items():
        for form in _forms(secret):
            parts = (form[i : i + _PART] for i in range(max(len(form) - _PART, 0) + 1))
            if place := next((text.find(part) for part in parts if part in text), None):
                found.append(f"{name}: …{text[max(place - 200, 0) : place + 100]}…")
                break
    return found


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield repr(secret.encode())[2:-1]
    yield secret.encode().hex()
    for shift in range(3):
        # What stands before a secret decides which of three ways its Base64 looks.
        encoded = base64.b64encode(b" " * shift + secret.encode()).decode()
        yield encoded[4 if shift else 0 :].rstrip("=")[:-2]
