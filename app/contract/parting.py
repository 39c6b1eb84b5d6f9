"""Parts of the document: what is submitted, what is queried, what is administered."""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, Literal

from app.access.principal import Power

Json = dict[str, Any]
Part = Literal["submit", "query", "administer"]
NAMES: Final[dict[str, str]] = {
    "submit": "填报 Submit",
    "query": "查询 Query",
    "administer": "审核与管理 Review and administer",
    "all": "全部 All",
}
_SUBMITTING: Final = frozenset({Power.REPORT, Power.OWN})
_READING: Final = frozenset({Power.VIEW, Power.PUBLIC, Power.OWN})
_REF: Final = "#/components/"


def part_of(method: str, powers: AbstractSet[Power]) -> Part:
    """Return to which part an operation belongs, by what its caller needs."""
    if method == "get":
        return "query" if not powers or powers & _READING else "administer"
    if not powers or powers & _SUBMITTING:
        return "submit"
    return "query" if powers <= _READING else "administer"


def cut(document: Json, part: str, powers: Mapping[str, AbstractSet[Power]]) -> Json:
    """Return the document with one part of its operations, and with what these refer to."""
    paths: Json = {}
    for path, item in document["paths"].items():
        kept = {
            method: operation
            for method, operation in item.items()
            if part_of(method, powers.get(operation["operationId"], frozenset())) == part
        }
        if kept:
            paths[path] = kept
    used = {tag for item in paths.values() for each in item.values() for tag in each["tags"]}
    tags = [tag for tag in document["tags"] if tag["name"] in used]
    return {
        **document,
        "paths": paths,
        "tags": tags,
        "components": _referred(paths, document["components"]),
    }


def _referred(paths: Json, components: Json) -> Json:
    """Return the components that operations refer to, through others as well."""
    found: Json = {"securitySchemes": components["securitySchemes"]}
    waiting = [paths]
    while waiting:
        text = json.dumps(waiting.pop())
        for each in text.split(f'"{_REF}')[1:]:
            kind, _, name = each.partition('"')[0].partition("/")
            if name not in found.setdefault(kind, {}):
                found[kind][name] = components[kind][name]
                waiting.append(components[kind][name])
    return found
