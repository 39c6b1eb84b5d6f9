"""The document as a whole: tags in reading order, security, parameters, problems, examples."""

import json
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.contract import examples, naming, responses, tidying
from app.contract.words import PARAMETERS, TAGS
from app.http.parameters import MAX_ACTOR, MAX_HEADER

Json = dict[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")

# What surrounds a header's value is no part of it: it begins and ends with what is visible.
_ACTOR: Final = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"

_SECURITY: Final[Json] = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "djt_…",
        "description": "接口密钥，一次性发放。 An API key, shown once when it is made. "
        "Also RFC 8725 access tokens of a configured OpenID Connect issuer.",
    },
    "clientCredentials": {
        "type": "oauth2",
        "description": "用接入系统编号与密钥换取短期令牌。 A short-lived token for a client's key; "
        "a JWT, made and checked by RFC8725.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
    },
}


def documented(app: FastAPI) -> Json:
    """Return the document of an application, made once."""
    if app.openapi_schema is None:
        settings = app.state.settings
        app.openapi_schema = _made(app, settings.base_url)
    return app.openapi_schema


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every operation as `(path, method, operation)`."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _made(app: FastAPI, base_url: str) -> Json:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        contact={"name": "大家谈 Dajiatan", "url": f"{base_url}/problems"},
        servers=[{"url": base_url, "description": "正式环境 production", "x-internal": False}],
    )
    tidying.tidy(document)
    naming.name_fields(document)
    for path, method, operation in operations(document):
        _describe(operation)
        _declare_parameters(path, method, operation, document)
        responses.declare(path, method, operation, document)
    examples.illustrate(document, [o for _, _, o in operations(document)])
    _drop_unused(document)
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    document["tags"] = [
        {"name": name, "description": text} for name, text in TAGS.items() if name in used
    ]
    document["components"]["securitySchemes"] = _SECURITY
    document["components"]["schemas"] = dict(sorted(document["components"]["schemas"].items()))
    return _well_named(document)


def _well_named(document: Json) -> Json:
    """Names that every generator keeps as they are: letters and digits, `PageUnitOut`.

    None is called like a field of its own: generated classes would shadow their variables.
    """
    text = json.dumps(document)
    for name, schema in document["components"]["schemas"].items():
        shadows = name.lower() in schema.get("properties", ())
        better = name.replace("_", "") + ("Body" if shadows else "")
        if better != name:
            for kind in ("schemas", "examples"):
                text = text.replace(
                    f'"#/components/{kind}/{name}"', f'"#/components/{kind}/{better}"'
                )
            text = text.replace(f'"{name}": {{', f'"{better}": {{')
    renamed: Json = json.loads(text)
    return renamed


def _drop_unused(document: Json) -> None:
    """Leave out the schemas that nothing refers to."""
    schemas: Json = document["components"]["schemas"]
    while True:
        text = json.dumps(document)
        unused = [name for name in schemas if f'"#/components/schemas/{name}"' not in text]
        if not unused:
            return
        for name in unused:
            del schemas[name]


def _describe(operation: Json) -> None:
    """Both languages also where a docstring has one only."""
    text = operation.get("description", "")
    chinese = " ".join(word for word in operation["summary"].split() if not word.isascii())
    operation["description"] = text if not text.isascii() else f"{chinese}。\n\n{text}"
    if "security" in operation:
        operation["security"] += [{"apiKey": []}, {"clientCredentials": []}]
    else:
        operation["security"] = []


def _declare_parameters(path: str, method: str, operation: Json, document: Json) -> None:
    parameters: list[Json] = operation.setdefault("parameters", [])
    for parameter in parameters:
        if "description" not in parameter and parameter["name"] in PARAMETERS:
            parameter["description"] = PARAMETERS[parameter["name"]]
    # One spelling of header names, as the specifications write them.
    for parameter in parameters:
        if parameter["in"] == "header":
            parameter["name"] = "-".join(w.capitalize() for w in parameter["name"].split("-"))
        if method == "put" and parameter["name"] == "If-None-Match":
            parameter["schema"] = {"type": "string", "enum": ["*"]}
    if method == "post" and operation["security"]:
        parameters.append(_header("Idempotency-Key", r"^[\x21-\x7e]{1,255}$", 255))
    # Where a credential is not even needed to read, nobody asks who it was.
    if method != "get" or (operation["security"] and {} not in operation["security"]):
        parameters.append(_header("Actor", _ACTOR, MAX_ACTOR))
    if method == "get" and responses.is_single(path, method, operation, document):
        parameters.append(_header("If-None-Match", None, MAX_HEADER))
    parameters += _position(path, method, parameters)
    parameters.sort(key=lambda p: {"path": 0, "query": 1}.get(p["in"], 2))
    if not parameters:
        del operation["parameters"]


def _position(path: str, method: str, parameters: list[Json]) -> list[Json]:
    """Return the position that lists and roll-ups take: a replica may answer them."""
    listed = any(parameter["name"] == "cursor" for parameter in parameters)
    lags = method == "get" and (listed or path.startswith("/v1/progress"))
    return [_header("Dajiatan-Position", None, MAX_HEADER)] if lags else []


def _header(name: str, pattern: str | None, longest: int) -> Json:
    schema: Json = {"type": "string", "maxLength": longest}
    if pattern:
        schema |= {"pattern": pattern, "minLength": 1}
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": schema,
        "description": PARAMETERS[name],
    }
