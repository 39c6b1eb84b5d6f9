"""Cursors: where a list goes on, signed so that nobody makes one."""

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request

from app.kit.problems import InvalidCursor

_SIGNATURE_BYTES: Final = 12


def sign(secret: bytes, parts: Sequence[Any]) -> str:
    """Return the cursor that holds these parts."""
    payload = json.dumps(parts).encode()
    return base64.urlsafe_b64encode(_mac(secret, payload) + payload).rstrip(b"=").decode("ascii")


def read(secret: bytes, cursor: str) -> list[Any]:
    """Return the parts of a cursor; raises `InvalidCursor` for one that was not signed here."""
    mac, payload = _take_apart(cursor)
    if not hmac.compare_digest(mac, _mac(secret, payload)):
        raise InvalidCursor
    parts: list[Any] = json.loads(payload)
    return parts


def find_position(request: Request) -> str | None:
    """Return how far the server was that gave the page before, as its cursor says; unchecked."""
    try:
        _, payload = _take_apart(request.query_params.get("cursor", ""))
        *_, position = json.loads(payload)
    except (InvalidCursor, ValueError, TypeError):
        return None
    return position if isinstance(position, str) else None


def encode(value: Any) -> list[Any]:
    """Return a value of a sort as JSON can hold it."""
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", str(value)]
    return ["v", value]


def decode(pair: list[Any]) -> Any:
    """Return the value that `encode` was given."""
    kind, value = pair
    match kind:
        case "t":
            return datetime.fromisoformat(value)
        case "d":
            return date.fromisoformat(value)
        case "u":
            return UUID(value)
        case _:
            return value


def _mac(secret: bytes, payload: bytes) -> bytes:
    return hmac.digest(secret, b"cursor:" + payload, "sha256")[:_SIGNATURE_BYTES]


def _take_apart(cursor: str) -> tuple[bytes, bytes]:
    """Return signature and payload; raises `InvalidCursor`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise InvalidCursor from None
    return raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
