"""One caller of the service: bearer key, JSON, problems as exceptions, requests sent again.

A request that meets a connection that breaks, 429, 502, 503 or 504 is sent again, under the same
`Idempotency-Key` if it is a POST, for as long as `Retries` says. What else is refused is raised.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import httpx2

from app.client.failures import (
    ClientError,
    ProblemError,
    UnexpectedAnswerError,
    UnreachableError,
    read_problem,
)
from app.client.files import CountedFile, Received, receiving, sent_name
from app.client.retrying import Retries, is_passing, read_retry_after
from app.kit.language import Language

T = TypeVar("T")
Parameters = Mapping[str, str | int | bool | Sequence[str] | None]
"""A query; what is None is left out, of several each is one more."""
OnBytes = Callable[[int, int], None]
"""Told how many bytes have gone, of how many."""
OnWait = Callable[[float, ClientError], None]
"""Told of a pause in seconds before a request is sent again, and why it is."""

_TIMEOUT_SECONDS: Final = 60.0
_PAGE: Final = 200
_KEY_HEADER: Final = "Idempotency-Key"
_OF_PAGES: Final = {"data", "has_more", "next_cursor"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def retry_after(self) -> float | None:
        """After how many seconds to ask again, where it says so."""
        return read_retry_after(self.headers.get("Retry-After"))


class Client:
    """One caller of the service. A context manager: it keeps connections."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        language: Language = "zh",
        retries: Retries | None = None,
        on_wait: OnWait | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`key` is a bearer credential; sentences of the service come in `language`."""
        self.url = url
        self.retries = retries or Retries()
        self.sleep = sleep
        self._on_wait = on_wait
        self._answered = False
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

    def get(self, path: str, parameters: Parameters | None = None) -> Answer:
        """Return the answer to a GET."""
        return self.send("GET", path, parameters=parameters)

    def pages(self, path: str, parameters: Parameters | None = None) -> Iterator[list[Any]]:
        """Yield every page of a list, each with its rows."""
        more: dict[str, str] = {}
        while True:
            answer = self.get(path, {"limit": _PAGE, **(parameters or {}), **more})
            page = answer.body
            if not isinstance(page, dict) or not page.keys() >= _OF_PAGES:
                raise UnexpectedAnswerError(self.url, answer.status)
            yield page["data"]
            if not page["has_more"]:
                return
            more = {"cursor": page["next_cursor"]}

    def rows(self, path: str, parameters: Parameters | None = None) -> Iterator[Any]:
        """Yield every row of a list, page by page."""
        for page in self.pages(path, parameters):
            yield from page

    def post(
        self, path: str, body: Any = None, *, if_match: str | None = None, key: str | None = None
    ) -> Answer:
        """Send a POST; `key` is its `Idempotency-Key`, made here unless given."""
        given = {_KEY_HEADER: key, "If-Match": if_match}
        headers = {name: value for name, value in given.items() if value is not None}
        return self.send("POST", path, body, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        parameters: Parameters | None = None,
    ) -> Answer:
        """Send a request with a JSON body, again while that may help; a POST under a key."""
        content = {} if body is None else {"json": body}
        if method == "POST":
            headers = {_KEY_HEADER: new_key(), **(headers or {})}

        def once() -> Answer:
            return self._read(
                self._http.request(
                    method, path, params=_query(parameters), headers=headers, **content
                )
            )

        return self._repeat(method, once)

    def upload(
        self,
        path: str,
        file: Path,
        fields: Mapping[str, str | None],
        *,
        key: str | None = None,
        on_sent: OnBytes | None = None,
    ) -> Answer:
        """Send a file in a form, a part at a time; fields that are None are left out."""
        headers = {_KEY_HEADER: key or new_key()}
        form = {name: value for name, value in fields.items() if value is not None}

        def once() -> Answer:
            with CountedFile(file, on_sent) as opened:
                part = (sent_name(file), opened)
                return self._read(
                    self._http.post(path, data=form, files={"file": part}, headers=headers)
                )

        return self._repeat("POST", once)

    def download(
        self,
        path: str,
        to: Path,
        parameters: Parameters | None = None,
        *,
        on_received: OnBytes | None = None,
    ) -> Received:
        """Keep the body of a GET as a file, once it is whole; until then nothing has its name."""

        def once() -> Received:
            with self._http.stream("GET", path, params=_query(parameters)) as response:
                if not response.is_success:
                    response.read()
                    raise self._failure(response)
                with receiving(to) as part:
                    total = int(response.headers.get("Content-Length", 0))
                    for chunk in response.iter_bytes():
                        part.write(chunk)
                        if on_received is not None:
                            on_received(part.received.size, total)
                return part.received

        return self._repeat("GET", once)

    def _read(self, response: httpx2.Response) -> Answer:
        """Return an answer of the service; raises what it refuses, and what it cannot have said."""
        if not response.is_success:
            raise self._failure(response)
        with suppress(ValueError):
            body = response.json() if response.content else None
            return Answer(response.status_code, response.headers, body)
        raise UnexpectedAnswerError(self.url, response.status_code)

    def _failure(self, response: httpx2.Response) -> ClientError:
        retry_after = read_retry_after(response.headers.get("Retry-After"))
        return read_problem(response, self.url, retry_after)

    def _repeat(self, method: str, once: Callable[[], T]) -> T:
        """Do something until it succeeds, fails for good, or patience is at its end."""
        spent, attempt = 0.0, 0
        while True:
            failure: ClientError
            began = time.monotonic()
            try:
                done = once()
            except httpx2.TransportError as error:
                failure = UnreachableError(self.url, error)
            except (httpx2.RequestError, httpx2.InvalidURL):
                failure = UnexpectedAnswerError(self.url, 0)
            except ClientError as error:
                self._answered |= isinstance(error, ProblemError)
                failure = error
            else:
                self._answered = True
                return done
            pause = self.retries.wait_seconds(attempt, getattr(failure, "retry_after", None))
            # The first attempt may have been a long upload; of the others each counts as a silence.
            silence = min(time.monotonic() - began, _TIMEOUT_SECONDS) if attempt else 0.0
            spent, attempt = spent + silence + pause, attempt + 1
            strange = not self._answered and attempt >= self.retries.strange_attempts
            if strange or not is_passing(failure, method) or spent > self.retries.patience_seconds:
                raise failure
            if self._on_wait is not None:
                self._on_wait(pause, failure)
            self.sleep(pause)


def new_key() -> str:
    """Return an `Idempotency-Key` that nobody has used."""
    return str(uuid.uuid4())


def _query(parameters: Parameters | None) -> dict[str, Any]:
    return {name: value for name, value in (parameters or {}).items() if value is not None}
