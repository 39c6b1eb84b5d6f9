"""Work over many rows that lets others run in between: the event loop is everybody's."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_LONGEST_SECONDS: Final = 0.005
_AT_ONCE: Final = 200
"""Rows that one statement is given its values for in a few milliseconds."""


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items; whenever they have taken five milliseconds, others run first."""
    begun = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - begun > _LONGEST_SECONDS:
            await asyncio.sleep(0)
            begun = time.perf_counter()


def sliced(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return the rows in parts, each small enough for one statement to be made of at once."""
    return (rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE))
