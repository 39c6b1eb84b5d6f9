"""The running service, called as any integrator would: bearer key, JSON, problem details."""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Self

import httpx2

from app.demo.failures import Refused
from app.kit.language import Language, Text

_TIMEOUT_SECONDS: Final = 60.0
_ATTEMPTS: Final = 6
_FIRST_WAIT_SECONDS: Final = 0.5
_BUSY: Final = frozenset({429, 503, 504})
_LARGEST_BATCH: Final = 500
"""Items in a request: half of what the service takes, so that bodies stay below a megabyte."""

_UNREACHABLE: Final = Text(
    "无法连接服务 {url}：{reason}", "The service at {url} cannot be reached: {reason}"
)
_REFUSED: Final = Text(
    "服务拒绝了 {request}（{status}）：{detail}",
    "The service refused {request} ({status}): {detail}",
)


class Service:
    """One caller of the service. A context manager: it keeps connections."""

    def __init__(self, url: str, key: str, language: Language) -> None:
        """`key` is a bearer credential."""
        self.url = url
        self._http = httpx2.Client(
            base_url=url,
            timeout=_TIMEOUT_SECONDS,
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
        )

    def __enter__(self) -> Self:
        """Nothing is connected before the first request."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close every connection."""
        self._http.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of a GET."""
        return self.send("GET", path, parameters=parameters).json()

    def all(self, path: str, **parameters: Any) -> Iterator[Any]:
        """Every row of a list, page by page."""
        more: dict[str, Any] = {}
        while True:
            page = self.get(path, limit=200, **parameters, **more)
            yield from page["data"]
            if not page["has_more"]:
                return
            more = {"cursor": page["next_cursor"]}

    def post(self, path: str, body: Any, *, key: str | None = None) -> httpx2.Response:
        """Send a POST that may be repeated under the same `Idempotency-Key`."""
        return self.send("POST", path, body, headers={"Idempotency-Key": key} if key else {})

    def change(self, method: str, path: str, body: Any, *, of: str | None = None) -> Any:
        """Change one record as it is now; `of` is the record's own path."""
        etag = self.send("GET", of or path).headers["ETag"]
        return self.send(method, path, body, headers={"If-Match": etag}).json()

    def batch(self, path: str, items: Sequence[Any]) -> Iterator[list[Any]]:
        """Send items, all of a request or none; the results in order, request by request."""
        rest = iter(items)
        while part := list(islice(rest, _LARGEST_BATCH)):
            yield self.post(path, {"items": part}).json()["data"]

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> httpx2.Response:
        """One request, tried again while the service is busy; raises `Refused`."""
        content = {} if body is None else {"json": body}
        arguments = {"params": parameters, "headers": headers, **content}
        response = self._once(method, path, arguments)
        for attempt in range(_ATTEMPTS):
            if response.status_code not in _BUSY:
                break
            wait = _FIRST_WAIT_SECONDS * 2**attempt
            time.sleep(_seconds(response.headers.get("Retry-After"), wait))
            response = self._once(method, path, arguments)
        if response.is_success:
            return response
        request, status = f"{method} {path}", response.status_code
        raise Refused(_REFUSED, request=request, status=status, detail=_detail(response))

    def _once(self, method: str, path: str, arguments: dict[str, Any]) -> httpx2.Response:
        try:
            return self._http.request(method, path, **arguments)
        except httpx2.HTTPError as error:
            raise Refused(_UNREACHABLE, url=self.url, reason=error) from error


def _seconds(given: str | None, otherwise: float) -> float:
    return float(given) if given and given.isdecimal() else otherwise


def _detail(response: httpx2.Response) -> str:
    """Return what a problem says, with the first of its errors; the body of anything else."""
    try:
        problem = response.json()
        said = [problem.get("detail") or problem["title"]]
        said += [f"{e['pointer']} {e['detail']}" for e in problem.get("errors", ())[:3]]
        return " ".join(said)
    except (ValueError, KeyError, AttributeError):
        return response.text[:200]
