"""Examples: every body and every answer has one, made of values that the field really uses."""

import json
from collections.abc import Iterable
from typing import Any, Final

Json = dict[str, Any]

_REF: Final = "#/components/schemas/"
_DEPTH: Final = 8
_ID: Final = "0199c3a2-7c1e-7d4b-9a55-2f6d3f0f8b11"
_FORMATS: Final = {
    "uuid": _ID,
    "date": "2013-01-15",
    "date-time": "2013-01-15T08:30:00Z",
    "uri": "https://www.example.gov.cn/news/1.html",
    "uri-reference": f"/v1/units/{_ID}",
    "binary": "",
}
_NAMES: Final[dict[str, Any]] = {
    "code": "440604001",
    "name": "中共佛山市禅城区祖庙街道工作委员会",
    "short_name": "祖庙街道党工委",
    "title": "谈群众工作方法",
    "summary": "围绕如何做好新形势下群众工作开展讨论。",
    "place": "街道办事处三楼会议室",
    "host": "党支部书记",
    "recorder": "组织委员",
    "post": "党工委书记",
    "position_level": "141",
    "uscc": "91350100M000100Y43",
    "duty_phone": "0757-83331234",
    "source": "foshan-oa",
    "external_id": "2013-000127",
    "document_number": "佛组通〔2012〕66号",
    "issuer": "中共佛山市委组织部",
    "reason": "材料需补充讨论情况。",
    "content": "希望增加社区卫生服务站的夜间门诊。",
    "description": "走访联系群众不够经常。",
    "cause": "事务性工作安排过满。",
    "measure": "每月安排两天到联系点走访。",
    "goal": "全年走访联系户不少于一遍。",
    "responsible": "支部书记",
    "secretary": "党支部书记",
    "status": "submitted",
    "url": "https://www.example.gov.cn/news/1.html",
    "outlet": "佛山日报",
    "next_cursor": None,
    "has_more": False,
    "total": 1,
    "external": True,
    "revision": 1,
}


def illustrate(document: Json, operations: Iterable[Json]) -> None:
    """Give every body and every answer of JSON a validating example, each written down once."""
    schemas: Json = document["components"]["schemas"]
    made: Json = document["components"].setdefault("examples", {})
    for operation in operations:
        contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        contents += [a["content"] for a in operation["responses"].values() if "content" in a]
        for content in contents:
            media = content.get("application/json")
            if media is None or "example" in media or "examples" in media:
                continue
            name = media["schema"].get("$ref", "").removeprefix(_REF)
            if name not in schemas:
                media["example"] = _value(media["schema"], schemas, "", _DEPTH)
                continue
            made[name] = {"value": _value(media["schema"], schemas, "", _DEPTH)}
            media["examples"] = {"typical": {"$ref": f"#/components/examples/{name}"}}


def _value(schema: Json, schemas: Json, name: str, left: int) -> Any:
    """Return a value that a schema allows; `name` is the property's, for a speaking one."""
    if "$ref" in schema:
        return _value(schemas[schema["$ref"].removeprefix(_REF)], schemas, name, left - 1)
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema or "oneOf" in schema:
        return _choice(schema.get("anyOf") or schema["oneOf"], schemas, name, left)
    return _typed(schema, schemas, name, left)


def _choice(choices: list[Json], schemas: Json, name: str, left: int) -> Any:
    real = [choice for choice in choices if choice.get("type") != "null"]
    if len(real) < len(choices) and (left <= 1 or name == "next_cursor"):
        return None
    return _value(real[0], schemas, name, left)


def _typed(schema: Json, schemas: Json, name: str, left: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, left)
        case "array":
            few = schema.get("minItems", 0)
            wanted = 0 if left <= 1 else max(few, 1)
            return [_value(schema["items"], schemas, name, left - 1) for _ in range(wanted)]
        case "string":
            return _text(schema, name)
        case "integer" | "number":
            return max(schema.get("minimum", 0), 1)
        case "boolean":
            return bool(_NAMES.get(name, schema.get("default", True)))
        case _:
            return {}


def _object(schema: Json, schemas: Json, left: int) -> Json:
    required = set(schema.get("required", ()))
    properties: Json = schema.get("properties", {})
    closed = schema.get("minProperties") is None
    return {
        name: _value(inner, schemas, name, left - 1)
        for name, inner in properties.items()
        if name in required or (closed and left > 1 and _telling(inner, name))
    }


def _telling(schema: Json, name: str) -> bool:
    """Whether an optional field says something in an example."""
    text = json.dumps(schema)
    return name in _NAMES or '"enum"' in text or '"integer"' in text or '"format"' in text


def _text(schema: Json, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return str(_FORMATS[schema["format"]])
    if "pattern" in schema:
        return _patterned(schema["pattern"])
    value = str(_NAMES.get(name) or "示例")
    return value[: schema.get("maxLength", len(value))]


def _patterned(pattern: str) -> str:
    """For the few patterns there are: lower case words serve all but what is named here."""
    return "1" * 64 if "{64}" in pattern else "topic"
