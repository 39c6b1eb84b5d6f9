"""Reviews in batches: each item is decided by itself, as if it had been sent alone."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

from app.http.batches import ItemResult
from app.kit.problems import Problem

T = TypeVar("T")


async def review_each(
    items: Mapping[int, T], review: Callable[[T], Awaitable[tuple[UUID, int]]]
) -> tuple[dict[int, ItemResult], dict[int, Problem]]:
    """Review one item after the other; return results and the others' problems, by index.

    `review` returns the record's id and new revision, or raises before it writes anything.
    """
    done: dict[int, ItemResult] = {}
    problems: dict[int, Problem] = {}
    for index, item in items.items():
        try:
            record_id, revision = await review(item)
        except Problem as problem:
            problems[index] = problem
        else:
            done[index] = ItemResult(status=201, id=record_id, revision=revision)
    return done, problems
