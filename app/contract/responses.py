"""What each operation may answer: its problems, and the headers that mean something."""

from functools import cache
from typing import Any, Final

from app.kit.problems import Problem, catalogue

Json = dict[str, Any]

_NAMES: Final[dict[int, tuple[str, str]]] = {
    400: ("Malformed", "请求无法读取。 The request cannot be read."),
    401: ("Unauthenticated", "没有有效凭证。 No valid credential."),
    403: ("Forbidden", "可见但无权操作。 The caller may see it but not do this."),
    404: ("NotFound", "不存在或不在范围内。 Absent, or outside the caller's scope."),
    408: ("RequestTimeout", "请求未按时传完。 The request did not arrive in time."),
    409: ("Conflict", "与现状或唯一性冲突。 The state or a uniqueness rule forbids it."),
    410: ("Gone", "游标过旧，须重新开始。 The cursor is too old: start over."),
    412: ("StaleRevision", "If-Match 已过期。 If-Match is no longer current."),
    413: ("TooLarge", "请求体过大。 The body is too large."),
    414: ("UriTooLong", "地址过长。 The address is too long."),
    415: ("UnsupportedMediaType", "内容类型不支持。 The body's type is not taken."),
    422: ("Invalid", "内容有误，逐项列出。 Values are wrong; all of them are listed."),
    428: ("RevisionRequired", "须带 If-Match。 If-Match is missing."),
    429: ("TooManyRequests", "请求过多。 Too many requests."),
    431: ("HeadersTooLarge", "请求头过大。 The headers are too large."),
    500: ("InternalError", "服务内部错误。 A fault of the service itself."),
    503: ("Unavailable", "暂时不可用。 Unavailable for now."),
}
_NATURAL_KEYS: Final = {"code", "external_id", "role", "seen_on"}
_CREATED, _ACCEPTED, _FAILING = 201, 202, 400
_REF: Final = "#/components/schemas/"
_HEADERS: Final[dict[str, tuple[str, Json]]] = {
    "ETag": (
        "记录的版本。 The revision of the record.",
        {"type": "string", "pattern": '^"[^"]{1,64}"$', "maxLength": 66},
    ),
    "Location": (
        "新记录的地址。 Where the new record is.",
        {"type": "string", "format": "uri-reference", "maxLength": 2000},
    ),
    "Link": (
        '下一页：`<…>; rel="next"`。 The next page (RFC 8288).',
        {"type": "string", "maxLength": 8000},
    ),
    "Retry-After": (
        "几秒后重试。 Seconds to wait.",
        {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400},
    ),
    "Idempotency-Replayed": (
        "`true`：这是首次的答复。 `true`: this is the first answer again.",
        {"type": "string", "enum": ["true"]},
    ),
    "Dajiatan-Position": (
        "读取时带上，即可读到本次写入（仅在设有副本时）。 Sent along, this write is read.",
        {"type": "string", "maxLength": 200},
    ),
    "X-Request-ID": (
        "请求编号。 Id of the request.",
        {"type": "string", "maxLength": 64},
    ),
    "RateLimit": (
        "剩余额度。 What is left of the quota.",
        {"type": "string", "maxLength": 200},
    ),
    "RateLimit-Policy": (
        "额度规则。 The quota.",
        {"type": "string", "maxLength": 200},
    ),
}


def declare(path: str, method: str, operation: Json, document: Json) -> None:
    """Complete the responses of one operation."""
    components = document["components"]
    answers: Json = operation["responses"]
    for status in [s for s in answers if int(s) >= _FAILING]:
        if not _is_told_by_the_route(answers[status]):
            del answers[status]
    _complete_successes(path, method, operation, document)
    for status, answer in answers.items():
        if answer.get("description", "") in {"", "Successful Response"}:
            answer["description"] = "成功。 Done."
        if int(status) >= _FAILING:
            continue
        names = _success_headers(path, method, int(status), answer, operation, document)
        answer["headers"] = {**answer.get("headers", {}), **_references(names, components)}
    if method == "get" and is_single(path, method, operation, document):
        answers["304"] = {
            "description": "未变。 Unchanged since that ETag.",
            "headers": _references(["ETag"], components),
        }
    for failure in sorted(_failures(path, method, operation)):
        if str(failure) in answers:
            continue
        name = _NAMES[failure][0]
        components.setdefault("responses", {})[name] = _problem_response(failure, components)
        answers[str(failure)] = {"$ref": f"#/components/responses/{name}"}


def _complete_successes(path: str, method: str, operation: Json, document: Json) -> None:
    """Declare 200 for what was there already, 201 for what a PUT makes."""
    answers: Json = operation["responses"]
    if method == "put" and "200" in answers and path.endswith("}"):
        answers.setdefault("201", {**answers["200"], "description": "已新建。 Made."})
    body = operation.get("requestBody", {})
    asked = _schema(body, document).get("properties", {}).keys()
    if method == "post" and "201" in answers and asked & _NATURAL_KEYS:
        there = "已有相同内容的记录。 It was there with the same content."
        answers.setdefault("200", {**answers["201"], "description": there})


def _is_told_by_the_route(answer: Json) -> bool:
    """Whether it has a shape of its own, as OAuth's errors do, and not FastAPI's."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return bool(schema) and schema.get("$ref") != f"{_REF}HTTPValidationError"


def is_single(path: str, method: str, operation: Json, document: Json) -> bool:
    """Whether it reads one record that has a revision, or a fixed one with an ETag."""
    if method != "get" or "{" not in path.rsplit("/", 1)[-1]:
        return False
    schema = _schema(operation["responses"].get("200", {}), document)
    return "revision" in schema.get("properties", ()) or "code-lists" in path


def _failures(path: str, method: str, operation: Json) -> set[int]:
    found = {422, 429, 431, 500, 503}
    names = {p["name"] for p in operation.get("parameters", ())}
    if operation["security"]:
        found |= {401, 403}
    if "{" in path or names & {"under", "campaign_id", "unit_id"}:
        found.add(404)
    if names & {"cursor", "after"}:
        found |= {400, 414}
    if "requestBody" in operation:
        found |= {400, 408, 413, 415}
    if method != "get" and operation["security"]:
        found |= {404, 409}
    if "If-Match" in names:
        found |= {400, 412, 428}
    if path == "/v1/changes":
        found.add(410)
    if path.startswith("/healthz"):
        found.discard(503 if path.endswith("live") else 0)
    return found


def _success_headers(
    path: str, method: str, status: int, answer: Json, operation: Json, document: Json
) -> list[str]:
    names = ["X-Request-ID"]
    if operation["security"]:
        names += ["RateLimit", "RateLimit-Policy"]
    schema = _schema(answer, document)
    single = method != "get" and "revision" in schema.get("properties", ())
    if single or is_single(path, method, operation, document):
        names.append("ETag")
    if status in {_CREATED, _ACCEPTED}:
        names.append("Location")
    if status == _ACCEPTED:
        names.append("Retry-After")
    if "next_cursor" in schema.get("properties", ()):
        names.append("Link")
    if method == "post" and operation["security"]:
        names.append("Idempotency-Replayed")
    if method != "get" and operation["security"]:
        names.append("Dajiatan-Position")
    return names


def _schema(answer: Json, document: Json) -> Json:
    """Return the schema of a JSON answer, one reference followed."""
    schema: Json = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").removeprefix(_REF)
    found: Json = document["components"]["schemas"].get(name, schema)
    return found


def _references(names: list[str], components: Json) -> Json:
    declared = components.setdefault("headers", {})
    for name in names:
        text, schema = _HEADERS[name]
        declared[name] = {"description": text, "schema": schema}
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem_response(status: int, components: Json) -> Json:
    kinds = _problems_of(status)
    names = ["X-Request-ID", "RateLimit", "RateLimit-Policy"]
    if status in {429, 503}:
        names.append("Retry-After")
    codes = "、".join(f"`{kind.code}`" for kind in kinds)
    return {
        "description": f"{_NAMES[status][1]} `code`: {codes}",
        "headers": _references(names, components),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": f"{_REF}Problem"},
                "examples": {kind.code: {"value": _example(kind)} for kind in kinds[:3]},
            }
        },
    }


@cache
def _problems_of(status: int) -> list[type[Problem]]:
    """Return the declared problems of a status; there are thousands of answers to describe."""
    return [kind for kind in catalogue().values() if kind.status == status]


def _example(kind: type[Problem]) -> Json:
    example: Json = {
        "type": f"https://dajiatan.example/problems/{kind.code}",
        "title": kind.title.zh,
        "status": kind.status,
        "detail": kind.detail.zh,
        "code": kind.code,
        "request_id": "0199c3a2-7c1e-7d4b-9a55-2f6d3f0f8b11",
    }
    if kind.code == "invalid":
        example["errors"] = [
            {"pointer": "/name", "code": "required", "detail": "缺少必填项"},
        ]
    return example
