"""Errors as a log may show them: where and what kind, without the values they were made from.

No local variables; of an error of the database its code and the names of what it is about; of a
value that fits no model, the field. People's data and secrets stand in the rest.
"""

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, TypeVar

_LONGEST: Final = 1000
_VALUES: Final = ("21", "22", "P0")
"""Classes of SQLSTATE whose messages repeat what was sent."""
_UNSENDABLE: Final = "invalid input for query argument"
_CAUSE: Final = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT: Final = "\nDuring handling of the above exception, another exception occurred:\n\n"
_NAMES: Final = ("schema_name", "table_name", "column_name", "constraint_name")

E = TypeVar("E", bound=BaseException)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def render(exc_info: ExcInfo) -> str:
    """Return the traceback of an error and of those that led to it, as Python's own looks."""
    return "".join(_parts(exc_info[1], set())).rstrip("\n")


def describe(error: BaseException) -> str:
    """Return in one line what an error is, without the values that it speaks of."""
    name = type(error).__qualname__
    try:
        text = _text(error)
    except Exception:  # noqa: BLE001 - whatever is wrong with an error, the log goes on
        return name
    return f"{name}: {text[:_LONGEST]}" if text else name


def describe_briefly(error: BaseException) -> str:
    """Return what an error says, for people: its name only where it says nothing."""
    name, _, text = describe(error).partition(": ")
    return (text or name).partition("\n")[0]


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield _CAUSE if error.__cause__ else _CONTEXT
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield describe(error) + "\n"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _parts(each, seen)


def _text(error: BaseException) -> str:
    """Return what it says; who they are is seen by what they have, for commands load few of them.

    `statement` and `orig` are SQLAlchemy's, `sqlstate` is the driver's, `errors()` Pydantic's.
    """
    statement = " ".join((getattr(error, "statement", None) or "").split())
    origin = getattr(error, "orig", None)
    if isinstance(origin, BaseException):
        return describe(origin) + (f" [SQL: {statement}]" if statement else "")
    if statement:
        return statement
    if callable(getattr(error, "errors", None)):
        return "; ".join(_places(error))
    if state := getattr(error, "sqlstate", None):
        return _of_server(error, str(state))
    text = str(error)
    return _UNSENDABLE if _UNSENDABLE in text else text


def _of_server(error: BaseException, state: str) -> str:
    """Return what PostgreSQL says of the kind, and of the place; its details hold the row."""
    cause = error.__cause__ if hasattr(error.__cause__, "sqlstate") else error
    names = [str(found) for name in _NAMES if (found := getattr(cause, name, None))]
    message = "" if state.startswith(_VALUES) else str(error).partition("\n")[0] + " "
    return f"{message}[{' '.join([state, *names])}]"


def _places(error: Any) -> Iterator[str]:
    """Yield where each value was wrong, and how; nothing of the value itself."""
    for each in error.errors():
        yield f"{'.'.join(map(str, each.get('loc', ())))}: {each.get('type')}"


def forget_origin(error: E) -> E:
    """Return an exception that no longer knows whence it came.

    Its frames hold all that was worked on, and some of them hold the exception: what a caller sent
    would stay in memory until a collector comes by, which it rarely does.
    """
    known: BaseException | None = error
    while known is not None:
        before = known.__cause__ or known.__context__
        known.__traceback__ = known.__cause__ = known.__context__ = None
        known = before
    return error
