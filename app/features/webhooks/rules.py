"""When to try again, what an attempt means, and how a message is signed. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Final

from app.models.vocabulary import DeliveryError

WAITS: Final = (5, 60, 300, 1800, 7200, 18_000, 28_800, 36_000, 36_000)
"""Seconds after each failed attempt: 36 hours in all."""
JITTER: Final = 0.1
LONGEST_WAIT: Final = 36_000.0
MOST_ATTEMPTS: Final = len(WAITS) + 1
ROUND: Final = 16
"""Messages to one endpoint between two transactions."""
ROUND_WAITS: Final = (2, 5, 30, 60, 300)
"""Seconds that a whole endpoint waits after rounds in which nothing got through."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with
_GONE: Final = 410
_BUSY: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt: what was answered, or why nothing was."""

    at: datetime
    ms: int
    status: int | None = None
    error: DeliveryError | None = None
    retry_after: float | None = None
    answer: str | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more, ever."""
        return self.status == _GONE

    @property
    def is_busy(self) -> bool:
        """Whether the receiver wants nothing for now."""
        return self.status in _BUSY


def wait_after(
    attempts: int,
    retry_after: float | None = None,
    chance: Callable[[float, float], float] | None = None,
) -> float | None:
    """Return the seconds until the next attempt after so many, None where there is none."""
    if attempts >= MOST_ATTEMPTS:
        return None
    uniform = chance or SystemRandom().uniform
    wait = WAITS[attempts - 1] * uniform(1 - JITTER, 1 + JITTER)
    return min(max(wait, retry_after or 0.0), LONGEST_WAIT * (1 + JITTER))


def size_of_round(failures: int) -> int:
    """Return how many messages are tried: one, after a round in which nothing got through."""
    return 1 if failures else ROUND


def wait_of_round(failures: int, retry_after: float | None) -> float:
    """Return the seconds that an endpoint waits after so many rounds without success."""
    wait = ROUND_WAITS[min(failures, len(ROUND_WAITS)) - 1]
    return min(max(wait, retry_after or 0.0), LONGEST_WAIT)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for, None where it says nothing."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max((then - now).total_seconds(), 0.0)


def sign(secrets: Sequence[bytes], message_id: str, timestamp: int, body: str) -> str:
    """Return `webhook-signature`: one of each secret that is in force (Standard Webhooks)."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    macs = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(mac).decode('ascii')}" for mac in macs)


def show_secret(secret: bytes) -> str:
    """Return a secret as it is shown once."""
    return SECRET_PREFIX + base64.b64encode(secret).decode("ascii")
