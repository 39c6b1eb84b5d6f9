"""Requests that wait for their group: who comes while a transaction runs goes into the next one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from fastapi import Response

from app.access.principal import Principal
from app.http import idempotency
from app.http.bodies import Handler, StrictRequest
from app.http.context import get_context
from app.http.lanes import Lane

_AT_ONCE: Final = 2
"""Groups of one route that run side by side."""
_ENOUGH: Final = 6
"""Requests that must wait before a second group is worth its statements."""
_MOST: Final = 32


@dataclass(slots=True, eq=False)
class Member:
    """One request that waits for its group; its answer is None where it has to go alone."""

    request: StrictRequest
    handler: Handler
    connections: Lane
    answer: asyncio.Future[Response | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    claim: idempotency.Claim | None = None

    @property
    def caller(self) -> Principal:
        """Return who calls, once that is known."""
        return get_context(self.request).authenticated()


class Groups:
    """The requests of one route that wait, and the transactions that carry them out."""

    def __init__(self, carry_out: Callable[[list[Member]], Awaitable[None]]) -> None:
        """`carry_out` gives each member its answer."""
        self._carry_out = carry_out
        self._waiting: deque[Member] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def join(self, member: Member) -> Response | None:
        """Wait for the answer that the next group has for a request."""
        self._waiting.append(member)
        self._start()
        return await member.answer

    def _start(self) -> None:
        enough = _ENOUGH if self._running else 1
        if len(self._running) < _AT_ONCE and len(self._waiting) >= enough:
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._end)

    async def _run(self) -> None:
        await asyncio.sleep(0)  # who comes in the same turn of the loop comes along
        members = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
        present = [member for member in members if not member.answer.done()]  # others hung up
        if present:
            await self._carry_out(present)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start()
