"""What events and seals are digested as, and what is signed of them with the service's secret."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import InstrumentedAttribute

from app.models import Event

PUBLIC: Final[Sequence[InstrumentedAttribute[Any]]] = (
    Event.id,
    Event.type,
    Event.resource,
    Event.resource_id,
    Event.org_id,
    Event.revision,
    Event.at,
    Event.client_id,
    Event.route,
    Event.request_id,
    Event.before_digest,
    Event.after_digest,
    Event.private_digest,
)
"""What a seal covers of an event beside its position, in this order."""
PRIVATE: Final[Sequence[InstrumentedAttribute[Any]]] = (
    Event.actor,
    Event.subject,
    Event.address,
    Event.data,
)
"""What may speak of a person, in the order of its digest."""
_SIGNED: Final = (*(column.key for column in PUBLIC), Event.state_digest.key)


def encode_line(values: Sequence[Any]) -> bytes:
    """Return one line of what is digested."""
    text = json.dumps(
        [_plain(value) for value in values], ensure_ascii=False, separators=(",", ":")
    )
    return text.encode("utf-8", "surrogatepass") + b"\n"


def compute_private_digest(salt: bytes, values: Sequence[Any]) -> bytes:
    """Return what the chain keeps of an event's personal part."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(salt + text.encode("utf-8", "surrogatepass")).digest()


def compute_event_mac(secret: bytes, event: Mapping[str, Any]) -> bytes:
    """Return the signature of an event: only who has the secret can have written it.

    It holds after an erasure, for it covers the digest of what is erased.
    """
    return hmac.digest(
        secret, b"audit-event:" + encode_line([event[key] for key in _SIGNED]), "sha256"
    )


def compute_seal_mac(secret: bytes, number: int, digest: bytes) -> bytes:
    """Return the signature of a seal."""
    return hmac.digest(secret, b"audit-seal:%d:" % number + digest, "sha256")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if isinstance(value, datetime):
        return str(value.astimezone(UTC))  # as it comes back, whatever zone it was given in
    return value if value is None or isinstance(value, int) else str(value)
