"""A TCP proxy in front of a database, that loses what a network loses."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_COMMIT: Final = b"COMMIT;"
_PART = 64 * 1024


class Proxy:
    """Between callers and a server on 127.0.0.1; in a thread of its own."""

    def __init__(self, port: int, folder: Path | None = None) -> None:
        """`port` of the server; with a `folder` callers come by a socket in it, too."""
        self.port = 0
        self._to = port
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._never = asyncio.Event()
        self._open = threading.Event()
        self._flows: set[asyncio.Event] = set()
        self._servers: list[asyncio.Server] = []
        self._beyond: list[asyncio.WriteTransport] = []
        self._black = False
        self._losing = False
        self.lost = 0
        """Answers to a COMMIT that were not handed on."""

    def swallow(self) -> None:
        """Be a black hole: nothing goes through, nobody is told, and no flow ever recovers."""
        self._black = True
        self._call(self._kill)

    def recover(self) -> None:
        """Let new connections through; those from before stay dead, the server knows of it."""
        self._black = False
        self._call(self._forget)

    def lose_commits(self, *, losing: bool = True) -> None:
        """Hand each COMMIT on, and cut the connection before its answer."""
        self._losing = losing

    async def serve(self, started: threading.Event) -> None:
        """Listen until the loop is stopped."""
        self._servers.append(await asyncio.start_server(self._flow, "127.0.0.1", 0))
        self.port = self._servers[0].sockets[0].getsockname()[1]
        if self._folder is not None:
            path = self._folder / f".s.PGSQL.{self.port}"
            self._servers.append(await asyncio.start_unix_server(self._flow, path))
            path.chmod(0o777)
        started.set()

    def run(self, started: threading.Event) -> None:
        """Be the thread."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.serve(started))
        self._loop.run_forever()
        for server in self._servers:
            server.close()
        while tasks := asyncio.all_tasks(self._loop):  # some were just about to begin
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.01))  # what was aborted is closed
        self._loop.close()

    def end(self) -> None:
        """Let the thread end."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _kill(self) -> None:
        for flow in self._flows:
            flow.set()

    def _forget(self) -> None:
        """Be what the server's own keep-alive is: after a while its side is closed."""
        while self._beyond:
            self._beyond.pop().abort()

    def _call(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(work)

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dead, mute = asyncio.Event(), asyncio.Event()
        self._flows.add(dead)
        if self._black:
            dead.set()
        try:
            there = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.create_task(self._carry(reader, there[1], dead, mute, up=True)),
            asyncio.create_task(self._carry(there[0], writer, dead, mute, up=False)),
        ]
        # Cancelled only when the loop ends.
        with suppress(asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if dead.is_set():
                self._beyond.append(there[1].transport)
                # Open for ever, and nobody reads. What only waits for itself would be forgotten.
                await self._never.wait()
        for way in ways:
            way.cancel()
        for side in (writer, there[1]):
            side.transport.abort()
        self._flows.discard(dead)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        dead: asyncio.Event,
        mute: asyncio.Event,
        *,
        up: bool,
    ) -> None:
        with suppress(OSError):
            while not dead.is_set() and (part := await reader.read(_PART)):
                if dead.is_set():
                    return
                if mute.is_set():
                    continue
                if losing := up and self._losing and _COMMIT in part:
                    mute.set()
                writer.write(part)
                await writer.drain()
                if losing:
                    self.lost += 1
                    await asyncio.sleep(0.05)  # it is carried out
                    return


@contextmanager
def proxy(port: int, folder: Path | None = None) -> Iterator[Proxy]:
    """A proxy in front of the server at a port."""
    made, started = Proxy(port, folder), threading.Event()
    thread = threading.Thread(target=made.run, args=(started,), daemon=True)
    thread.start()
    started.wait()
    try:
        yield made
    finally:
        made.end()
        thread.join()
