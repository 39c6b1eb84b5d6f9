"""JSON as strictly as the contract: no duplicate keys, no NaN, bounded depth and numbers."""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

from app.kit.problems import FieldError, FieldErrorKind, Malformed

MAX_DEPTH: Final = 32
_MAX_INTEGER_DIGITS: Final = 25

DUPLICATE_KEY = FieldErrorKind("duplicate_key", "键重复", "is given twice")
NOT_FINITE = FieldErrorKind("not_finite", "数值超出范围", "is not a finite number")
TOO_DEEP = FieldErrorKind("too_deep", "嵌套超过 {limit} 层", "is nested deeper than {limit} levels")


def parse(body: bytes) -> Any:
    """The value of a JSON body; raises `Malformed` with every place that is wrong."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(reason="UTF-8") from None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise Malformed(reason=f"JSON, {error.lineno}:{error.colno}") from None
    except RecursionError:
        raise Malformed([TOO_DEEP.at("", limit=MAX_DEPTH)], reason="JSON") from None
    errors = list(_faults(value, "", MAX_DEPTH))
    if errors:
        raise Malformed(errors, reason="JSON")
    return value


class _DuplicateKeys(dict[str, Any]):
    """An object in which at least one key stood twice."""

    names: set[str]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    marked = _DuplicateKeys(result)
    names = [name for name, _ in pairs]
    marked.names = {name for name in names if names.count(name) > 1}
    return marked


def _integer(digits: str) -> int | float:
    # Python refuses to read very long integers; no field takes one, and infinity has a pointer.
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else math.inf


def _faults(value: Any, place: str, left: int) -> Iterator[FieldError]:
    if isinstance(value, float):
        if not math.isfinite(value):
            yield NOT_FINITE.at(place)
        return
    if not isinstance(value, dict | list):
        return
    if left == 0:
        yield TOO_DEEP.at(place, limit=MAX_DEPTH)
        return
    if isinstance(value, _DuplicateKeys):
        for name in sorted(value.names):
            yield DUPLICATE_KEY.at(f"{place}/{_escaped(name)}")
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list | float):
            yield from _faults(item, f"{place}/{_escaped(str(key))}", left - 1)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
