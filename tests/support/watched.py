"""The service on an event loop that knows how long each of its callbacks kept it busy."""

import asyncio
import contextvars
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVarTuple

import uvicorn

from app.main import build, configure
from app.settings import Settings

Arguments = TypeVarTuple("Arguments")


@dataclass
class Slowest:
    """The callback that took most processor time since it was last forgotten."""

    seconds: float = 0.0
    what: str = ""


class WatchedLoop(asyncio.SelectorEventLoop):
    """Measures the processor time of its own thread: a busy machine does not change it."""

    def __init__(self) -> None:
        """Nothing has run yet."""
        super().__init__()
        self.slowest = Slowest()

    def call_soon(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Have a callback run and measured; every step of a task is one."""
        return super().call_soon(self._measured, callback, *args, context=context)

    def _measured(self, callback: Callable[[*Arguments], object], *args: *Arguments) -> None:
        begun = time.thread_time()
        try:
            callback(*args)
        finally:
            taken = time.thread_time() - begun
            if taken > self.slowest.seconds:
                self.slowest = Slowest(taken, repr(getattr(callback, "__self__", callback)))


@dataclass
class WatchedService:
    """Where the service answers, and the loop that it runs on."""

    address: str
    loop: WatchedLoop
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watched_service(settings: Settings) -> Iterator[WatchedService]:
    """Run the service in a thread, on a loop that is watched and never waits for a collector."""
    app = build()
    configure(app, settings)
    loop = WatchedLoop()
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve(sockets=[listening]))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    gc.collect()
    gc.disable()  # a collection walks through all that the tests have made
    try:
        yield WatchedService(f"http://127.0.0.1:{listening.getsockname()[1]}", loop)
    finally:
        gc.enable()
        server.should_exit = True
        thread.join()
        listening.close()
