"""Signing secrets: shown once, kept encrypted under the service's secret."""

import hmac
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.features.webhooks import rules
from app.kit import clock
from app.kit.encryption import decrypt, encrypt
from app.models import WebhookEndpoint

_BYTES: Final = 32


def give(endpoint: WebhookEndpoint, service_secret: bytes) -> str:
    """Give an endpoint a new secret; return it as it is shown this once."""
    made = secrets.token_bytes(_BYTES)
    endpoint.secret = encrypt(_key(service_secret, endpoint.id), made)
    return rules.show_secret(made)


def rotate(endpoint: WebhookEndpoint, service_secret: bytes, overlap_seconds: int) -> str:
    """Give a new secret; the one before signs as well until the overlap is over."""
    endpoint.former_secret = endpoint.secret if overlap_seconds else None
    ends = clock.now() + timedelta(seconds=overlap_seconds)
    endpoint.former_secret_until = ends if overlap_seconds else None
    return give(endpoint, service_secret)


def read(endpoint: WebhookEndpoint, service_secret: bytes) -> list[bytes]:
    """Return the secrets in force, the newest first; raises `UnreadableError`."""
    kept = [endpoint.secret]
    until = endpoint.former_secret_until
    if endpoint.former_secret is not None and until is not None and until > clock.now():
        kept.append(endpoint.former_secret)
    key = _key(service_secret, endpoint.id)
    return [decrypt(key, secret) for secret in kept]


def _key(service_secret: bytes, endpoint_id: UUID) -> bytes:
    return hmac.digest(service_secret, b"webhook secret:" + endpoint_id.bytes, "sha256")
