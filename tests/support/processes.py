"""The service as it really runs: `dajiatan serve` and `dajiatan worker`, started and killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2

from app.cli.commands import main
from tests.support import forked

ROOT = Path(__file__).parents[2]
SOON_SECONDS = 300.0


class Processes:
    """A server and workers on a database of their own. Ended, at the latest, by `stop`."""

    def __init__(self, database_url: str, folder: Path, **settings: Any) -> None:
        """`settings` are those of the service by their field's name."""
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "DAJIATAN_DATABASE_URL": database_url,
            "DAJIATAN_STATE_DIR": str(folder),
            "DAJIATAN_SECRET_KEY": "a secret key of the tests, long enough to be one",
            **{f"DAJIATAN_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self._folder = folder
        self._starts: dict[str, int] = {}
        self._running: dict[str, BaseProcess] = {}

    @property
    def embedded(self) -> bool:
        """Whether the database is SQLite, with a worker inside the server."""
        return self.environment["DAJIATAN_DATABASE_URL"].startswith("sqlite")

    def dajiatan(self, *arguments: str, status: int = 0) -> str:
        """Run a command to its end; all that it said."""
        result = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == status, result.stdout + result.stderr
        return result.stdout + result.stderr

    def found(self) -> str:
        """Make the root unit, an administrator and its key; the key."""
        path = self._folder / "first.key"
        arguments = ["init", "--root-code", "440600", "--root-name", "中共佛山市委组织部"]
        process = self._forked([*arguments, "--key-file", str(path)], "init")
        process.join()
        assert process.exitcode == 0, self.log("init")
        return path.read_text(encoding="ascii").strip()

    def told(self, *arguments: str) -> tuple[int | None, str]:
        """Run a command to its end in a forked process; its status and all that it said."""
        before = len(self.log("command"))
        process = self._forked(arguments, "command")
        process.join()
        return process.exitcode, self.log("command")[before:]

    def start(self, name: str, *options: str) -> None:
        """Start `server`, or a worker by any other name, without waiting for it."""
        command = ["serve", "--port", str(self.port)] if name == "server" else ["worker"]
        arguments = [*command, *options]
        # What was killed before it was ready has said nothing: only the last one is waited for.
        self._starts[name] = 1 + self.log(name).count("worker_started")
        self._running[name] = self._forked(arguments, name)

    def ready(self, name: str) -> bool:
        """Whether the server answers, or the worker has begun to look for work."""
        ended = self._running[name].exitcode
        assert ended is None, f"the {name} ended by itself: {self.log(name)[-3000:]}"
        if name != "server":
            return self.log(name).count("worker_started") >= self._starts[name]
        try:
            return httpx2.get(f"{self.address}/healthz/live", timeout=1).is_success
        except httpx2.HTTPError:
            return False

    def wait(self, name: str) -> None:
        """Wait until it is ready."""
        wait_for(lambda: self.ready(name), f"the {name} is ready")

    def kill(self, name: str) -> None:
        """End it as a power cut does: `kill -9`."""
        process = self._running.pop(name)
        process.kill()
        process.join()

    def end(self, name: str) -> None:
        """Ask it to end, and wait until it has: SIGTERM."""
        self.send(name, signal.SIGTERM)
        self.ended(name)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send it a signal, without waiting for anything."""
        os.kill(self.pid(name), number)

    def pid(self, name: str) -> int:
        """Return the id of the process that was started."""
        return self._running[name].pid or 0

    def ended(self, name: str, statuses: Collection[int] = (0,)) -> None:
        """Wait until it has ended, with one of the statuses."""
        process = self._running.pop(name)
        process.join()
        assert process.exitcode in statuses, self.log(name)[-3000:]

    def stop(self) -> None:
        """End whatever still runs; a server that is killed would leave its own processes."""
        for process in self._running.values():
            process.terminate()
        for name, process in list(self._running.items()):
            process.join(SOON_SECONDS)
            self.kill(name)

    def log(self, name: str) -> str:
        """All that the processes of this name have said."""
        path = self._log(name)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _forked(self, arguments: Sequence[str], name: str) -> BaseProcess:
        environment = self.environment | {"PYTHONUNBUFFERED": "1"}
        process = forked.context().Process(
            target=be_command, args=(list(arguments), environment, str(self._log(name)))
        )
        process.start()
        return process


@contextmanager
def running(database_url: str, folder: Path, **settings: Any) -> Iterator[tuple[Processes, str]]:
    """A founded service with its server ready and its worker started, and its first key."""
    found = Processes(database_url, folder, job_poll_seconds=0.1, **settings)
    try:
        key = found.found()
        for name in ("server", "worker"):
            found.start(name)
        found.wait("server")
        yield found, key
    finally:
        found.stop()


def wait_for(condition: Callable[[], object], what: str, seconds: float = SOON_SECONDS) -> None:
    """Wait until the condition holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)


def be_command(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Be the command `dajiatan`, from its arguments to its exit status."""
    with Path(log).open("ab") as file, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    # As from a terminal, also where `nohup` started the tests.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # Several server processes are given the number of their standard input.
    sys.stdin = os.fdopen(0)
    os.environ.update(environment)
    main(arguments)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
