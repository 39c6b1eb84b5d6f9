"""Ten times as many activities by POST as one process can take: what is still done, and how soon.

Callers come at a pace, whatever they are answered; each uses a connection that nobody else uses.
`BENCH_SECONDS` is how long, `BENCH_OVERLOAD` how many times the peak.
"""

import asyncio
import itertools
import os
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bench import _store
from bench._api import PORT, Request, ask, rate, shipped
from bench._figures import Figure, report
from bench.posting import CONNECTIONS, bodies, posts

_SECONDS: Final = float(os.environ.get("BENCH_SECONDS") or 60)
_TIMES: Final = float(os.environ.get("BENCH_OVERLOAD") or 10)
_MOST_OPEN: Final = 2000
_TICK_SECONDS: Final = 0.005
_REFUSED: Final = 503
_NORMAL: Final = 2.0
"""How many times as long as before an answer may take and is still called normal."""


@dataclass(slots=True)
class Seen:
    """How long answers took, in seconds, by what they were."""

    good: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def note(self, status: int, seconds: float) -> None:
        """Sort one in."""
        if status < 300:
            self.good.append(seconds)
        elif status == _REFUSED:
            self.refused.append(seconds)
        else:
            self.others.append(str(status))


class Crowd:
    """Callers who do not wait for each other."""

    def __init__(self, source: Iterator[Request], key: str) -> None:
        """All of them show the same key."""
        self.seen = Seen()
        self.in_time = 0
        """Answers of success before the last request was sent."""
        self._source = source
        self._key = key
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._open: set[asyncio.Task[None]] = set()

    async def come(self, pace: float, seconds: float) -> None:
        """Send as many requests a second, and wait for the last of the answers."""
        began = time.perf_counter()
        sent = 0
        while (passed := time.perf_counter() - began) < seconds:
            for _ in range(int(passed * pace) - sent):
                sent += 1
                if len(self._open) >= _MOST_OPEN:
                    self.seen.others.append("no connection")
                    continue
                task = asyncio.create_task(self._send())
                self._open.add(task)
                task.add_done_callback(self._open.discard)
            await asyncio.sleep(_TICK_SECONDS)
        self.in_time = len(self.seen.good)
        await asyncio.gather(*self._open)

    async def _send(self) -> None:
        began = time.perf_counter()
        try:
            status = await self.ask()
        except (OSError, EOFError) as error:
            self.seen.others.append(type(error).__name__)
        else:
            self.seen.note(status, time.perf_counter() - began)

    async def ask(self) -> int:
        """Send one request over an idle connection, or a new one; the answer's status."""
        while self._idle:
            line = self._idle.pop()
            try:
                return await self._ask(*line)
            except (OSError, EOFError):
                continue  # the service had closed it, for it was idle too long
        return await self._ask(*await asyncio.open_connection("127.0.0.1", PORT))

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        status, _ = await ask(reader, writer, next(self._source), self._key)
        self._idle.append((reader, writer))
        return status


async def main(store: _store.Store) -> None:
    """Measure the peak, then ten times as much, then how long it takes to be as before."""
    places = await bodies(store)
    source = _repeated(places)
    async with shipped(store.environment()):
        await rate(lambda: source, store.key, CONNECTIONS, 5)
        peak = await rate(lambda: source, store.key, CONNECTIONS, max(_SECONDS / 6, 5))
        crowd = Crowd(source, store.key)
        before = statistics.median([await _timed(crowd.ask) for _ in range(20)])
        await crowd.come(peak * _TIMES, _SECONDS)
        normal = await _recovery(crowd.ask, before * _NORMAL)
    seen = crowd.seen
    if seen.others:
        print(f"neither done nor refused: {len(seen.others)}, {sorted(set(seen.others))}")
    print(f"{len(seen.good)} done, {len(seen.refused)} refused")
    load = f"{_TIMES:g} times the peak for {_SECONDS:g} s"
    report("overload", _store.SIZE, [
        Figure(f"activities by POST, {load}", crowd.in_time / _SECONDS, "/s", "peak", peak,
               at_least=0.8),
        Figure("… refusals, 99th percentile", _late(seen.refused), "s", "most", 0.1, at_most=1),
        Figure("… accepted, 99th percentile", _late(seen.good), "s", "most", 2, at_most=1),
        Figure("… until answers take what they took", normal, "s", "most", 5, at_most=1),
    ])  # fmt: skip


def _repeated(places: list[dict[str, object]], count: int = 2000) -> Iterator[Request]:
    """Repeat the same bodies: to make one costs the caller more than to refuse it."""
    return itertools.cycle(list(itertools.islice(posts(places), count)))


async def _timed(ask: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


async def _recovery(ask: Callable[[], Awaitable[object]], normal: float) -> float:
    """Seconds until five answers in a row take no longer than normal."""
    began = time.perf_counter()
    quick = 0
    while quick < 5:
        quick = quick + 1 if await _timed(ask) <= normal else 0
        if time.perf_counter() - began > _SECONDS:
            break
    return time.perf_counter() - began


def _late(seconds: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(seconds)[int(len(seconds) * 0.99)] if seconds else 0.0


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
