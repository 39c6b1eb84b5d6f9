"""A caller who never gives up: sends the same request again until the service acknowledges it."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx2

_PATIENCE_SECONDS = 600.0
_PAUSE_SECONDS = 0.05
_IN_PROGRESS = "idempotency_in_progress"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request was sent again: `at` on the monotonic clock; no status, no answer."""

    at: float
    reason: str
    status: int | None


class Stubborn:
    """One caller with connections of its own; keeps why it had to send something again."""

    def __init__(self, address: str, key: str) -> None:
        """`key` is a bearer credential."""
        self.requests = 0
        self.troubles: list[Trouble] = []
        self._http = httpx2.Client(
            base_url=address, timeout=60, headers={"Authorization": f"Bearer {key}"}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def post(self, path: str, body: Any, key: str) -> Any:
        """The JSON of a POST under its `Idempotency-Key`, once it is acknowledged."""
        return self.send("POST", path, body, {"Idempotency-Key": key}).json()

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET."""
        return self.send("GET", path, parameters=parameters).json()

    def act(self, path: str, action: str, body: Any, **done: Any) -> Any:
        """An action on a record as it is now, unless its fields are already those of `done`."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            read = self.send("GET", path)
            if done.items() <= read.json().items():
                return read.json()
            etag = {"If-Match": read.headers["ETag"]}
            answer = self._once("POST", f"{path}/{action}", body, etag, {})
            if answer is not None and answer.is_success:
                return answer.json()
            # Lost, or done already by what was lost: the next look at the record tells.
            assert answer is None or answer.status_code in {409, 412}, answer.text
        raise AssertionError(path)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> httpx2.Response:
        """The first answer that is one; a connection that breaks, 5xx and 429 are none."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            answer = self._once(method, path, body, headers or {}, parameters or {})
            if answer is not None and _IN_PROGRESS not in answer.text:
                assert answer.is_success, f"{method} {path}: {answer.text}"
                return answer
        message = f"no answer: {method} {path}"
        raise AssertionError(message)

    def _once(
        self,
        method: str,
        path: str,
        body: Any,
        headers: Mapping[str, str],
        parameters: Mapping[str, Any],
    ) -> httpx2.Response | None:
        content = {} if body is None else {"json": body}
        self.requests += 1
        try:
            answer = self._http.request(
                method, path, headers=dict(headers), params=parameters or None, **content
            )
        except httpx2.TransportError as error:
            trouble = Trouble(time.monotonic(), type(error).__name__, None)
        else:
            if answer.status_code not in {429, 503, 504}:
                assert answer.status_code < 500, answer.text
                return answer
            assert int(answer.headers["Retry-After"]) > 0, answer.text
            trouble = Trouble(time.monotonic(), answer.text, answer.status_code)
        self.troubles.append(trouble)
        time.sleep(_PAUSE_SECONDS)
        return None


class Busy(threading.Thread):
    """A thread that repeats `work` until it is told to stop; keeps what went wrong."""

    def __init__(self, work: Any) -> None:
        """`work` takes nothing; what it has begun it finishes."""
        super().__init__(daemon=True)
        self._work = work
        self._enough = threading.Event()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Work until stopped, or until it fails."""
        try:
            while not self._enough.is_set():
                self._work()
        except BaseException as failure:  # noqa: BLE001 - told to whoever stops the thread
            self._failure = failure

    @property
    def failed(self) -> bool:
        """Whether it has given up."""
        return self._failure is not None

    def stop(self) -> None:
        """Let it finish what it has begun; raises what went wrong."""
        self._enough.set()
        self.join()
        if self._failure is not None:
            raise self._failure
