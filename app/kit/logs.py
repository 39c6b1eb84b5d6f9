"""Logs as lines of JSON, everything, also what libraries say: the one configuration of them all.

No line holds local variables, values of statements or a credential: see `tracebacks` for the first
two and `redaction` for the last.
"""

import io
import logging
import sys
import threading
from types import TracebackType
from typing import Any, Final

import structlog

from app.kit import tracebacks
from app.kit.redaction import redact

_SHARED: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.ExceptionRenderer(tracebacks.render),
)
_render: Final = structlog.processors.JSONRenderer(ensure_ascii=False)
_log = structlog.get_logger(__name__)
_NOBODY_LEFT: Final = "Event loop is closed"


def configure(*, stays: bool = True) -> None:
    """Set up the logs of this process; called by what starts it.

    A process that stays says everything on standard output. Of a command that is its result: what
    is wrong goes to standard error.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, _in_one_line],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _line],
    )
    stream = sys.stdout if stays else sys.stderr
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
    # What cannot be written would be said on standard error, with its values.
    logging.raiseExceptions = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO if stays else logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # One access log, ours: the server's own holds the values of queries.
    _silence("uvicorn.access")
    # Each address asked, with its query.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    _take_the_rest()


def failed() -> None:
    """Say that this process ends for the error that is being handled."""
    _log.critical("process_failed", exc_info=True)


def _silence(name: str) -> None:
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [], False


def _take_the_rest() -> None:
    """Let nothing reach standard error past the log: it would be said with its values."""
    logging.captureWarnings(True)  # noqa: FBT003 - the standard library's own way
    sys.excepthook = _process_failed
    threading.excepthook = _thread_failed
    sys.unraisablehook = _not_raised


def _process_failed(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    _log.critical("process_failed", exc_info=(kind, error, trace))


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if isinstance(failed.exc_value, RuntimeError) and str(failed.exc_value) == _NOBODY_LEFT:
        return  # SQLite's driver answers from a thread, also when its caller has ended
    _log.error("thread_failed", exc_info=failed.exc_value)


def _not_raised(failed: "sys.UnraisableHookArgs") -> None:
    _log.error("error_not_raised", exc_info=failed.exc_value)


def _in_one_line(
    _logger: Any, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Leave out what asyncio appends: the representations of errors, with all their values."""
    if event.get("logger") == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _line(logger: Any, name: str, event: structlog.typing.EventDict) -> str:
    line = redact(str(_render(logger, name, event)))
    # Half a character out of a caller's body would not be written, and said with all its values.
    return line.encode("utf-8", "backslashreplace").decode("utf-8")
