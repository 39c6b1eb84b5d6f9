"""How much more work twice the input is, by the processor's time and not by the clock's.

One doubling may cost more than its share on a machine where the larger input leaves a cache or
takes memory of another kind. Work that grows with the square costs four times at every doubling,
the nearer the larger the input: where one doubling is too dear, the next ones are looked at.
"""

import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

MOST = 2.5
"""Times the work, at most, for twice the input."""
_DOUBLINGS = 3
_TRIES = 5
_BEST_OF = 3


def ratio(make: Callable[[int], Any], call: Callable[[Any], object], size: int) -> float:
    """Return the least ratio seen between the work for some size and for twice as much."""
    found = []
    for once, twice in _doublings(size):
        found.append(least(make(twice), call) / least(make(once), call))
        if found[-1] <= MOST:
            break
    return min(found)


async def awaited_ratio(
    make: Callable[[int], Any], call: Callable[[Any], Awaitable[object]], size: int
) -> float:
    """Return the same of what is awaited; every call gets an input of its own."""
    found = []
    for once, twice in _doublings(size):
        work = [await _least_awaited(make, call, n) for n in (once, twice)]
        found.append(work[1] / work[0])
        if found[-1] <= MOST:
            break
    return min(found)


def _doublings(size: int) -> Iterator[tuple[int, int]]:
    """Return the pairs of sizes to compare: each several times, then twice as large ones."""
    for n in range(_DOUBLINGS):
        yield from [(size << n, size << (n + 1))] * _TRIES


def spend(given: Any, call: Callable[[Any], object]) -> float:
    """Return the seconds of the processor that a call takes once."""
    start = time.process_time()
    call(given)
    return time.process_time() - start


def least(given: Any, call: Callable[[Any], object]) -> float:
    """Return the seconds of the processor that a call takes, at best."""
    spent = []
    for _ in range(_BEST_OF):
        with _undisturbed():
            start = time.process_time()
            call(given)
            spent.append(time.process_time() - start)
    return min(spent)


async def _least_awaited(
    make: Callable[[int], Any], call: Callable[[Any], Awaitable[object]], size: int
) -> float:
    spent = []
    for _ in range(2):
        given = make(size)
        with _undisturbed():
            start = time.process_time()
            await call(given)
            spent.append(time.process_time() - start)
    return min(spent)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without a collector that walks through all that other tests have left."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
