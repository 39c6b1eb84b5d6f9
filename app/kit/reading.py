"""Reading by a model what a caller sent: all of it, or problems that stay within bounds."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from app.kit.problems import MAX_ERRORS, Invalid
from app.kit.validation import field_errors

T = TypeVar("T")

_MANY: Final = 8 * MAX_ERRORS
"""Errors that Pydantic may still make words of: what a few items at the end of a part add."""


def read(validate: Callable[[Any], T], data: Any) -> T:
    """Return `data` as `validate` reads it; raises `Invalid` with the first errors of all."""
    try:
        return validate(data)
    except ValidationError as error:
        raise _invalid(validate, data, error) from None


def _invalid(validate: Callable[[Any], Any], data: Any, error: ValidationError) -> Invalid:
    total = error.error_count()
    part = data
    if total > _MANY:
        part = _first_part(validate, data)
        error = _error_of(validate, part) or error
    found = error.errors(include_url=False, include_input=False)[:MAX_ERRORS]
    errors = field_errors([{**each, "loc": ("body", *each["loc"])} for each in found], part)
    return Invalid(errors, more=total - len(errors), unread=True)


def _first_part(validate: Callable[[Any], Any], data: Any) -> Any:
    """Return `data` with its lists cut so short that they hold the errors to tell and few more.

    Pydantic counts errors at once, but makes words of all or none.
    """

    def count(length: int) -> int:
        error = _error_of(validate, _cut(data, length))
        return error.error_count() if error else 0

    longest, enough = _longest(data), 1
    while enough < longest and count(enough) < MAX_ERRORS:
        enough *= 2
    lengths = range(enough // 2 + 1, enough + 1)
    return _cut(data, lengths[bisect_left(lengths, MAX_ERRORS, hi=len(lengths) - 1, key=count)])


def _error_of(validate: Callable[[Any], Any], data: Any) -> ValidationError | None:
    try:
        validate(data)
    except ValidationError as error:
        return error
    return None


def _cut(value: Any, length: int) -> Any:
    if isinstance(value, list):
        return [_cut(item, length) for item in value[:length]]
    if isinstance(value, dict):
        return {name: _cut(item, length) for name, item in value.items()}
    return value


def _longest(value: Any) -> int:
    """Return the length of the longest list in a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = len(value) if isinstance(value, list) else 0
    return max((own, *(_longest(item) for item in inner if isinstance(item, dict | list))))
