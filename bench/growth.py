"""What reads cost where there are ten times as many branches, with as many activities."""

import asyncio
from typing import Any, Final

from app.main import create_app
from bench import _store
from bench._api import Caller, medians
from bench._figures import Figure, report
from bench.lists import filled

_TENTH: Final = _store.SIZE // 10
_ROUNDS: Final = 5


class _Side:
    """One of the two databases and what is asked of it."""

    def __init__(self, store: _store.Store, campaign: Any, root: Any, part: Any) -> None:
        """`part` is a subtree of a hundredth."""
        self.caller = Caller(create_app(store.settings), store.key)
        of = f"campaign_id={campaign}"
        self.addresses = {
            "progress by child": f"/v1/progress?{of}&unit_id={root}",
            "progress by sector": f"/v1/progress?{of}&unit_id={root}&group_by=sector",
            "timeline": f"/v1/progress/timeline?{of}&unit_id={root}",
            "activities": "/v1/activities?limit=100",
            "activities of a subtree": f"/v1/activities?limit=100&under={part}",
            "obligations": f"/v1/obligations?{of}&limit=100",
            "obligations of a subtree": f"/v1/obligations?{of}&limit=100&under={part}",
            "branches": "/v1/branches?limit=100",
            "leaders": "/v1/leaders?limit=100",
        }


async def main(small: _store.Store, large: _store.Store) -> None:
    """Both in turns, so that the machine's moods fall on both."""
    sides = [await _side(store, size) for store, size in ((small, _TENTH), (large, _store.SIZE))]
    figures = []
    for name in sides[0].addresses:
        taken: list[list[float]] = [[], []]
        for _ in range(_ROUNDS):
            for side, so_far in zip(sides, taken, strict=True):
                so_far.extend(await medians(side.caller, side.addresses[name], times=5))
        one, ten = (sorted(times)[len(times) // 2] for times in taken)
        figures.append(Figure(f"{name}, at ten times the branches", ten, "ms",
                              f"{_TENTH:,} branches", one, at_most=1.2))  # fmt: skip
    report("growth", _store.SIZE, figures)


async def _side(store: _store.Store, size: int) -> _Side:
    campaign, part = await filled(store, size)
    connection = await store.connect()
    root = await connection.fetchval("SELECT id FROM organizations WHERE parent_id IS NULL")
    await connection.close()
    return _Side(store, campaign, root, part)


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open(_TENTH), _store.campaign_open()))
