"""PostgreSQL's driver, so that no connection waits for ever (`docs/decisions/0068-coming-back.md`).

A database that cannot be reached raises `UnreachableError`. An answer to COMMIT that never comes
raises SQLSTATE 08007: whether it was carried out is not known.
"""

import asyncio
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final

from app.settings import DatabaseSettings

UNKNOWN_OUTCOME: Final = "08007"
"""SQLSTATE `transaction_resolution_unknown`."""
_SILENCE_MS: Final = 8_000
"""How long sent bytes may stay unacknowledged before the system gives the connection up."""
_OPTIONS: Final = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 4),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 2),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 2),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", _SILENCE_MS),
)
# The same from the server's side: what a client held that is dead, or was cut, is free again soon.
_SERVER_SIDE: Final = {
    "tcp_keepalives_idle": "4",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": str(_SILENCE_MS),
    "client_connection_check_interval": "2000",
}

_NOT_LET_IN: Final = ("28", "3D000")
"""SQLSTATE of a user, a password or a database that is none."""
_UNUSABLE: Final = ("connection is closed", "another operation")
"""What the driver says of a connection that was lost, or whose last statement was given up."""


class UnreachableError(ConnectionError):
    """The database cannot be reached, or was lost: an `OSError` that is no file's."""


def errors() -> tuple[type[Exception], ...]:
    """Return what the drivers themselves raise, where nothing stands between: see `app.backup`."""
    import asyncpg  # noqa: PLC0415 - only asked for once something has failed

    return sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError


def arguments(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_async_engine` hands to the driver for each connection."""
    limits = _server_limits(settings)
    given: dict[str, Any] = {
        "async_creator_fn": connect,
        "timeout": settings.connect_timeout_seconds,
        "server_settings": {"application_name": "dajiatan", "timezone": "UTC"},
    }
    if settings.pgbouncer:
        # A pooled server connection changes hands between transactions: nothing may be kept on it.
        # The unnamed statement is the only one that nobody has to close afterwards.
        return given | {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": str,
            "connection_class": _connection_class(
                "".join(f" SET LOCAL {name} = '{value}';" for name, value in limits.items())
            ),
        }
    given["server_settings"] |= limits | _SERVER_SIDE
    return given | {"connection_class": _connection_class("")}


async def connect(**given: Any) -> Any:
    """Return a connection of the driver; raises `UnreachableError` where there is nobody."""
    import asyncpg  # noqa: PLC0415 - SQLite needs none of it

    try:
        return await asyncpg.connect(**given)
    except TimeoutError as error:
        message = "no answer in time"
        raise UnreachableError(message) from error
    except (OSError, asyncpg.InternalClientError) as error:
        raise UnreachableError(str(error)) from error
    except asyncpg.PostgresError as error:
        # A user or a password that is none is a wrong setting; all else may pass with time.
        if str(error.sqlstate).startswith(_NOT_LET_IN):
            raise
        raise UnreachableError(str(error)) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        message = "the connection ended while it was made"  # nobody has cancelled this task
        raise UnreachableError(message) from error


def is_of_no_use(error: Exception, driver: Any, options: Mapping[str, Any]) -> bool:
    """Whether a connection in these execution options cannot be worked with after an error."""
    import asyncpg  # noqa: PLC0415 - SQLite needs none of it

    cause = getattr(error, "driver_exception", None) or error
    if driver is None or driver.is_closed():
        return True
    if isinstance(cause, OSError | TimeoutError | asyncpg.InternalClientError):
        return True
    if isinstance(cause, asyncpg.ReadOnlySQLTransactionError):
        return not options.get("postgresql_readonly")  # a primary that is none any more
    return isinstance(cause, asyncpg.InterfaceError) and any(
        sign in str(cause) for sign in _UNUSABLE
    )


def _server_limits(settings: DatabaseSettings) -> dict[str, str]:
    """Return the limits that PostgreSQL itself keeps, by its own names; times in ms."""
    seconds = {
        "statement_timeout": settings.statement_timeout_seconds,
        "lock_timeout": settings.lock_timeout_seconds,
        "idle_in_transaction_session_timeout": settings.idle_in_transaction_timeout_seconds,
    }
    # Compiling a statement takes longer than any of these statements runs.
    return {"jit": "off", **{name: str(int(value * 1000)) for name, value in seconds.items()}}


@cache
def _connection_class(limits: str) -> type[Any]:
    """Return the class of connections whose transactions begin with `limits`, in one round trip."""
    import asyncpg  # noqa: PLC0415 - SQLite needs none of it

    class WatchedConnection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
        def __init__(self, protocol: Any, transport: Any, *more: Any) -> None:
            super().__init__(protocol, transport, *more)
            self.writes = True
            _keep_alive(transport.get_extra_info("socket"))
            # The driver forgets a COPY that waits until it may send on, when the connection ends.
            self.add_termination_listener(lambda _: protocol.resume_writing())

        async def execute(self, query: str, *values: Any, **options: Any) -> str:
            if query.startswith("BEGIN"):
                self.writes = "READ ONLY" not in query
                query += limits
            in_doubt = query.startswith("COMMIT") and self.writes and not self.is_closed()
            try:
                return str(await super().execute(query, *values, **options))
            except Exception as error:
                if in_doubt and self.is_closed():
                    message = "the answer to COMMIT was lost"
                    raise asyncpg.TransactionResolutionUnknownError(message) from error
                raise

    return WatchedConnection


def _keep_alive(connection: Any) -> None:
    """Let the system itself find out that nobody is there any more, as far as it can."""
    if connection is None or connection.family == socket.AF_UNIX:
        return
    for level, name, value in _OPTIONS:
        with suppress(AttributeError, OSError):
            connection.setsockopt(level, getattr(socket, name), value)
