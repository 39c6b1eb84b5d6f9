"""What the connections of one process share: who is open, what they hold, whether it is to stop."""

import asyncio
from itertools import chain
from typing import Final, Protocol

from uvicorn.server import ServerState

from app.kit.problems import Problem, Unavailable
from app.serving.files import most_connections
from app.serving.gate import Gate
from app.settings import Settings

_SWEEPS_PER_TIMEOUT: Final = 4
_LONGEST_PAUSE_SECONDS: Final = 1.0


class Connection(Protocol):
    """What the state asks of a connection."""

    def check(self, now: float) -> None:
        """End what is overdue."""

    def make_way(self, problem: Problem, *, at_once: bool) -> None:
        """Give up its place."""

    def finish(self) -> None:
        """Close after the answer that is under way."""


class State(ServerState):
    """uvicorn's own state, with the limits over all connections of a process.

    Whoever is new or stalls makes way first: a caller who sends a whole request at once is
    answered, however many others hold on to what they have.
    """

    def __init__(self, limits: Settings) -> None:
        """Nothing is open yet."""
        super().__init__()
        self.limits = limits
        self.gate: Gate | None = None
        self.stopping = False
        self._most = most_connections(limits.max_connections)
        self._strangers: dict[Connection, None] = {}
        self._idle: dict[Connection, None] = {}
        self._held: dict[Connection, tuple[int, float]] = {}
        self._held_in_all = 0
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> bool:
        """Whether a request may still come on a connection that is open."""
        return bool(self._strangers or self._idle)

    def admit(self, connection: Connection) -> None:
        """Take in a connection that is open; above the limit, the first to make way goes."""
        if len(self.connections) > self._most:
            elder = next(chain(self._strangers, self._idle, (connection,)))
            self.leave(elder)
            elder.make_way(Unavailable(), at_once=True)
            if elder is connection:
                return
        self._strangers[connection] = None
        if self._sweep is None:
            self._sweep_later()

    def busy(self, connection: Connection) -> None:
        """Note that a whole request is there: the connection no longer makes way."""
        self.release(connection)
        self._strangers.pop(connection, None)
        self._idle.pop(connection, None)

    def rest(self, connection: Connection) -> None:
        """Note that all requests are answered: who rests longest makes way first."""
        self._idle.pop(connection, None)
        self._idle[connection] = None

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        self.busy(connection)

    def hold(self, connection: Connection, size: int) -> None:
        """Count the bytes that something unfinished holds by now.

        Above the limit, whatever has held most for longest makes way.
        """
        now = asyncio.get_running_loop().time()
        before, since = self._held.get(connection, (0, now))
        self._held[connection] = (size, since)
        self._held_in_all += size - before
        while self._held_in_all > self.limits.max_unfinished_bytes:
            held = self._held
            longest = max(held, key=lambda each: held[each][0] * (now - held[each][1] + 1))
            self.release(longest)
            longest.make_way(Unavailable(), at_once=False)

    def release(self, connection: Connection) -> None:
        """Count nothing of it any more."""
        if found := self._held.pop(connection, None):
            self._held_in_all -= found[0]

    def finish(self) -> None:
        """Have every connection close after the answer that is under way."""
        for connection in self._open():
            connection.finish()

    def refuse_unfinished(self) -> None:
        """Refuse what is still half sent: there is no more time for it."""
        for connection in list(self._strangers | self._idle):
            connection.make_way(Unavailable(), at_once=False)

    def _open(self) -> list[Connection]:
        return list(self.connections)  # type: ignore[arg-type]  # all are of this protocol

    def _sweep_later(self) -> None:
        shortest = min(
            self.limits.head_timeout_seconds,
            self.limits.body_timeout_seconds,
            self.limits.keep_alive_seconds,
        )
        pause = min(shortest / _SWEEPS_PER_TIMEOUT, _LONGEST_PAUSE_SECONDS)
        self._sweep = asyncio.get_running_loop().call_later(pause, self._sweep_all)

    def _sweep_all(self) -> None:
        """End what is overdue: one timer for all instead of several for each request."""
        now = asyncio.get_running_loop().time()
        for connection in self._open():
            connection.check(now)
        self._sweep = None
        if self.connections:
            self._sweep_later()
