"""PUT under an id of the caller's: again is nothing new, on every resource of the document."""

from typing import Any, Final

import pytest

from tests.support.client import Api
from tests.support.factories import own_id
from tests.support.matrix import Scene, staged
from tests.support.operating import Operation, operations, smallest_body

pytestmark = pytest.mark.one_database

TEXTS: Final = ("title", "name", "description", "content", "seen")
ETag = str


def changed(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with other content."""
    name = next(name for name in TEXTS if name in body)
    return body | {name: "另一内容"}


async def gone_through(api: Api, scene: Scene, operation: Operation) -> None:
    """Make a record, send it again in all ways, then change it."""
    body = smallest_body(scene, operation, "own", None)
    (part,) = operation.parameters
    path = operation.path.format_map({part: own_id()})

    async def put(content: Any, expect: int, **headers: str) -> ETag:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await api.send("PUT", path, content, headers=sent)
        assert answer.status_code == expect, (operation.id, sent, answer.text)
        return str(answer.headers.get("etag", answer.json().get("code")))

    assert await put(body, 412, If_Match='"1"') == "does_not_exist"
    made = await put(body, 201, If_None_Match="*")
    assert await put(body, 200) == made
    assert await put(body, 200, If_Match=made) == made
    # As one does who has not heard the answer to a change.
    assert await put(body, 200, If_Match='"77"') == made
    assert await put(body, 412, If_None_Match="*") == "already_exists"
    assert await put(changed(body), 428) == "revision_required"
    await put(changed(body), 412, If_Match='"77"')
    after = await put(changed(body), 200, If_Match=made)
    assert after != made
    assert await put(changed(body), 200, If_Match=made) == after


@pytest.mark.timeout(300)
async def test_a_put_can_be_sent_again(api: Api) -> None:
    scene = await staged(api)
    every = [operation for operation in operations(api.app) if operation.method == "PUT"]
    # A list of codes is a part of its campaign, and has no id.
    puts = [operation for operation in every if "list_name" not in operation.parameters]
    assert len(puts) >= 10
    for operation in puts:
        await gone_through(api, scene, operation)
