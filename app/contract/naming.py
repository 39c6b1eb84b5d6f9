"""A name in English and Chinese for every field: its own words, or those of `fields`."""

from collections.abc import Iterator
from typing import Any

from app.contract.fields import FIELDS

Json = dict[str, Any]


def properties(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield every property of every schema as `(where, name, property)`."""
    for name, schema in document["components"]["schemas"].items():
        yield from _properties_below(schema, name)
    yield from _properties_below(document["paths"], "paths")


def name_fields(document: Json) -> None:
    """Describe every field that does not say itself what it is."""
    for _, name, described in properties(document):
        if "description" not in described and name in FIELDS:
            described["description"] = FIELDS[name]


def _properties_below(value: Any, where: str) -> Iterator[tuple[str, str, Json]]:
    if isinstance(value, list):
        for inner in value:
            yield from _properties_below(inner, where)
    if not isinstance(value, dict):
        return
    for word, inner in value.items():
        if word == "properties":
            for name, described in inner.items():
                yield where, name, described
                yield from _properties_below(described, f"{where}.{name}")
        elif word not in {"example", "examples", "default", "enum", "const"}:
            yield from _properties_below(inner, f"{where}/{word}" if where == "paths" else where)
