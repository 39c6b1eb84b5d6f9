"""Hostile values in every field of every body of the document: always a 4xx that says where.

`make fuzz` puts every value into every field.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from app.contract.document import operations
from tests.support import factories
from tests.support.client import Api
from tests.support.openapi import current

APART = 1 if "DAJIATAN_TEST_FACTOR" in os.environ else 10
ABSENT = "0199c3a2-7c1e-7d4b-9a55-2f6d3f0f8b11"
MARK = "hostile value"
DEEP: Any = 0
for _ in range(40):
    DEEP = [DEEP]

# As JSON text, because half of them are nothing that a JSON library would write.
HOSTILE = {
    "nul": '"a\\u0000b"',
    "lone high surrogate": '"\\ud800"',
    "lone low surrogate": '"\\udc00x"',
    "bidirectional override": '"a\\u202eb"',
    "isolate": '"\\u2066a"',
    "escape": '"\\u001b[31m"',
    "line separator": '"a\\u2028b"',
    "noncharacter": '"\\uffff"',
    "only spaces": '"   "',
    "nothing": '""',
    "nothing to be seen": '"\\u200b\\u3164\\ufeff"',
    "identity number": json.dumps("110105" + "19491231" + "002X"),
    "beyond 64 bit": "18446744073709551616",
    "hundreds of digits": "9" * 400,
    "negative": "-9223372036854775809",
    "not a number": "NaN",
    "infinite": "1e400",
    "truth": "true",
    "deep": json.dumps(DEEP),
    "long": json.dumps("长" * 100_001),
}
HARMLESS = {"nothing", "only spaces", "truth", "long"}
"""Right for a few fields: a fingerprint may be empty, a flag be true."""


def fields(schema: Any, schemas: Any, place: str, left: int = 5) -> Iterator[str]:
    """The JSON pointer of every text and number field below a schema."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf") or schema.get("oneOf") or [schema]:
        if choice is not schema:
            yield from fields(choice, schemas, place, left)
        elif schema.get("type") in {"string", "integer", "number"}:
            yield place
        elif left and schema.get("type") == "array":
            yield from fields(schema["items"], schemas, f"{place}/0", left - 1)
        elif left:
            for name, inner in schema.get("properties", {}).items():
                yield from fields(inner, schemas, f"{place}/{name}", left - 1)


def bodies() -> list[tuple[str, str, str, Any, list[str]]]:
    """Every operation with a JSON body: name, method, path, its example, its fields."""
    document = current()
    components = document["components"]
    found = []
    for path, method, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        example = content.get("example")
        if "examples" in content:
            name = content["examples"]["typical"]["$ref"].rpartition("/")[2]
            example = components["examples"][name]["value"]
        places = sorted(set(fields(content["schema"], components["schemas"], "")))
        found.append((operation["operationId"], method, path, example, places))
    return found


BODIES = bodies()


def test_the_document_is_covered() -> None:
    assert len(BODIES) > 30
    assert sum(len(places) for *_, places in BODIES) > 300


@pytest.mark.parametrize("method", ["post", "put", "patch"])
async def test_hostile_values_are_refused_with_their_place(
    api: Api, backend: str, method: str
) -> None:
    # What only PostgreSQL would choke on is the same in every field: a part of them shows it.
    step = 1 if backend == "sqlite" else 4
    there = await records(api)
    wrong: list[str] = []
    for name, its_method, path, example, places in BODIES:
        for number, place in enumerate(places[::step]) if its_method == method else ():
            # Each value meets every tenth field, and every field meets a tenth of the values.
            for kind, hostile in list(HOSTILE.items())[number % APART :: APART]:
                answer = await send(
                    api, method, path.format_map(there), with_value(example, place, hostile)
                )
                if not acceptable(answer, kind):
                    wrong.append(f"{name} {place} {kind}: {answer.status_code} {answer.text[:250]}")
    assert not wrong, f"{len(wrong)} of them:\n" + "\n".join(wrong[:40])


def acceptable(answer: httpx2.Response, kind: str) -> bool:
    """Whether it is a 4xx that says where, or that the record of the path is not there."""
    if answer.status_code < 300:
        return kind in HARMLESS or "/batch" in str(answer.url)
    if answer.status_code in {403, 404, 409} or answer.json()["code"] == "does_not_exist":
        return True
    errors = answer.json().get("errors", ())
    places = [error["pointer"] for error in errors]
    return answer.status_code in {400, 422} and bool(places)


async def send(api: Api, method: str, path: str, body: str) -> httpx2.Response:
    """One request with a body as it is, whatever the revision."""
    headers = {"Content-Type": "application/json", "If-Match": "*"}
    return await api.http.request(method, path, content=body.encode(), headers=headers)


async def records(api: Api) -> dict[str, str]:
    """A record of each kind by the name of its place in paths; the rest are absent."""
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    branch = await factories.branch(api, unit)
    leader = await factories.leader(api, unit, branch)
    campaign = await factories.campaign(api, root)
    activity = await api.post("/v1/activities", factories.activity(branch, campaign))
    record = await api.post("/v1/leader-records", factories.record(leader, campaign))
    client = await api.post("/v1/clients", {"name": "网站"})
    of = {"campaign_id": campaign["id"], "org_id": branch["id"]}
    found = await api.post("/v1/findings", {**of, "check": "methods", "description": "方法单一"})
    report = await api.post(
        "/v1/reports", {**of, "kind": "work_update", "title": "情况", "body": "一篇"}
    )
    made = {
        "unit": unit,
        "branch": branch,
        "leader": leader,
        "campaign": campaign,
        "activity": activity,
        "record": record,
        "client": client,
        "finding": found,
        "report": report,
    }
    there = {f"{name}_id": row["id"] for name, row in made.items()}
    return defaultdict(lambda: ABSENT, there)


def with_value(example: Any, place: str, hostile: str) -> str:
    """The example as JSON text, with one value replaced or added."""
    body = json.loads(json.dumps(example))
    parts = place.split("/")[1:]
    at = body
    for part, following in pairwise(parts):
        at = into(at, part, [] if following == "0" else {})
    if isinstance(at, list):
        at[:] = [MARK]
    else:
        at[parts[-1]] = MARK
    return json.dumps(body).replace(f'"{MARK}"', hostile)


def into(at: Any, part: str, empty: Any) -> Any:
    """The inner value, made if it is not there."""
    if isinstance(at, list):
        if not at or type(at[0]) is not type(empty):
            at[:] = [empty]
        return at[0]
    if type(at.get(part)) is not type(empty):
        at[part] = empty
    return at[part]
