"""What a database refuses, as problems: nothing that a client can send ends in a 500."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from fastapi import Request
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.db import UNKNOWN_OUTCOME, Deadline
from app.http.context import get_context
from app.http.lanes import FullLaneError
from app.kit.language import Text
from app.kit.problems import Conflict, Invalid, Problem, Unavailable
from app.kit.room import RETRY_AFTER_SECONDS, lacks_room
from app.kit.validation import INVALID_VALUE

T = TypeVar("T")

_ATTEMPTS = 3
_GRACE_SECONDS: Final = 3.0
# SQLSTATE classes and codes of PostgreSQL (appendix A of its manual).
_DATA = "22"
_BUSY = ("08", "28", "3D000", "53", "57", "40", "55P03", "25P03", "25006")
_ENDED_FOR_ANOTHER = ("40001", "40P01")
# What a row points at was moved into another zone, or deleted, after it had been read.
_POINTS_AT_NOTHING = "23503"
# The same id, key or code was written after it had been looked for: now it is found.
_THERE_ALREADY = "23505"
# Uniqueness, what is pointed at, exclusion: what the rows of others can bring about.
_CONFLICTS: Final = (_THERE_ALREADY, _POINTS_AT_NOTHING, "23P01")
_SQLITE_CONFLICTS: Final = ("UNIQUE constraint failed", "FOREIGN KEY constraint failed")
_SQLITE_BUSY = ("database is locked", "database table is locked", "unable to open database")
_NO_CONNECTION: Final = (
    PoolTimeoutError, ConnectionError, TimeoutError, PendingRollbackError, FullLaneError
)  # fmt: skip
# A driver says so itself, before anything is sent, when a value does not fit the column at all.
_UNSENDABLE = ("invalid input for query argument", "too large to convert", "surrogates not allowed")


class OutcomeUnknown(Problem):
    """A write whose end nobody has heard of: it is there, or it is not."""

    status = 503
    code = "outcome_unknown"
    title = Text("结果未知", "Outcome unknown")
    detail = Text(
        "与数据库的连接在提交时中断，本次改动可能已经生效，也可能没有。"
        "请稍后用同一 Idempotency-Key 重发本请求，或先读取相关记录。",
        "The connection to the database was lost while this was being committed: it may or may not "
        "have been carried out. Send the request again with the same Idempotency-Key, or read the "
        "record first.",
    )

    def __init__(self, retry_after: int = 2) -> None:
        """`retry_after` in seconds."""
        super().__init__(headers={"Retry-After": str(retry_after)})


async def in_time(request: Request, attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what a transaction returns by the request's deadline, or say that it is not done.

    The connection is cut first; what then still hangs, wherever it is, is cancelled.
    """
    seconds: float = request.app.state.settings.request_timeout_seconds
    loop = asyncio.get_running_loop()
    timer = asyncio.timeout(seconds + _GRACE_SECONDS)

    def put_off(longer: float) -> None:
        timer.reschedule(loop.time() + longer + _GRACE_SECONDS)

    get_context(request).deadline = Deadline(seconds, put_off)
    try:
        async with timer:
            return await attempt_once(attempt)
    except TimeoutError as error:
        problem = Unavailable() if request.method in {"GET", "HEAD"} else OutcomeUnknown()
        raise problem from error


async def attempt_once(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what a transaction returns.

    It is run again where another came between. Whatever else goes wrong comes
    out as the problem to answer.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            return await attempt()
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise Unavailable from error  # nobody has cancelled this task: it is the driver's
        except Exception as error:
            if left and worth_another_try(error):
                continue
            problem = find_problem(error)
            if problem is None:
                raise
            raise problem from error
    raise AssertionError  # the last attempt has answered or raised


def find_problem(error: Exception) -> Problem | None:
    """Return the problem to answer, or None where the fault is the service's own."""
    if isinstance(error, HTTPException) and isinstance(error.__cause__, Problem):
        return error.__cause__  # FastAPI puts its own words over what reading the body found
    # `ConnectionError`, too, where the database cannot be reached (`UnreachableError`); any other
    # `OSError` is a file's.
    if isinstance(error, _NO_CONNECTION):
        return Unavailable()
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return _unfit() if any(sign in str(error) for sign in _UNSENDABLE) else None
    return _of_database(error) if isinstance(error, DBAPIError) else None


def worth_another_try(error: Exception) -> bool:
    """Whether another transaction came between, so that once more may do: a deadlock, a race."""
    between = (*_ENDED_FOR_ANOTHER, _POINTS_AT_NOTHING, _THERE_ALREADY)
    return isinstance(error, DBAPIError) and _state(error) in between


def _of_database(error: DBAPIError) -> Problem | None:
    state, text = _state(error), str(error.orig)
    if isinstance(error, IntegrityError):
        # A value that is missing or that a check refuses should never have come so far.
        is_conflict = state in _CONFLICTS or text.startswith(_SQLITE_CONFLICTS)
        return Conflict() if is_conflict else None
    if state.startswith(_DATA) or any(sign in text for sign in _UNSENDABLE):
        return _unfit()
    if state == UNKNOWN_OUTCOME:
        return OutcomeUnknown()
    if error.connection_invalidated or state.startswith(_BUSY):
        return Unavailable()
    if isinstance(error, InternalError) and not state:
        return Unavailable()  # the driver has lost the thread of what the server says
    if any(sign in text for sign in _SQLITE_BUSY):
        return Unavailable()
    if lacks_room(error.orig):
        return Unavailable(RETRY_AFTER_SECONDS)
    return None


def _unfit() -> Invalid:
    return Invalid([INVALID_VALUE.at("")])


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
