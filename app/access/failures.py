"""What a database refuses, as problems: nothing that a client can send ends in a 500."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.kit.problems import Conflict, Invalid, Problem, Unavailable
from app.kit.room import RETRY_AFTER_SECONDS, lacks_room
from app.kit.validation import INVALID_VALUE

T = TypeVar("T")

_ATTEMPTS = 3
# SQLSTATE classes and codes of PostgreSQL (appendix A of its manual).
_DATA = "22"
_BUSY = ("08", "53", "57", "40", "55P03", "25P03", "25006")
_ENDED_FOR_ANOTHER = ("40001", "40P01")
# What a row points at was moved into another zone, or deleted, after it had been read.
_POINTS_AT_NOTHING = "23503"
_SQLITE_BUSY = ("database is locked", "database table is locked", "unable to open database")
# A driver says so itself, before anything is sent, when a value does not fit the column at all.
_UNSENDABLE = ("invalid input for query argument", "too large to convert", "surrogates not allowed")


async def attempted(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what a transaction returns.

    It is run again where PostgreSQL ended it for another's sake. Whatever else goes wrong comes
    out as the problem to answer.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            return await attempt()
        except Exception as error:
            if left and worth_another_try(error):
                continue
            problem = problem_of(error)
            if problem is None:
                raise
            raise problem from error
    raise AssertionError  # the last attempt has answered or raised


def problem_of(error: Exception) -> Problem | None:
    """The problem to answer, or None where the fault is the service's own."""
    if isinstance(error, HTTPException) and isinstance(error.__cause__, Problem):
        return error.__cause__  # FastAPI puts its own words over what reading the body found
    if isinstance(error, PoolTimeoutError | ConnectionError | TimeoutError):
        return Unavailable()
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return _unfit() if any(sign in str(error) for sign in _UNSENDABLE) else None
    return _of_database(error) if isinstance(error, DBAPIError) else None


def worth_another_try(error: Exception) -> bool:
    """Whether another transaction came between, so that once more may do: a deadlock, a race."""
    between = (*_ENDED_FOR_ANOTHER, _POINTS_AT_NOTHING)
    return isinstance(error, DBAPIError) and _state(error) in between


def _of_database(error: DBAPIError) -> Problem | None:
    state, text = _state(error), str(error.orig)
    if isinstance(error, IntegrityError):
        return Conflict()
    if state.startswith(_DATA) or any(sign in text for sign in _UNSENDABLE):
        return _unfit()
    if error.connection_invalidated or state.startswith(_BUSY):
        return Unavailable()
    if any(sign in text for sign in _SQLITE_BUSY):
        return Unavailable()
    if lacks_room(error.orig):
        return Unavailable(RETRY_AFTER_SECONDS)
    return None


def _unfit() -> Invalid:
    return Invalid([INVALID_VALUE.at("")])


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
