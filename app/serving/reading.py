"""How far a connection's requests have been read: in bytes, and by when the rest has to come."""

from enum import Enum, auto
from math import inf
from typing import Final

from app.http.refusals import HeadersTooLarge, UriTooLong
from app.kit.problems import Problem
from app.settings import Settings

BYTES_PER_SECOND: Final = 16 * 1024
"""Who sends or reads more slowly than this runs out of time."""
FAREWELL_SECONDS: Final = 2.0
"""How long the rest of a request is still read, so that its client gets to read the answer."""
MOST_HEADERS: Final = 100
_BYTES_PER_PIECE: Final = 64
"""What a piece of a body costs beside its bytes."""
_FRAMING: Final = 0.25
"""Bytes of chunk sizes and the like that a byte of a body may bring along, above the limit of a
head: each chunk costs the loop as much as a thousand bytes."""
_SPOOLED: Final = 1024 * 1024
"""What is kept in memory of a file that flows to the disk."""


class Part(Enum):
    """What of a request was read last."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()
    WHOLE = auto()


class Reading:
    """What was read of the request at hand; `now` is the loop's time."""

    def __init__(self, limits: Settings, now: float) -> None:
        """Wait for the first byte."""
        self._limits = limits
        self.part = Part.NOTHING
        self.deadline = now + limits.head_timeout_seconds
        self.held = self._received = self._pieces = self._framing = 0

    def hear(self, now: float) -> None:
        """Expect a head, by its first byte."""
        if self.part is Part.NOTHING:
            self._expect_head(0, now)

    def begin(self, piece: int, now: float) -> None:
        """Expect a head behind another request; what came before it in the piece is not its own."""
        if self.part is Part.WHOLE:
            self._expect_head(-piece, now)

    def begin_body(self, now: float) -> None:
        """Expect a body."""
        self.part = Part.BODY
        self._received = self._pieces = self._framing = 0
        self.deadline = now + self._limits.body_timeout_seconds

    def take(self, size: int, *, kept: bool) -> None:
        """Count a piece of a body, and give more time for it; what is not `kept` earns nothing."""
        self._framing -= size
        if kept:
            self._received += size
            self._pieces += 1
            self.deadline += size / BYTES_PER_SECOND
            # What is longer is a file, which flows to the disk, or is refused in a moment.
            in_memory = self._received <= self._limits.max_body_bytes
            bytes_of_it = self._received if in_memory else _SPOOLED
            self.held = bytes_of_it + self._pieces * _BYTES_PER_PIECE

    def complete(self) -> None:
        """Leave the time to the application."""
        self.part, self.deadline = Part.WHOLE, inf

    def rest(self, now: float) -> None:
        """Wait for the next request."""
        self.part, self.deadline = Part.NOTHING, now + self._limits.keep_alive_seconds

    def room(self) -> int:
        """Return how much may be parsed before it is judged: of a head the rest of its limit."""
        limit = self._limits.max_head_bytes
        return limit - max(self.held, 0) if self.part is Part.HEAD else limit

    def judge(self, piece: int, headers: int, url: bytes) -> Problem | None:
        """Return what is too much once a piece has been parsed."""
        limit = self._limits.max_head_bytes
        if self.part is Part.HEAD:
            self.held = max(self.held + piece, 0)
            if self.held >= limit or headers > MOST_HEADERS:
                return self.too_large(headers, url)
        elif self.part is Part.BODY:
            self._framing += piece
            trailers = headers > 2 * MOST_HEADERS
            if trailers or self._framing > limit + _FRAMING * self._received:
                return self.too_large(headers, url)
        return None

    def too_large(self, headers: int, url: bytes) -> Problem:
        """Return what is too large about a head: only its address, or the rest."""
        limit = self._limits.max_head_bytes
        if url and not headers:
            return UriTooLong(limit=limit)
        return HeadersTooLarge(count=MOST_HEADERS, limit=limit)

    def _expect_head(self, held: int, now: float) -> None:
        self.part, self.held = Part.HEAD, held
        self.deadline = now + self._limits.head_timeout_seconds
