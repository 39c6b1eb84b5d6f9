"""When a request is sent again, and after how long."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from app.client.failures import (
    ClientError,
    ProblemError,
    UnexpectedAnswerError,
    UnreachableError,
)

_SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "POST"})
"""Methods that may be sent again whatever became of the first: a POST has its key."""
_REFUSED_UNDONE: Final = frozenset({429, 503})
_PERHAPS_DONE: Final = frozenset({502, 504})
_STILL_RUNNING: Final = "idempotency_in_progress"
_JITTER: Final = 0.1
"""How much longer than `Retry-After` it waits at most, in parts of it: not all come at once."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How long one request is tried."""

    first_seconds: float = 0.5
    longest_seconds: float = 15.0
    patience_seconds: float = 180.0
    """Pauses and further attempts that fail, all of it together."""
    strange_attempts: int = 3
    """Attempts at an address that has never answered: it is likely to be wrong."""

    def wait_seconds(
        self, attempt: int, retry_after: float | None, chance: Callable[[], float] = random.random
    ) -> float:
        """Return the pause after an attempt, from 0: what the service asks for, else twice as long.

        `chance` is from 0 to 1.
        """
        if retry_after is not None:
            return retry_after * (1 + _JITTER * chance())
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt, 30))
        return longest * (1 + chance()) / 2


def is_passing(error: ClientError, method: str) -> bool:
    """Return whether the same request, sent again, may be answered, and does nothing twice."""
    if isinstance(error, UnreachableError):
        return method in _SAFE or not error.sent
    if isinstance(error, ProblemError) and error.code == _STILL_RUNNING:
        return True
    if isinstance(error, ProblemError | UnexpectedAnswerError):
        passing = error.status in _PERHAPS_DONE and method in _SAFE
        return passing or error.status in _REFUSED_UNDONE
    return False


def read_retry_after(value: str | None) -> float | None:
    """Return the seconds of a `Retry-After`, also where it is a date; None without one."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
