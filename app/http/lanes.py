"""Lanes: how many requests a process works on at once, and a short queue of those that wait.

The queue is short in time: who would have to wait too long, at the pace at which places come free
just now, is not let into it. So nearly all who are refused are refused at once; the others wait,
even where it takes longer than was expected. What one asker may take of the queue leaves room for
another (`docs/decisions/0063-refused-at-the-door.md`).
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

import structlog

from app.kit import metrics

_WEIGHT: Final = 0.2
"""Of the newest pause between two places that come free, against those before it."""
_PATIENCE: Final = 10
"""How many times as long as was expected somebody waits at most."""
_SHIFTS: Final = 4
"""How many times as many as have a place may wait, however slowly places come free."""
_TOLD_EVERY_SECONDS: Final = 10.0

_log = structlog.get_logger("app.requests")


class FullLaneError(Exception):
    """There is no room, or no place came free in time."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a lane takes in at once; the queue is bounded in number and in expected seconds."""

    at_once: int
    waiting: int
    seconds: float


@dataclass(slots=True, eq=False)
class _Turn:
    asker: bytes
    come: asyncio.Future[None]


class Lane:
    """Places of one event loop, given out in the order of coming."""

    def __init__(
        self,
        name: str,
        bounds: Bounds,
        now: Callable[[], float] = monotonic,
        behind: "Lane | None" = None,
    ) -> None:
        """`name` is that of its figures; `now` tells seconds and never goes back.

        `behind`: the lane in which those of this one still need a place for what they do.
        """
        self.name = name
        self.behind = behind
        self._now = now
        self._bounds = bounds
        self._free = bounds.at_once
        self._back: deque[_Turn] = deque()
        self._new: deque[_Turn] = deque()
        self._askers: Counter[bytes] = Counter()
        self._pause = 0.0
        self._freed_at = now()
        self._figures = metrics.door(name)
        self._refused, self._told_at = 0, -_TOLD_EVERY_SECONDS

    async def enter(self, asker: bytes, *, again: bool = False) -> None:
        """Take a place, at once or in turn; raises `FullLaneError`.

        `again`: one that had a place before, and gave it back to wait for its caller, comes first.
        """
        if not self._free:
            await self._wait(asker, again=again)
        else:
            self._free -= 1
        self._figures.in_flight.inc()

    def leave(self, *, done: bool = True) -> None:
        """Give the place back, to whoever has waited longest.

        `done`: so is the work; else the pace at which places come free is not told by this.
        """
        self._figures.in_flight.dec()
        if done and self._waiting():
            self._pause, self._freed_at = self._smoothed(), self._now()
        self._pass_on()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for as long as a block lasts; who is inside already comes before the new."""
        await self.enter(b"", again=True)
        try:
            yield
        finally:
            self.leave()

    def refuse(self) -> None:
        """Count one who was not let in; the log has a line of many, for it could not hold all."""
        self._figures.refused.inc()
        self._refused += 1
        if monotonic() - self._told_at >= _TOLD_EVERY_SECONDS:
            _log.warning("requests_refused", lane=self.name, count=self._refused)
            self._refused, self._told_at = 0, monotonic()

    def has_room(self, asker: bytes) -> bool:
        """Return whether one more of the asker's would be let in, at once or in turn."""
        return self._free > 0 or self._may_wait(asker)

    async def _wait(self, asker: bytes, *, again: bool) -> None:
        if not again and not self._may_wait(asker):
            raise FullLaneError
        turn = _Turn(asker, asyncio.get_running_loop().create_future())
        queue = self._back if again else self._new
        queue.append(turn)
        self._askers[asker] += 1
        self._figures.queued.inc()
        try:
            async with asyncio.timeout(self._bounds.seconds * _PATIENCE):
                await turn.come
        except BaseException as ended:
            self._give_up(turn, queue)
            if isinstance(ended, TimeoutError):
                raise FullLaneError from ended
            raise

    def _may_wait(self, asker: bytes) -> bool:
        """Whether there is room in the queue for one more of the asker's."""
        if not self._waiting():
            self._freed_at = self._now()  # until now there was nobody to wait for a place
        pause = max(self._pause, self._smoothed())
        in_time = int(self._bounds.seconds / pause) if pause else self._bounds.waiting
        room = min(self._bounds.waiting, max(in_time, self._bounds.at_once * _SHIFTS))
        share = room // (len(self._askers) + (asker not in self._askers) + 1)
        return self._waiting() < room and self._askers[asker] < max(share, 1)

    def _waiting(self) -> int:
        return len(self._back) + len(self._new)

    def _give_up(self, turn: _Turn, queue: deque[_Turn]) -> None:
        if turn in queue:
            queue.remove(turn)
            self._forget(turn)
        elif not turn.come.cancelled():
            self._pass_on()  # its place came at the very moment

    def _pass_on(self) -> None:
        while self._waiting():
            turn = (self._back or self._new).popleft()
            self._forget(turn)
            if not turn.come.done():
                turn.come.set_result(None)
                return
        self._free += 1

    def _smoothed(self) -> float:
        """Return the pause between places, if one came free now."""
        return self._pause + _WEIGHT * (self._now() - self._freed_at - self._pause)

    def _forget(self, turn: _Turn) -> None:
        self._figures.queued.dec()
        self._askers[turn.asker] -= 1
        if not self._askers[turn.asker]:
            del self._askers[turn.asker]


class LaneOf(Protocol):
    """Tells the lane of a request by its method, its path and whether its body is small."""

    def __call__(self, method: str, path: str, /, *, small: bool) -> Lane | None:
        """Return the lane; None: whoever comes is let in."""
