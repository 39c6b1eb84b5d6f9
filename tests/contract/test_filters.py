"""Filters by repetition: what takes several values answers either, the rest refuses a second.

Over every list of the document: which parameter is of which sort is read from its declaration.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from app.contract.document import operations
from tests.support.client import Api, problems
from tests.support.factories import own_id
from tests.support.matrix import staged
from tests.support.openapi import current

Json = dict[str, Any]
DOCUMENT: Final = current()
LISTS: Final = [
    (path, operation)
    for path, method, operation in operations(DOCUMENT)
    if method == "get" and any(p["name"] == "cursor" for p in operation.get("parameters", ()))
]
SINGLE: Final = {"limit", "cursor", "sort", "fields", "under", "under_code"}
"""Ids and codes among them are no filters, or are one place that a list is cut out of."""
ASKED: Final = {
    ("/v1/campaigns/{campaign_id}/urging", "unit_id"),
    ("/v1/campaigns/{campaign_id}/urging", "unit_code"),
    ("/v1/campaigns/{campaign_id}/coverage/organizations", "unit_id"),
    ("/v1/campaigns/{campaign_id}/coverage/organizations", "unit_code"),
    ("/v1/campaigns/{campaign_id}/coverage/organizations", "lacking"),
}
"""What says of whom a roll-up is, and what it lists: a question, as those of progress."""
OF_CODES: Final = re.compile(r"(_id|code|source|status|kind|type|level|nature|role|resource)$")


def choices(schema: Json) -> Iterator[Json]:
    """Yield the schemas that a value may have, references resolved."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from choices(each)
    else:
        yield schema


def takes_several(parameter: Json) -> bool:
    return any(each.get("type") == "array" for each in choices(parameter["schema"]))


def filters(operation: Json) -> Iterator[Json]:
    yield from (p for p in operation["parameters"] if p["in"] == "query")


def test_every_filter_of_codes_and_ids_takes_several() -> None:
    missing = [
        f"{path}?{p['name']}"
        for path, operation in LISTS
        for p in filters(operation)
        if p["name"] not in SINGLE and (path, p["name"]) not in ASKED and not takes_several(p)
        for each in choices(p["schema"])
        if "enum" in each or each.get("format") == "uuid" or OF_CODES.search(p["name"])
    ]
    assert missing == []


def values(rows: list[Json], parameter: Json) -> list[str]:
    """Return two values that the rows have, or that the parameter may have."""
    found = [row[parameter["name"]] for row in rows if row.get(parameter["name"]) is not None]
    known = [
        value
        for each in choices(parameter["schema"])
        if each.get("type") == "array"
        for inner in choices(each["items"])
        for value in inner.get("enum", [own_id(), own_id()])
    ]
    return list(dict.fromkeys(str(value) for value in [*found, *known]))[:2]


async def ids_of(api: Api, path: str, name: str, *given: str) -> set[str]:
    asked: Json = {"limit": 200, name: list(given)}
    page = await api.get(path, **asked)
    assert not page["has_more"]
    return {row["id"] for row in page["data"] if "id" in row}


@pytest.mark.timeout(300)
async def test_either_of_several_values_is_found(api: Api) -> None:
    """And what can have one value only refuses a second one, on every list."""
    scene = await staged(api)
    ids = scene.places["own"]
    for address, operation in LISTS:
        path = address.format_map(ids)
        answer = await api.send("GET", path, limit=200)
        rows = answer.json()["data"] if answer.is_success else []  # an auditor's is out of reach
        for parameter in filters(operation):
            name = parameter["name"]
            if not takes_several(parameter):
                asked: Json = {name: ["1", "1"]}
                twice = await api.send("GET", path, **asked)
                if answer.is_success:
                    assert (f"?{name}", "repeated_parameter") in problems(twice.json()), address
            elif rows:
                one, other = values(rows, parameter)
                either = await ids_of(api, path, name, one, other)
                apart = [await ids_of(api, path, name, each) for each in (one, other)]
                assert either == apart[0] | apart[1], f"{address}?{name}"
                known = {row["id"] for row in rows if str(row.get(name)) in (one, other)}
                assert known <= either, f"{address}?{name}"
