"""uvicorn's server and its supervisor, with stops that fail no request (decision 0061)."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess, multiprocess

from app.serving.gate import gate_of
from app.serving.reading import FAREWELL_SECONDS
from app.serving.state import State
from app.serving.transport import keep_small, turn_away
from app.settings import Settings

_HANDSHAKE_SECONDS: Final = 0.3
"""How long a connection that has begun may take to be there."""
_SECONDS_FOR_THE_LAST: Final = FAREWELL_SECONDS + 2.0
_PAUSE_SECONDS: Final = 0.05


def run(config: uvicorn.Config) -> None:
    """Serve until SIGTERM or SIGINT; raises `SystemExit` when it cannot start."""
    if config.workers > 1:
        Supervisor(config, [config.bind_socket()]).run()
        return
    server = Server(config)
    _stop_at_hang_up()
    # uvicorn raises the signal again that ended it.
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class Server(uvicorn.Server):
    """One process that serves."""

    server_state: State

    def __init__(self, config: uvicorn.Config) -> None:
        """Read the settings; every process does so itself."""
        super().__init__(config)
        self.server_state = State(Settings())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, with small buffers behind every connection."""
        self.server_state.gate = await gate_of(self.config.loaded_app)
        await super().startup(sockets)
        for listening in self._listening():
            keep_small(listening)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in, answer whoever is there, then stop as uvicorn does.

        A connection that rests may be about to bring a request: it stays for a short while, and
        is told with its answer not to come again.
        """
        state = self.server_state
        state.stopping = True
        state.gate = None  # from now on each answer says that the connection ends
        # A socket that is `given` belongs to all processes, and others may go on: whoever comes
        # meanwhile meets one of them, or the supervisor has turned everybody away.
        for listening in () if sockets else self._listening():
            turn_away(listening)
        state.finish()
        self.config.loaded_app.state.stopping.set()  # answers that have no end by themselves
        await asyncio.sleep(_HANDSHAKE_SECONDS)
        for server in self.servers:
            server.close()
        for given in sockets or ():
            given.close()
        end = time.monotonic() + state.limits.linger_seconds
        while state.waiting and time.monotonic() < end and not self.force_exit:  # noqa: ASYNC110 - of three kinds
            await asyncio.sleep(_PAUSE_SECONDS)
        patience = (self.config.timeout_graceful_shutdown or 0) - _SECONDS_FOR_THE_LAST
        asyncio.get_running_loop().call_later(max(patience, 0), state.refuse_unfinished)
        await super().shutdown(sockets)

    def _listening(self) -> list[Any]:
        return [each for server in self.servers for each in server.sockets]


class _Process(multiprocess.Process):
    """One of several processes, with the server above."""

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, in the process that was started for it."""
        self._server = Server(self.config)
        if sys.platform != "win32":
            # A terminal that is closed tells everybody: what then happens is the supervisor's.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        threading.Thread(target=_stop_without_supervisor, daemon=True).start()
        super().target(sockets)


def _stop_without_supervisor() -> None:
    """Stop once the supervisor is gone, or nobody could serve at this address again."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _stop_at_hang_up() -> None:
    """Take the end of the terminal for any other stop, unless it is to be outlived (nohup)."""
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


multiprocess.Process = _Process  # type: ignore[misc]  # the supervisor has no other way


class Supervisor(Multiprocess):
    """Several processes at one socket."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        """Hear the signals that stop all of them at once, as the processes may have done."""
        super().__init__(config, sockets)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._turn_away()
        self.signal_queue.append(number)

    def _turn_away(self) -> None:
        for listening in self.sockets:
            if listening.fileno() >= 0:
                turn_away(listening)

    def terminate_all(self) -> None:
        """Let nobody in, have all of them stop, and leave the socket to them."""
        self._turn_away()
        super().terminate_all()
        for listening in self.sockets:
            listening.close()
