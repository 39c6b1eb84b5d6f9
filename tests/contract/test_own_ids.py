"""What is posted may bring its id: on every resource of the document that is read under it."""

from typing import Any, Final

import pytest

from tests.support.client import Api
from tests.support.factories import own_id
from tests.support.matrix import Scene, staged
from tests.support.operating import Operation, operations, smallest_body

pytestmark = pytest.mark.one_database

WITHOUT: Final = {
    "createAttachment": "a form; the file itself, by its digest, is what makes it the same",
    "createCampaign": "its code is its key, and PUT takes an id",
    "createClient": "made once and by hand; its keys are secrets of the service",
    "createExport": "a file of the moment: sent again, it would be another",
    "createGrant": "a power is given by hand, and not to be given again by who sends twice",
    "createImport": "a form; what is sent again is unchanged, by the records that it is about",
    "createKey": "its secret is told once, to who made it",
    "createRequirement": "its code is its key within the campaign",
    "createSupplement": "its notice's number is its key within the campaign and the unit",
    "createWebhookEndpoint": "its secret is told once, to who made it",
    "issueSnapshot": "figures of the moment: sent again, they would be others",
}
TEXTS: Final = ("title", "name", "description", "content", "seen")


def posts(api: Api) -> list[Operation]:
    """POST of every collection whose members can be read under their id."""
    all_ = list(operations(api.app))
    read = {operation.path.rpartition("/{")[0] for operation in all_ if operation.method == "GET"
            and operation.path.endswith("}")}  # fmt: skip
    return [each for each in all_ if each.method == "POST" and each.path in read]


def takes_an_id(api: Api, operation: Operation) -> bool:
    """Whether the body of an operation may have an id, in each of its forms."""
    document = api.app.openapi()

    def forms(schema: Any) -> list[Any]:
        if "$ref" in schema:
            return forms(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        nested = schema.get("oneOf") or schema.get("anyOf")
        return [form for each in nested for form in forms(each)] if nested else [schema]

    content = operation.body.get("requestBody", {}).get("content", {})
    schemas = [form for each in content.values() for form in forms(each["schema"])]
    return bool(schemas) and all("id" in form.get("properties", {}) for form in schemas)


def text_of(body: Any) -> str:
    """Return the text that is changed; what needs none may have a title."""
    return next((name for name in TEXTS if name in body), "title")


async def gone_through(api: Api, scene: Scene, operation: Operation) -> None:
    """Post a record under an id, again, with other content, and another under the same id."""
    body = {**smallest_body(scene, operation, "own", None), "id": (mine := own_id())}
    made = await api.send("POST", operation.path, body)
    assert made.status_code == 201, (operation.id, made.text)
    assert made.json()["id"] == mine
    again = await api.send("POST", operation.path, body)
    assert (again.status_code, again.json()["id"]) == (200, mine), (operation.id, again.text)
    assert again.json()["revision"] == made.json()["revision"]
    name = text_of(body)
    other = await api.send("POST", operation.path, body | {name: "另一内容"})
    assert other.status_code in {409, 422}, (operation.id, other.text)
    assert (await api.get(f"{operation.path}/{mine}"))[name] == made.json()[name]


async def in_a_batch(api: Api, scene: Scene, operation: Operation) -> None:
    """Post a record three times in a batch, the last with other content, and all again."""
    body = {**smallest_body(scene, operation, "own", None), "id": (mine := own_id())}
    name = text_of(body)
    if "code" in body:
        body["code"] = f"{body['code']}-batch"
    items = [body, body, body | {name: "另一内容"}]
    for first in (201, 200):
        answer = await api.send(
            "POST", f"{operation.path}/batch", {"items": items, "atomic": False}
        )
        results = answer.json()["data"]
        assert [each["status"] for each in results[:2]] == [first, 200], (operation.id, results)
        assert results[2]["status"] in {409, 422}, operation.id
        assert {each["id"] for each in results[:2]} == {mine}


@pytest.mark.timeout(300)
async def test_every_record_takes_the_callers_id_or_says_why_not(api: Api) -> None:
    scene = await staged(api)
    found = posts(api)
    without = {operation.id for operation in found if not takes_an_id(api, operation)}
    assert without == set(WITHOUT), "without an id: add one, or a reason to WITHOUT"
    paths = {operation.path for operation in operations(api.app) if operation.method == "POST"}
    for operation in found:
        if operation.id in without:
            continue
        await gone_through(api, scene, operation)
        if f"{operation.path}/batch" in paths:
            await in_a_batch(api, scene, operation)
