"""What is refused before the application sees a request, and such an answer as bytes."""

import json
from http import HTTPStatus

from app.kit.language import Text, preferred
from app.kit.problems import Problem


class RequestTimeout(Problem):
    """The request did not arrive in time."""

    status = 408
    code = "request_timeout"
    title = Text("请求超时", "Request timed out")
    detail = Text(
        "请求未在规定时间内传完，未作任何改动。",
        "The request did not arrive in time; nothing was changed.",
    )


class UriTooLong(Problem):
    """The address is longer than a whole head may be."""

    status = 414
    code = "uri_too_long"
    title = Text("地址过长", "Address too long")
    detail = Text(
        "请求行与请求头合计不得超过 {limit} 字节。",
        "The request line and headers may take {limit} bytes in all.",
    )


class HeadersTooLarge(Problem):
    """The headers are too many or too long."""

    status = 431
    code = "headers_too_large"
    title = Text("请求头过大", "Headers too large")
    detail = Text(
        "请求头不得超过 {count} 个，与请求行合计不得超过 {limit} 字节。",
        "There may be {count} headers, {limit} bytes in all with the request line.",
    )


def encode_problem(
    problem: Problem, *, accept_language: bytes, base_url: str, request_id: str
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and the body of the answer to a problem, in the caller's language."""
    language = preferred(accept_language.decode("latin-1"))
    document = problem.rendered(language, base_url=base_url, request_id=request_id)
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"content-language", language.encode("ascii")),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    return headers, body


def write_refusal(
    problem: Problem, *, accept_language: bytes, base_url: str, request_id: str
) -> bytes:
    """Return a whole HTTP answer, the last of its connection, where no application is asked."""
    headers, body = encode_problem(
        problem, accept_language=accept_language, base_url=base_url, request_id=request_id
    )
    headers += [
        (b"x-request-id", request_id.encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    status = HTTPStatus(problem.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode("ascii")]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", body])
