"""Subtrees move while others read: nothing is seen through a former ancestor after the commit.

Every read knows which moves were committed before it began and which had begun before it ended:
what it shows must be the tree between two of these, whole, and never an older one.
"""

import asyncio
import os
import random
from dataclasses import dataclass, field
from itertools import cycle

import pytest

from tests.support.callers import Caller, caller
from tests.support.client import Api
from tests.support.factories import branch, root, unit

MOVES = 20 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
"""On each database; with a factor of 100 two thousand."""
PAUSE_SECONDS = 0.01
"""Between two reads while a move runs: some begin before its commit and end after it."""


@dataclass
class Tree:
    """What the tree was after each move, by what each of its parents covers."""

    parent_of: dict[str, str]
    leaf_of: dict[str, str]
    """Two units that move, each below a parent that does not or below the other; their branches."""
    states: list[dict[str, str]] = field(default_factory=list)
    committed: int = 0
    """The number of the last move whose answer has come; `states` may have the next one, too."""

    def covered(self, top: str, state: int) -> set[str]:
        """The branches below a parent after a move."""
        found = set()
        for moved, leaf in self.leaf_of.items():
            place = self.states[state][moved]
            while place in self.parent_of:
                place = self.states[state][place]
            if place == top:
                found.add(leaf)
        return found

    def may_go_to(self, moved: str, tops: list[str]) -> list[str]:
        """Where a unit can move: never where it is, never below itself."""
        others = [it for it in self.parent_of if it != moved and self.parent_of[it] != moved]
        return [place for place in tops + others if place != self.parent_of[moved]]


@dataclass
class Reader:
    """Reads on and on what is below one parent."""

    top: str
    who: Caller
    proved: int = -1
    """The last move after whose commit a whole read began and ended."""

    async def read_on(self, tree: Tree, done: asyncio.Condition) -> None:
        """Until cancelled: each branch by itself, then the list of all, in turn."""
        for leaf in cycle((*tree.leaf_of.values(), None)):
            if self.proved == tree.committed:
                await asyncio.sleep(PAUSE_SECONDS)
            since = tree.committed
            path = "/v1/branches" if leaf is None else f"/v1/branches/{leaf}"
            answer = await self.who.api.send("GET", path)
            until = len(tree.states)
            possible = [tree.covered(self.top, number) for number in range(since, until)]
            if leaf is None:
                assert {row["id"] for row in answer.json()["data"]} in possible
            else:
                statuses = {200 if leaf in covered else 404 for covered in possible}
                assert answer.status_code in statuses, (since, until)
            self.proved = since
            async with done:
                done.notify_all()


@pytest.mark.timeout(600 + MOVES)
async def test_no_access_by_the_former_ancestor(api: Api) -> None:
    above = await root(api)
    tops = [await unit(api, above) for _ in range(3)]
    moving = [await unit(api, tops[0]) for _ in range(2)]
    leaves = {it["id"]: (await branch(api, it))["id"] for it in moving}
    tree = Tree({it["id"]: tops[0]["id"] for it in moving}, leaves)
    tree.states.append(dict(tree.parent_of))
    readers = [Reader(top["id"], await caller(api, "viewer", top)) for top in tops]
    done = asyncio.Condition()
    async with asyncio.TaskGroup() as reading:
        tasks = [reading.create_task(reader.read_on(tree, done)) for reader in readers]
        await _move_about(api, tree, readers, done)
        for task in tasks:
            task.cancel()


async def _move_about(api: Api, tree: Tree, readers: list[Reader], done: asyncio.Condition) -> None:
    chance = random.Random(5)  # noqa: S311 - to be repeated, not to be secret
    tops = [reader.top for reader in readers]
    for number in range(1, MOVES + 1):
        moved = chance.choice(list(tree.parent_of))
        to = chance.choice(tree.may_go_to(moved, tops))
        tree.parent_of[moved] = to
        tree.states.append(dict(tree.parent_of))
        await _move(api, moved, to)
        tree.committed = number
        async with done:
            await done.wait_for(lambda: min(r.proved for r in readers) >= tree.committed)


async def _move(api: Api, moved: str, to: str) -> None:
    path, body = f"/v1/units/{moved}/move", {"parent_id": to}
    await api.send("POST", path, body, headers={"If-Match": "*"}, expect=200)
