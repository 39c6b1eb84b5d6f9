"""The schemas as clients want them: one name for each enumeration, no noise, whole numbers."""

from collections.abc import Iterator
from typing import Any, Final

from app.http.parameters import MAX_LENGTH, MAX_REPEATS
from app.kit.problems import MAX_ERRORS

Json = dict[str, Any]

_UNUSED: Final = ("HTTPValidationError", "ValidationError")
_REF: Final = "#/components/schemas/"
_INT32: Final = 2**31 - 1
_SAFE: Final = 2**53 - 1
"""The integers that every client reads exactly (RFC 8259, section 6)."""
_TEXT: Final = 100_000
_ITEMS: Final = 10_000
_LENGTHS: Final = {"uuid": 36, "date": 10, "date-time": 40, "uri": 2000, "binary": 2**31 - 1}
PROBLEM: Final[Json] = {
    "type": "object",
    "description": "RFC 9457。问题详情。 What went wrong, and where.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "maxLength": 2000,
            "description": "Page that explains it. 说明页地址。",
        },
        "title": {"type": "string", "maxLength": 200},
        "status": {
            "type": "integer",
            "format": "int32",
            "minimum": 400,
            "maximum": 599,
            "description": "The HTTP status. HTTP 状态码。",
        },
        "detail": {"type": "string", "maxLength": 20000},
        "code": {
            "type": "string",
            "pattern": "^[a-z0-9_]+$",
            "maxLength": 64,
            "description": "Stable; decide by it, not by the words. 稳定代码。",
        },
        "request_id": {
            "type": "string",
            "maxLength": 64,
            "description": "Give it to the operator. 请求编号。",
        },
        "errors": {
            "type": "array",
            "maxItems": MAX_ERRORS,
            "items": {"$ref": f"{_REF}FieldError"},
            "description": "What is wrong, not the first only. 错误列表。",
        },
        "more_errors": {
            "type": "integer",
            "format": "int32",
            "minimum": 1,
            "maximum": 2_000_000_000,
            "description": "How many more there are than are listed. 未列出的错误数。",
        },
    },
}
FIELD_ERROR: Final[Json] = {
    "type": "object",
    "description": "字段错误。 One thing that is wrong, and where.",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {
            "type": "string",
            "maxLength": 20000,
            "description": "JSON Pointer into the body; `?name` query, `{name}` path, `Name:` "
            "header. 位置。",
        },
        "code": {
            "type": "string",
            "pattern": "^[a-z0-9_]+$",
            "maxLength": 64,
            "description": "Stable; decide by it, not by the words. 稳定代码。",
        },
        "detail": {"type": "string", "maxLength": 20000},
    },
}


def tidy(document: Json) -> None:
    """Tidy the whole document in place."""
    schemas: Json = document["components"]["schemas"]
    for name in _UNUSED:
        schemas.pop(name, None)
    for name, schema in schemas.items():
        for inner in list(_below(schema)):
            _name(inner, schemas)
        _tidy_tree(schema)
        if name.startswith("Body_"):
            schema.setdefault("additionalProperties", False)
        if "description" not in schema and "properties" in schema:
            schema["description"] = name
    for item in document["paths"].values():
        for operation in item.values():
            _tidy_operation(operation)
    schemas["Problem"] = PROBLEM
    schemas["FieldError"] = FIELD_ERROR
    for name, schema in schemas.items():
        if name.startswith("Page_"):
            schema["properties"]["data"]["maxItems"] = 200


def _tidy_operation(operation: Json) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _parameter_schema(parameter["schema"])
        _bound_parameter(parameter["schema"])
    _tidy_tree(operation)


def _below(schema: Any) -> Iterator[Json]:
    """Every schema inside a schema."""
    values = schema.values() if isinstance(schema, dict) else schema
    for value in values:
        if isinstance(value, dict):
            yield value
        if isinstance(value, dict | list):
            yield from _below(value)


def _name(schema: Json, schemas: Json) -> None:
    """Refer to the named schema where one is written out in place."""
    title = schema.get("title")
    named = schemas.get(title) if isinstance(title, str) else None
    if named is None or named is schema:
        return
    same = schema.get("enum") == named.get("enum") and list(schema.get("properties", ())) == list(
        named.get("properties", ())
    )
    if same and ("enum" in schema or "properties" in schema):
        own: Json = {k: schema[k] for k in ("default", "description") if k in schema}
        if own.get("description") == named.get("description"):
            own.pop("description", None)
        schema.clear()
        schema.update({"$ref": f"{_REF}{title}", **own})


def _tidy_tree(root: Json) -> None:
    for schema in [root, *_below(root)]:
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            limit = schema.get(word)
            if isinstance(limit, float) and limit.is_integer():
                schema[word] = int(limit)
        if isinstance(schema.get("title"), str):
            del schema["title"]
        if "anyOf" in schema and schema.get("default") == {}:
            del schema["default"]  # generators cannot say which of the choices it is
        _bound(schema)


def _bound(schema: Json) -> None:
    """Say also of answers how large they can be: what they repeat was bounded coming in."""
    match schema.get("type"):
        case "integer":
            schema.setdefault("minimum", -_SAFE)
            schema.setdefault("maximum", _SAFE)
            schema.setdefault("format", "int32" if schema["maximum"] <= _INT32 else "int64")
        case "string" if not {"maxLength", "enum", "const"} & schema.keys():
            schema["maxLength"] = _LENGTHS.get(schema.get("format", ""), _TEXT)
        case "array":
            schema.setdefault("maxItems", _ITEMS)


def _bound_parameter(schema: Json) -> None:
    """Declare what `refuse_unfit` demands of every parameter."""
    if schema.get("type") == "array":
        schema.setdefault("maxItems", MAX_REPEATS)
    if schema.get("type") == "string" and "format" not in schema and "enum" not in schema:
        schema.setdefault("maxLength", MAX_LENGTH)


def _parameter_schema(schema: Json) -> Json:
    """Let what is absent from an address be absent, not null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) != 1 or "anyOf" not in schema:
        return schema
    rest = {k: v for k, v in schema.items() if k not in {"anyOf", "title", "description"}}
    return {**choices[0], **rest}
