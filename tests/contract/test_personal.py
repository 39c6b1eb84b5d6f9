"""No text of the document takes an identity number; a document's number of that length passes."""

import copy
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

import httpx2
import pytest
from stdnum.cn import ric

from app.models.vocabulary import ActivityKind, ExportKind
from tests.support.client import Api, problems
from tests.support.matrix import Scene, staged
from tests.support.openapi import current
from tests.support.operating import LISTS, SAME, Operation, operations, smallest_body

pytestmark = pytest.mark.one_database

Json = dict[str, Any]
SCHEMAS: Final[Json] = current()["components"]["schemas"]
DEEPEST: Final = 6
SPARED: Final = {
    "/uscc": "a code of its own, with a check of its own",
    "/code": "of a division: digits of another number",
    "/edition": "a year or a day",
    "/document_number": "has a form of its own",
    "/forwards": "a document number",
    "/based_on": "a document number",
}
OF_PERSONS: Final = ("/name", "/post", "/secretary", "/external_id", "/names/0", "/persons/0")
"""Where a mistyped number is still somebody's."""


def number(*, right: bool = True) -> str:
    """Return what looks like an identity number of nobody, with a right or a wrong check."""
    digits = "110101" + "19000101" + "001"
    check = ric.calc_check_digit(digits + "0")
    return digits + (check if right else ("1" if check != "1" else "2"))


def choices(schema: Json) -> Iterator[Json]:
    """Yield the schemas that a value may have, references resolved."""
    if "$ref" in schema:
        yield from choices(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    elif several := schema.get("anyOf") or schema.get("oneOf"):
        for each in several:
            yield from choices(each)
    else:
        yield schema


def texts(schema: Json, place: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the places of all texts whose form the schema does not fix."""
    for choice in choices(schema) if depth < DEEPEST else ():
        if choice.get("type") == "object":
            for name, inner in choice.get("properties", {}).items():
                yield from texts(inner, f"{place}/{name}", depth + 1)
        elif choice.get("type") == "array":
            yield from texts(choice["items"], f"{place}/0", depth + 1)
        elif choice.get("type") == "string" and not choice.keys() & {"enum", "const", "format"}:
            yield place


def put(body: Json, place: str, value: str) -> None:
    """Put a text at a place of a body, with what has to stand around it."""
    holder: Any = body
    *above, last = place.split("/")[1:]
    for part, following in pairwise([*above, last]):
        empty: Any = [] if following == "0" else {}
        if part == "0" and not holder:
            holder.append(empty)
        holder = holder[0] if part == "0" else holder.setdefault(part, empty)
    if last == "0":
        holder[:] = [value]
    else:
        holder[last] = value


def bodies(operation: Operation, smallest: Json, value: str) -> Iterator[tuple[Json, set[str]]]:
    """Yield bodies with a text at every place that takes one, and those places."""
    (content,) = operation.body["requestBody"]["content"].values()
    places = {p for p in texts(content["schema"]) if not p.endswith(tuple(SPARED))}
    kinds: Iterable[Any] = [None]
    if any("/details/" in place for place in places):
        kinds = (None, *ActivityKind)  # with none the number stands in its place, too
    elif any("/filter/" in place for place in places):
        kinds = ExportKind
    for kind in kinds:
        body = copy.deepcopy(smallest)
        for place in sorted(places):
            put(body, place, value)
        if kind is not None:
            item = body["items"][0] if "items" in body else body
            item["kind"] = kind
        yield body, places


async def sent(api: Api, scene: Scene, operation: Operation, body: Json) -> httpx2.Response:
    """Send a body about a record in the state that takes it."""
    answer: httpx2.Response | None = None
    for place in ("own", "drafted"):
        path = operation.path.format_map(LISTS | scene.places[place])
        answer = await api.send(operation.method, path, body, headers=SAME)
        if answer.status_code == 422:
            return answer
    assert answer is not None
    return answer


async def refused(api: Api, scene: Scene, operation: Operation, value: str) -> Json:
    """Return the codes of each text of an operation's body that holds a value."""
    smallest = smallest_body(scene, operation, "drafted", None) or {}
    found: Json = {}
    for body, places in bodies(operation, smallest, value):
        answer = await sent(api, scene, operation, body)
        errors = problems(answer.json()) if answer.status_code == 422 else set()
        if answer.status_code in {403, 404, 409}:  # of no state in the scene: not read at all
            errors = {(place, "not_read") for place in places}
        for place in places:
            found.setdefault(place, set()).update(code for at, code in errors if at == place)
    return found


@pytest.mark.timeout(300)
async def test_identity_numbers_are_refused_everywhere(api: Api) -> None:
    """And what only looks like one nowhere but where a person is spoken of."""
    scene = await staged(api)
    passed, mistaken = [], []
    for operation in operations(api.app):
        if "application/json" not in operation.body.get("requestBody", {}).get("content", {}):
            continue
        for place, codes in (await refused(api, scene, operation, number())).items():
            if not codes - {"unknown_field"}:
                passed.append(f"{operation.id} {place}")
        for place, codes in (await refused(api, scene, operation, number(right=False))).items():
            if "personal_number" in codes and not place.endswith(OF_PERSONS):
                mistaken.append(f"{operation.id} {place}")
    assert (passed, mistaken) == ([], [])


async def test_a_request_is_not_named_by_one(api: Api) -> None:
    answer = await api.send("GET", "/v1/me", headers={"X-Request-ID": number()})
    assert answer.headers["x-request-id"] != number()
