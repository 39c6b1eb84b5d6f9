"""uvicorn's HTTP protocol with limits on bytes and time (decision 0060)."""

import asyncio
from math import inf
from typing import Any, Final, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.refusals import RequestTimeout, write_refusal
from app.kit import ids, metrics
from app.kit.language import Text
from app.kit.problems import Malformed, Problem
from app.serving.reading import BYTES_PER_SECOND, FAREWELL_SECONDS, MOST_HEADERS, Part, Reading
from app.serving.state import State
from app.serving.transport import GentleTransport

_MOST_PIPELINED: Final = 8

_log = structlog.get_logger(__name__)

_NOT_HTTP: Final = Text("不是有效的 HTTP 请求", "it is not valid HTTP")
_NOT_ONE_HOST: Final = Text(
    "HTTP/1.1 请求须有且只有一个 Host 请求头",
    "a request in HTTP/1.1 has one Host header, no more, no less",
)


class _RefusedError(Exception):
    """Stops the parser: what it reads is refused already."""


class _Answered:
    """Stands for a request that was answered without the application: nothing of it is kept."""

    response_started = response_complete = True
    message_event: Final = asyncio.Event()


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `deaf`: what still comes is not read; `ended`: nothing more is written."""

    server_state: State
    reading: Reading
    deaf = ended = False
    answer_read_by = inf
    piece = 0
    url = b""
    cycle: Any
    earlier: Any = None

    # Called by the loop.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection in, or have another one make way for it."""
        self.reading = Reading(self.server_state.limits, self.loop.time())
        self.gentle = GentleTransport(transport, self.close_gently)
        super().connection_made(cast("asyncio.Transport", self.gentle))
        self.server_state.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.deaf = self.ended = True
        super().connection_lost(exc)
        self.server_state.leave(self)

    def data_received(self, data: bytes) -> None:
        """Parse what has come, and at no time more of a head than it may be long."""
        self.reading.hear(self.loop.time())
        while data and not self.deaf:
            room = self.reading.room()
            piece, data = data[:room], data[room:]
            self.piece = len(piece)
            super().data_received(piece)
            too_much = self.reading.judge(self.piece, len(self.headers or ()), self.url or b"")
            if self.reading.part is Part.HEAD:
                self.server_state.hold(self, self.reading.held)
            if too_much:
                self.refuse(too_much)

    def pause_writing(self) -> None:
        """Give the client a time by which to read its answer."""
        super().pause_writing()
        size = self.transport.get_write_buffer_size()
        allowed = self.server_state.limits.body_timeout_seconds + size / BYTES_PER_SECOND
        self.answer_read_by = self.loop.time() + allowed
        self.server_state.hold(self, size)

    def resume_writing(self) -> None:
        """Take the time back: the client reads."""
        super().resume_writing()
        self.answer_read_by = inf
        self.server_state.release(self)

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self.reading.begin(self.piece, self.loop.time())

    def on_headers_complete(self) -> None:
        """Hand the request to the application, unless its head or its turn is too much."""
        if len(self.headers) > MOST_HEADERS:
            self.refuse(self.reading.too_large(len(self.headers), self.url))
        elif self.parser.get_http_version() == "1.1" and self._hosts() != 1:
            self.refuse(Malformed(reason=_NOT_ONE_HOST))
        elif len(self.pipeline) >= _MOST_PIPELINED:
            self.finish()
            self.deaf = True
        self._stop_if_deaf()
        if self._turned_away():
            return
        self.earlier = self.cycle
        super().on_headers_complete()
        self.reading.begin_body(self.loop.time())
        if self.server_state.stopping or self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def _hosts(self) -> int:
        return sum(name == b"host" for name, _ in self.headers)

    def _turned_away(self) -> bool:
        """Answer a request at once that the door would refuse, if that needs no more than bytes."""
        gate, parser = self.server_state.gate, self.parser
        answering = self.cycle is not None and not self.cycle.response_complete
        lasting = parser.should_keep_alive() and not parser.should_upgrade()
        plain = parser.get_http_version() == "1.1" and lasting
        if gate is None or answering or not plain or self.flow.write_paused:
            return False
        host, dated = (self.client or ("",))[0], self.server_state.default_headers
        answer = gate.refusal(parser.get_method(), self.url, self.headers, host, dated)
        if answer is None:
            return False
        self.cycle = _Answered()
        self.transport.write(answer)
        now = self.loop.time()
        self.reading.begin_body(now)
        self.reading.deadline = now + FAREWELL_SECONDS
        self.server_state.release(self)
        return True

    def on_body(self, body: bytes) -> None:
        """Count what the body holds."""
        self._stop_if_deaf()
        super().on_body(body)
        kept = not self.cycle.response_complete
        self.reading.take(len(body), kept=kept)
        if kept:
            self.server_state.hold(self, self.reading.held)

    def on_message_complete(self) -> None:
        """Leave the time to the application."""
        self._stop_if_deaf()
        super().on_message_complete()
        self.reading.complete()
        self.server_state.busy(self)
        # Another protocol is asked for, and there is none: what follows cannot be read.
        self.deaf = self.parser.should_upgrade()
        if self.cycle.response_complete:
            self._rest()

    def _stop_if_deaf(self) -> None:
        if self.deaf:
            raise _RefusedError

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the request is answered as if it had not asked."""

    # Called by the answer, the state and the server.

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of one that was answered early."""
        if self.ended:
            return
        super().on_response_complete()
        if self.cycle.response_complete and self.reading.part is Part.WHOLE:
            self._rest()
        elif self.cycle.response_complete and self.reading.part is Part.BODY:
            self.server_state.release(self)
            self.reading.deadline = self.loop.time() + FAREWELL_SECONDS

    def _rest(self) -> None:
        self.reading.rest(self.loop.time())
        self.server_state.rest(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words for it
        """Answer what is no HTTP as every other problem is answered."""
        self.refuse(Malformed(reason=_NOT_HTTP))

    def check(self, now: float) -> None:
        """End what is overdue; while the application does not read, its client is not late."""
        if now > self.answer_read_by or (self.ended and now > self.reading.deadline):
            self.transport.abort()
        elif now > self.reading.deadline and self.reading.part is Part.NOTHING:
            self.transport.close()
        elif now > self.reading.deadline and not self.flow.read_paused:
            self.refuse(RequestTimeout())

    def finish(self) -> None:
        """Close after the answer that is under way."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem, after what else is being answered, and read no further."""
        if self.deaf:
            return
        self.deaf = True
        metrics.count_refused_early(problem.code)
        refused = self.cycle if self.reading.part is Part.BODY else None
        if refused is not None:
            started = refused.response_started
            refused.disconnected = refused.response_complete = True
            refused.message_event.set()
            if self.pipeline:
                self.pipeline.popleft()
                self.cycle = self.earlier
            elif started:
                self.gentle.close_now()
                return
        if self.cycle is not None and not self.cycle.response_complete:
            self.finish()
            return
        self._answer(problem)
        self.close_gently()

    def make_way(self, problem: Problem, *, at_once: bool) -> None:
        """Give the place up, with a word where an answer is waited for."""
        if self.flow.write_paused or (self.reading.part is Part.NOTHING and self.cycle):
            self.transport.abort()
            return
        self.refuse(problem)
        if at_once:
            self.gentle.close_now()

    def close_gently(self) -> None:
        """Close; what is still on its way is read first, or it would take the answer with it."""
        if self.ended or self.reading.part in {Part.NOTHING, Part.WHOLE}:
            self.gentle.close_now()
            return
        self.deaf = self.ended = True
        self.pipeline.clear()
        self.flow.resume_reading()
        self.transport.write_eof()
        self.reading.deadline = self.loop.time() + FAREWELL_SECONDS

    def _answer(self, problem: Problem) -> None:
        request_id = str(ids.new_id())
        _log.info("request_refused", code=problem.code, request_id=request_id)
        headers = dict(self.headers or ())
        answer = write_refusal(
            problem,
            accept_language=headers.get(b"accept-language", b""),
            base_url=self.server_state.limits.base_url,
            request_id=request_id,
        )
        self.transport.write(answer)
