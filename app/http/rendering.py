"""Problems as HTTP answers: the one place where an error becomes bytes."""

import json
from collections.abc import Callable
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app.http.context import get_context
from app.kit.language import Text, preferred
from app.kit.problems import (
    Forbidden,
    InternalError,
    Invalid,
    Malformed,
    MethodNotAllowed,
    Problem,
    TooLarge,
    Unavailable,
)
from app.kit.room import RETRY_AFTER_SECONDS, lacks_room
from app.kit.tracebacks import forget_origin
from app.kit.validation import field_errors

MEDIA_TYPE: Final = "application/problem+json"
_FAILED: Final = 500
_HUNG_UP: Final = 499

_NOT_JSON: Final = Text("请求正文不是有效的 JSON", "the body is not valid JSON")
_UNREADABLE: Final = Text("请求正文不完整或格式不对", "the body is incomplete or of another form")

_log = structlog.get_logger(__name__)


class UnknownAddress(Problem):
    """No operation has this path; the links say where all of them are."""

    status = 404
    code = "unknown_address"
    title = Text("没有此地址", "No such address")
    detail = Text(
        "本服务没有这个地址，请从首页查看全部接口。",
        "This service has no such address. Its first page leads to all operations.",
    )

    def __init__(self) -> None:
        """Link to where to begin."""
        super().__init__(headers={"Link": '</>; rel="start", </docs>; rel="help"'})


def install(app: FastAPI) -> None:
    """Answer every error of the application as problem+json."""
    app.add_exception_handler(Problem, _problem)  # type: ignore[arg-type]  # of its own kind only
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(HTTPException, _http_exception)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(OSError, _no_room)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(Exception, _internal)


def problem_response(request: Request, problem: Problem) -> Response:
    """Return the answer to one problem, in the caller's language."""
    language = preferred(request.headers.get("accept-language"))
    document = problem.rendered(
        language,
        base_url=request.app.state.settings.base_url,
        request_id=get_context(request).request_id,
    )
    headers = problem.headers | {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(_encode(document), problem.status, headers, media_type=MEDIA_TYPE)


def convert_validation(error: RequestValidationError) -> Problem:
    """Return FastAPI's complaint about a request as this service's problem."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return Malformed(reason=_NOT_JSON)
    return Invalid(field_errors(found, error.body))


def _encode(document: dict[str, Any]) -> bytes:
    # A pointer may repeat a lone surrogate out of the caller's body: escape what UTF-8 cannot say.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


async def _problem(request: Request, error: Problem) -> Response:
    forget_origin(error)
    return problem_response(request, error)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    return problem_response(request, convert_validation(error))


async def _http_exception(request: Request, error: HTTPException) -> Response:
    match error.status_code:
        case 404:
            problem: Problem = UnknownAddress()
        case 405:
            problem = MethodNotAllowed(headers={"Allow": _allow(request, error)})
        case 403:
            problem = Forbidden()
        case 413:
            problem = TooLarge(limit=request.app.state.settings.max_body_bytes)
        case status if status < _FAILED:
            problem = Malformed(reason=_UNREADABLE)
        case _:
            problem = InternalError()
    return problem_response(request, problem)


def _allow(request: Request, error: HTTPException) -> str:
    """Return every method of the address; the framework knows those of one of its routes only."""
    path = getattr(request.scope.get("route"), "path", None)
    allow: str = request.app.state.methods.get(path) or (error.headers or {}).get("Allow", "")
    return allow


async def _hung_up(_request: Request, _error: Exception) -> Response:
    """Nobody is there to read it; the status is for the log."""
    return Response(status_code=_HUNG_UP)


async def _no_room(request: Request, error: OSError) -> Response:
    """Answer for a folder that is full, of parts of an upload or of files; else it is a fault."""
    if not lacks_room(error):
        raise error
    _log.warning("no_room", reason=error.strerror)
    return problem_response(request, Unavailable(RETRY_AFTER_SECONDS))


async def _internal(request: Request, error: Exception) -> Response:
    route = getattr(request.scope.get("route"), "path", None)
    _log.error("unhandled_error", route=route, exc_info=error)
    return problem_response(request, InternalError())


def item_renderer(request: Request) -> Callable[[Problem, int], dict[str, Any]]:
    """Render the problem of one item of a batch in the caller's language, with `most` errors."""
    language = preferred(request.headers.get("accept-language"))
    base_url = request.app.state.settings.base_url
    request_id = get_context(request).request_id
    return lambda problem, most: problem.rendered(
        language, base_url=base_url, request_id=request_id, most=most
    )
