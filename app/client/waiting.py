"""Waits for work in the background, as long as it takes."""

from collections.abc import Callable
from typing import Final, TypeVar

from app.client.calls import Answer, Client

T = TypeVar("T")
OnProgress = Callable[[int, int], None]
"""Told how much is done, of how much."""

_PAUSE_SECONDS: Final = 1.0


def wait(client: Client, read: Callable[[], tuple[T, Answer]], is_over: Callable[[T], bool]) -> T:
    """Read something again until it is over, as often as the service asks for."""
    while True:
        found, answer = read()
        if is_over(found):
            return found
        client.sleep(_PAUSE_SECONDS if answer.retry_after is None else answer.retry_after)
