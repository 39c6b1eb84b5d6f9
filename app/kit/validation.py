"""What Pydantic finds wrong, in the words of this service: pointer, stable code, two languages."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from app.kit.choices import choices
from app.kit.language import Text
from app.kit.problems import FieldError, FieldErrorKind

REQUIRED = FieldErrorKind("required", "缺少必填项", "is required", relative=True)
UNKNOWN_FIELD = FieldErrorKind(
    "unknown_field", "未定义的字段{similar}", "is not a known field{similar}"
)
UNKNOWN_PARAMETER = FieldErrorKind(
    "unknown_parameter",
    "未定义的查询参数{similar}",
    "is not a known query parameter{similar}",
)
WRONG_TYPE = FieldErrorKind("wrong_type", "应为{expected}", "must be {expected}")
NOT_ALLOWED_VALUE = FieldErrorKind(
    "not_allowed_value", "不在可填范围内；可填：{expected}", "must be one of: {expected}"
)
TOO_SMALL = FieldErrorKind("too_small", "不得小于 {limit}", "must not be less than {limit}")
TOO_GREAT = FieldErrorKind("too_great", "不得大于 {limit}", "must not be greater than {limit}")
TOO_SHORT = FieldErrorKind(
    "too_short", "不得少于 {limit} {unit}", "must have at least {limit} {unit}"
)
TOO_LONG = FieldErrorKind("too_long", "不得超过 {limit} {unit}", "must have at most {limit} {unit}")
BAD_FORMAT = FieldErrorKind("bad_format", "格式不对，应为{expected}", "must be {expected}")
BAD_TEXT = FieldErrorKind(
    "bad_text", "含有不允许的字符（{what}）", "contains characters that are not allowed ({what})"
)
PERSONAL_NUMBER = FieldErrorKind(
    "personal_number",
    "从第 {place} 个字符起疑似居民身份证号码，本服务不收集",
    "seems to hold a resident identity number from character {place} on, which this service does "
    "not keep",
)
EMPTY_VALUE = FieldErrorKind(
    "empty_value", "不能为空；没有内容请去掉此项", "is empty: leave it out where there is no value"
)
INVALID_VALUE = FieldErrorKind("invalid_value", "取值无效", "is not valid")

CHARACTERS: Final = Text("个字符", "characters")
ENTRIES: Final = Text("项", "entries")
TIMES: Final = Text("次", "times")
_SIMILAR: Final = Text("；相近的有（代码 {names}）", "; similar are (codes {names})")
_KNOWN: Final = Text("；可用的有（代码 {names}）", "; there are (codes {names})")
_REPEATED: Final = Text(
    "；填写多个值时重复参数名（代码 {name}=…&{name}=…）",
    "; several values are given by repetition (codes {name}=…&{name}=…)",
)
_NONE_SIMILAR: Final = Text("", "")
DAY: Final = Text("形如“2026-01-31”的日期", "a day such as 2026-01-31")
INSTANT: Final = Text(
    "带时区的时刻，形如“2026-01-31T12:00:00Z”",
    "an instant with its time zone, such as 2026-01-31T12:00:00Z",
)
_IDENTIFIER: Final = Text(
    "形如“019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b”的编号",
    "an id such as 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
)
_TRUTH: Final = Text("“是”或“否”（代码 true、false）", "true or false")
_INTEGER: Final = Text("整数", "a whole number")
_NUMBER: Final = Text("数字", "a number")
_LIST: Final = Text("列表", "a list")
_OBJECT: Final = Text("一组字段", "an object with fields")
_TYPES: Final = {
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_type": _INTEGER,
    "int_parsing": _INTEGER,
    "int_parsing_size": _INTEGER,
    "int_from_float": _INTEGER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "string_type": Text("文字", "text"),
    "list_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "uuid_type": _IDENTIFIER,
}
_LIMITS: Final = {
    "greater_than_equal": (TOO_SMALL, "ge"),
    "greater_than": (TOO_SMALL, "gt"),
    "less_than_equal": (TOO_GREAT, "le"),
    "less_than": (TOO_GREAT, "lt"),
}
_LENGTHS: Final = {
    "too_short": (TOO_SHORT, "min_length", ENTRIES),
    "string_too_short": (TOO_SHORT, "min_length", CHARACTERS),
    "too_long": (TOO_LONG, "max_length", ENTRIES),
    "string_too_long": (TOO_LONG, "max_length", CHARACTERS),
}
_CHOICES: Final = {
    "literal_error": "expected",
    "enum": "expected",
    "union_tag_invalid": "expected_tags",
}
_QUOTED: Final = re.compile(r"'([^']*)'")
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
        # Which one of several values: they are all given under the one name.
        names = [str(part) for part in location if not isinstance(part, int)]
        where = _PLACES[source].format(".".join(names))
    else:
        where = pointer(location, body)
    kind: str = error["type"]
    context: dict[str, Any] = dict(error.get("ctx", {}))
    if beside := context.pop("field", None):
        # What is lacking is not the field that says so, but one beside it.
        where = f"{where.rpartition('/')[0]}/{beside}"
    # Pydantic's own kinds first: some have the name of one of ours and other parameters.
    if kind in _TYPES:
        return WRONG_TYPE.at(where, expected=_TYPES[kind])
    if kind in _LIMITS:
        rule, name = _LIMITS[kind]
        return rule.at(where, limit=context[name])
    if kind in _LENGTHS:
        rule, name, unit = _LENGTHS[kind]
        return rule.at(where, limit=context[name], unit=unit)
    if kind in FieldErrorKind.catalogue:
        return FieldErrorKind.catalogue[kind].at(where, **context)
    return _other(kind, where, context)


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


def suggest_similar(name: str, known: Iterable[str]) -> Text:
    """Return the end of a sentence about an unknown name: which known ones are like it."""
    names = get_close_matches(name, known)
    if not names:
        return _NONE_SIMILAR
    return _SIMILAR.filled(names=Text("、".join(names), ", ".join(names)))


def suggest_parameters(name: str, known: Iterable[str]) -> Text:
    """Return the end of a sentence about an unknown parameter: the nearest, and all there are."""
    names = sorted(known)
    if name.endswith("[]") and name[:-2] in names:
        return _REPEATED.filled(name=name[:-2])
    if not names:
        return _NONE_SIMILAR
    near = suggest_similar(name, names)
    there = _KNOWN.filled(names=Text("、".join(names), ", ".join(names)))
    return Text(near.zh + there.zh, near.en + there.en)


def _other(kind: str, where: str, context: Mapping[str, Any]) -> FieldError:
    if kind == "missing":
        return REQUIRED.at(where)
    if kind == "extra_forbidden":
        rule = UNKNOWN_PARAMETER if where.startswith("?") else UNKNOWN_FIELD
        return rule.at(where, similar=_NONE_SIMILAR)
    if kind in _CHOICES:
        codes = _QUOTED.findall(str(context[_CHOICES[kind]]))
        return NOT_ALLOWED_VALUE.at(where, expected=choices(codes))
    if kind in {"string_unicode", "string_sub_type"}:
        return BAD_TEXT.at(where, what=Text("无法识别的字符", "what is no character"))
    expected = _expected_format(kind)
    return BAD_FORMAT.at(where, expected=expected) if expected else INVALID_VALUE.at(where)


def _expected_format(kind: str) -> Text | None:
    if kind.startswith(("datetime_", "timezone_")):
        return INSTANT
    if kind.startswith("date_"):
        return DAY
    return _IDENTIFIER if kind.startswith("uuid") else None
