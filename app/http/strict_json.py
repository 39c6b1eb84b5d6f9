"""JSON as strictly as the contract: no duplicate keys, no NaN, bounded depth, width and numbers.

The cost is linear in the size of the body. Where something is wrong is only looked for once it is
known that something is.
"""

import json
import math
from collections.abc import Iterator
from itertools import islice
from json.scanner import py_make_scanner  # type: ignore[attr-defined]  # published without a type
from typing import Any, Final, TypeAlias

from app.kit.language import Text
from app.kit.problems import MAX_ERRORS, FieldErrorKind, Malformed

MAX_DEPTH: Final = 32
MAX_KEYS: Final = 64
"""Of one object; the largest body of the contract has half as many."""
_MAX_INTEGER_DIGITS: Final = 25
_AT_ONCE: Final = 512 * 1024
"""Bytes; larger bodies are read by the scanner that lets other threads take their turn."""

DUPLICATE_KEY = FieldErrorKind("duplicate_key", "键重复", "is given twice")
NOT_FINITE = FieldErrorKind("not_finite", "数值超出范围", "is not a finite number")
TOO_DEEP = FieldErrorKind("too_deep", "嵌套超过 {limit} 层", "is nested deeper than {limit} levels")
TOO_MANY_KEYS = FieldErrorKind(
    "too_many_keys", "键不得超过 {limit} 个", "has more than {limit} keys"
)

_NOT_UTF_8: Final = Text("请求正文不是有效的 UTF-8 编码", "the body is not valid UTF-8")
_NOT_JSON: Final = Text(
    "请求正文不是有效的 JSON（第 {line} 行第 {column} 列附近）",
    "the body is not valid JSON (near line {line}, column {column})",
)
_WRONG_JSON: Final = Text("请求正文的 JSON 不合规定", "the JSON of the body breaks a rule")

_Place: TypeAlias = "tuple[_Place, object] | None"
"""Where a value stands: the place of what holds it, and its key there."""
_Fault: TypeAlias = tuple[FieldErrorKind, _Place]
_LIMITS: Final[dict[FieldErrorKind, dict[str, object]]] = {
    TOO_DEEP: {"limit": MAX_DEPTH},
    TOO_MANY_KEYS: {"limit": MAX_KEYS},
}


def parse(body: bytes) -> Any:
    """Return the value of a JSON body; raises `Malformed` with the places that are wrong."""
    try:
        text = body.decode("utf-8-sig")  # editors of some systems begin a file with a mark
    except UnicodeDecodeError:
        raise Malformed(reason=_NOT_UTF_8) from None
    reader = _Reader(patient=len(body) > _AT_ONCE)
    try:
        value = reader.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(reason=_NOT_JSON.filled(line=error.lineno, column=error.colno)) from None
    except RecursionError:
        raise Malformed([TOO_DEEP.at("", limit=MAX_DEPTH)], reason=_WRONG_JSON) from None
    if reader.doubtful or _is_too_deep(value):
        _refuse(value)
    return value


class _Reader(json.JSONDecoder):
    """Reads one body, and notes whether anything in it breaks a rule."""

    def __init__(self, *, patient: bool) -> None:
        """`patient`: slower, but no other thread waits for it."""
        super().__init__(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._number,
            parse_constant=self._number,
        )
        self.doubtful = False
        if patient:
            self.scan_once = py_make_scanner(self)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > MAX_KEYS:
            self.doubtful = True
            return _TooManyKeys()
        result = dict(pairs)
        if len(result) == len(pairs):
            return result
        self.doubtful = True
        return _DuplicateKeys(result, pairs)

    def _integer(self, digits: str) -> int | float:
        # Python refuses to read very long integers; no field takes one, and infinity has a pointer.
        return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else self._number("Infinity")

    def _number(self, text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            self.doubtful = True
        return number


class _TooManyKeys(dict[str, Any]):
    """An object with more keys than are read."""


class _DuplicateKeys(dict[str, Any]):
    """An object in which at least one key stood twice."""

    def __init__(self, result: dict[str, Any], pairs: list[tuple[str, Any]]) -> None:
        super().__init__(result)
        seen: set[str] = set()
        # `add` returns nothing: the second time a name comes, it is among those seen.
        self.names = {name for name, _ in pairs if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _is_too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _refuse(value: Any) -> None:
    """Raise `Malformed` with the first places that are wrong and the number of all."""
    found = _faults(value, None, MAX_DEPTH)
    told = [kind.at(_pointer(place), **_LIMITS.get(kind, {})) for kind, place in _some(found)]
    raise Malformed(told, more=sum(1 for _ in found), reason=_WRONG_JSON)


def _some(found: Iterator[_Fault]) -> Iterator[_Fault]:
    return islice(found, MAX_ERRORS)


def _faults(value: Any, place: _Place, left: int) -> Iterator[_Fault]:
    if isinstance(value, float):
        if not math.isfinite(value):
            yield NOT_FINITE, place
        return
    if not isinstance(value, dict | list):
        return
    if left == 0:
        yield TOO_DEEP, place
        return
    if isinstance(value, _TooManyKeys):
        yield TOO_MANY_KEYS, place
    if isinstance(value, _DuplicateKeys):
        for name in sorted(value.names):
            yield DUPLICATE_KEY, (place, name)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list | float):
            yield from _faults(item, (place, key), left - 1)


def _pointer(place: _Place) -> str:
    parts: list[str] = []
    while place is not None:
        place, key = place
        parts.append("/" + str(key).replace("~", "~0").replace("/", "~1"))
    return "".join(reversed(parts))
