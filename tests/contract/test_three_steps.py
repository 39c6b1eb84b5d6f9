"""Three steps with every resource, generated from the document: made, moved or sent again, read.

None of them may end in a fault of the service, whatever order they come in.
"""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any, Final

import httpx2
import pytest

from app.kit import clock
from tests.support.client import Api
from tests.support.matrix import Scene, staged
from tests.support.operating import SAME, Operation, operations, send, smallest_body

SERVER_ERROR: Final = 500
SECOND_STEPS: Final = 6
"""Of each resource in one run, half of them on each database, others on other days."""
STATES: Final[tuple[dict[str, Any], ...]] = ({"status": "draft"}, {})


def creations(every: list[Operation]) -> list[Operation]:
    """Return what makes a record that has an address of its own."""
    ways = [o for o in every if o.method == "POST" and not o.parameters]
    return [o for o in ways if single(every, o.path)]


def single(every: list[Operation], path: str) -> list[Operation]:
    """Return the operations on one record of a collection and on what is below it."""
    return [o for o in every if o.path.startswith(f"{path}/{{") and len(o.parameters) == 1]


async def answered(api: Api, method: str, path: str, body: Any = None) -> httpx2.Response:
    answer = await api.send(method, path, body, headers=SAME)
    assert answer.status_code < SERVER_ERROR, f"{method} {path} {body}: {answer.text}"
    told = answer.headers.get("content-type", "").startswith("application/json")
    if answer.is_success and isinstance(results := answer.json() if told else {}, dict):
        for result in results.get("data", ()):
            assert not isinstance(result, dict) or result.get("status") != SERVER_ERROR
    return answer


def second_steps(
    every: list[Operation], creation: Operation, chance: Random, half: int
) -> Iterator[Operation | None]:
    """Yield what may be done with a new record: each change of it, and the creation again."""
    changes = [o for o in single(every, creation.path) if o.writes]
    yield None
    yield from chance.sample(changes, min(SECOND_STEPS, len(changes)))[half::2]


@pytest.mark.timeout(600)
async def test_no_three_steps_end_in_a_fault(api: Api, backend: str) -> None:
    scene: Scene = await staged(api)
    every = list(operations(api.app))
    chance = Random(clock.today().toordinal())  # noqa: S311 - another part each day
    half, gone_through = int(backend == "postgresql"), 0
    for creation, state in product(creations(every), STATES):
        if creation.id in {"createAttachment", "createImport"}:  # forms with files
            continue
        # A stream goes on for as long as the work does.
        reads = [o for o in single(every, creation.path) if not o.writes and o.id != "watchExport"]
        for step in second_steps(every, creation, chance, half):
            body = {**smallest_body(scene, creation, "own", None), **state}
            made = await answered(api, "POST", creation.path, body)
            if not made.is_success or "id" not in made.json():
                break  # it takes no such state, or is made by a job
            (part,) = {name for o in reads or [creation] for name in o.parameters} or {"id"}
            record = scene.places["own"] | {part: made.json()["id"]}
            scene.places["new"] = record
            if step is None:
                await answered(api, "POST", creation.path, body)
            else:
                answer = await send(api, scene, step, "new", None)
                assert answer.status_code < SERVER_ERROR, f"{step.id}: {answer.text}"
            for read in reads:
                await answered(api, "GET", read.path.format_map(record))
            gone_through += 1
    assert gone_through > len(STATES) * len(creations(every))
