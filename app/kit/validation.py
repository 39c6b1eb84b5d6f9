"""What Pydantic finds wrong, in the words of this service: pointer, stable code, two languages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.kit.problems import FieldError, FieldErrorKind

REQUIRED = FieldErrorKind("required", "缺少必填项", "is required")
UNKNOWN_FIELD = FieldErrorKind("unknown_field", "不认识的字段", "is not a known field")
UNKNOWN_PARAMETER = FieldErrorKind(
    "unknown_parameter", "不认识的查询参数", "is not a known query parameter"
)
WRONG_TYPE = FieldErrorKind("wrong_type", "类型不对，应为 {expected}", "must be of type {expected}")
NOT_ALLOWED_VALUE = FieldErrorKind(
    "not_allowed_value", "取值不在允许范围内，可用值：{expected}", "must be one of {expected}"
)
TOO_SMALL = FieldErrorKind("too_small", "不得小于 {limit}", "must not be less than {limit}")
TOO_GREAT = FieldErrorKind("too_great", "不得大于 {limit}", "must not be greater than {limit}")
TOO_SHORT = FieldErrorKind("too_short", "长度不得少于 {limit}", "must have at least {limit}")
TOO_LONG = FieldErrorKind("too_long", "长度不得超过 {limit}", "must have at most {limit}")
BAD_FORMAT = FieldErrorKind("bad_format", "格式不对，应为 {expected}", "must be {expected}")
BAD_TEXT = FieldErrorKind(
    "bad_text", "含有不允许的字符（{what}）", "contains characters that are not allowed ({what})"
)
PERSONAL_NUMBER = FieldErrorKind(
    "personal_number",
    "从第 {place} 个字符起疑似居民身份证号码，本服务不收集",
    "seems to hold a resident identity number from character {place} on, which this service does "
    "not keep",
)
INVALID_VALUE = FieldErrorKind("invalid_value", "取值无效", "is not valid")

_TYPES: Final = {
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_parsing_size": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "float_parsing": "number",
    "string_type": "string",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "uuid_type": "uuid",
}
_LIMITS: Final = {
    "greater_than_equal": (TOO_SMALL, "ge"),
    "greater_than": (TOO_SMALL, "gt"),
    "less_than_equal": (TOO_GREAT, "le"),
    "less_than": (TOO_GREAT, "lt"),
    "too_short": (TOO_SHORT, "min_length"),
    "string_too_short": (TOO_SHORT, "min_length"),
    "too_long": (TOO_LONG, "max_length"),
    "string_too_long": (TOO_LONG, "max_length"),
}
_CHOICES: Final = {
    "literal_error": "expected",
    "enum": "expected",
    "union_tag_invalid": "expected_tags",
}
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]*")
"""A field, and no tag of a union: those are names of classes, or have spaces."""
_PLACES: Final = {"query": "?{}", "path": "{{{}}}", "header": "{}:"}


def field_errors(errors: Sequence[Mapping[str, Any]], body: object) -> list[FieldError]:
    """Pydantic's errors as field errors; `body` is the request's body, to place them in it."""
    return [_field_error(error, body) for error in errors]


def pointer(location: Sequence[int | str], body: object) -> str:
    """Return a JSON Pointer for Pydantic's location, without tags of unions, which are no keys."""
    place = ""
    value: Any = body
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if _holds(value, part):
            value = value[part]
        elif not last and isinstance(value, Mapping) and _FIELD.fullmatch(str(part)):
            value = {}  # what was not given, and is read as empty
        elif not last or not isinstance(value, Mapping) or not isinstance(part, str):
            continue
        place += "/" + str(part).replace("~", "~0").replace("/", "~1")
    return place


def _field_error(error: Mapping[str, Any], body: object) -> FieldError:
    source, *location = error["loc"]
    if source in _PLACES:
        where = _PLACES[source].format(".".join(str(part) for part in location))
    else:
        where = pointer(location, body)
    kind: str = error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    # Pydantic's own kinds first: some have the name of one of ours and other parameters.
    if kind in _TYPES:
        return WRONG_TYPE.at(where, expected=_TYPES[kind])
    if kind in _LIMITS:
        rule, name = _LIMITS[kind]
        return rule.at(where, limit=context[name])
    if kind in FieldErrorKind.catalogue:
        return FieldErrorKind.catalogue[kind].at(where, **context)
    return _other(kind, where, context)


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


def _other(kind: str, where: str, context: Mapping[str, Any]) -> FieldError:
    if kind == "missing":
        return REQUIRED.at(where)
    if kind == "extra_forbidden":
        return UNKNOWN_PARAMETER.at(where) if where.startswith("?") else UNKNOWN_FIELD.at(where)
    if kind in _CHOICES:
        return NOT_ALLOWED_VALUE.at(where, expected=context[_CHOICES[kind]])
    if kind in {"string_unicode", "string_sub_type"}:
        return BAD_TEXT.at(where, what="Unicode")
    expected = _expected_format(kind, context)
    return BAD_FORMAT.at(where, expected=expected) if expected else INVALID_VALUE.at(where)


def _expected_format(kind: str, context: Mapping[str, Any]) -> str | None:
    if kind == "string_pattern_mismatch":
        return str(context["pattern"])
    if kind.startswith(("datetime_", "timezone_")):
        return "YYYY-MM-DDThh:mm:ssZ"
    if kind.startswith("date_"):
        return "YYYY-MM-DD"
    return "UUID" if kind.startswith("uuid") else None
