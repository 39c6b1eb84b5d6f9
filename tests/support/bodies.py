"""The smallest body that an operation takes, out of its own schema and a few known ids."""

from collections.abc import Mapping
from typing import Any

from tests.support.factories import DAY, own_id

Document = Mapping[str, Any]


def body_of(
    document: Document,
    operation: Document,
    ids: Mapping[str, str],
    also: Mapping[str, Mapping[str, Any]],
) -> Any:
    """A body with every required field; wherever a field of `ids` is offered, that id.

    `also` has more fields by the name of the body's schema.
    """
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content and "application/merge-patch+json" not in content:
        return None
    schema = next(iter(content.values()))["schema"]
    forms = schema.get("anyOf") or schema.get("oneOf") or [schema]
    schema = forms[0]
    name = schema.get("$ref", "").rpartition("/")[2]
    if name.startswith("Batch"):
        name = name.removeprefix("Batch")
        item = {"$ref": f"#/components/schemas/{name}"}
        return {"items": [_example(document, item, ids) | also.get(name, {})]}
    made = _example(document, schema, ids)
    return made | also[name] if name in also else made


def _example(document: Document, schema: Document, ids: Mapping[str, str]) -> Any:  # noqa: PLR0911 - one for each kind of schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _example(document, document["components"]["schemas"][name], ids)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            first = next(s for s in schema[several] if s.get("type") != "null")
            return _example(document, first, ids)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return _object(document, schema, ids)
        case "array":
            item = schema.get("items", {})
            return [_example(document, item, ids) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return _text(schema)


def _object(document: Document, schema: Document, ids: Mapping[str, str]) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    made: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        if name in ids:
            made[name] = ids[name]
        elif name in required:
            made[name] = _example(document, inner, ids)
    if not made and schema.get("properties"):
        # A patch requires nothing: change the first thing that can be changed.
        name, inner = next(iter(schema["properties"].items()))
        made[name] = _example(document, inner, ids)
    return made


def _text(schema: Document) -> str:
    match schema.get("format"):
        case "uuid":
            return own_id()
        case "date":
            return DAY
        case "date-time":
            return "2099-01-01T00:00:00Z"
    return "t" + own_id().replace("-", "")[-16:]
