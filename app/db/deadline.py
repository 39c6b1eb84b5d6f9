"""How long a transaction may last."""

import time
from collections.abc import Callable


class Deadline:
    """The moment by which a transaction has ended, one way or the other."""

    __slots__ = ("_told", "at")

    def __init__(self, seconds: float, told: Callable[[float], None] | None = None) -> None:
        """`told`: who else wants to know when it is put off, by so many seconds from now."""
        self.at = time.monotonic() + seconds
        self._told = told

    def extend(self, seconds: float) -> None:
        """Put it off to so many seconds from now, unless it is later already."""
        at = time.monotonic() + seconds
        if at > self.at:
            self.at = at
            if self._told is not None:
                self._told(seconds)
