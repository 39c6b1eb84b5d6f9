"""A PostgreSQL of the test's own, to be stopped, frozen and cut off; and where programs for it are.

Never the shared one: what is done here would hit everybody.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_TRIES = 600


class Server:
    """One server, reached by address, by name or by its socket."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        """Nothing runs yet."""
        self._binaries = binaries
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.sockets = folder / "sockets"

    def url(self, host: str = "127.0.0.1", port: int | None = None, name: str = "postgres") -> str:
        """The address of a database; a `host` that is a folder holds the server's socket."""
        if host.startswith("/"):
            return f"postgresql://root@/{name}?host={host}&port={port or self.port}"
        return f"postgresql://root@{host}:{port or self.port}/{name}"

    def make(self) -> None:
        """Make an empty cluster and start it."""
        self._run("mkdir", str(self.sockets))
        self._run(
            str(self._binaries / "initdb"), "-D", self._data, "-U", "root", "-A", "trust",
            "--no-sync", "--locale=C.UTF-8",
        )  # fmt: skip
        self.start()

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it takes connections."""
        options = [
            "listen_addresses=127.0.0.1", f"unix_socket_directories={self.sockets}", "fsync=off",
            f"port={self.port}", "autovacuum=off", "max_connections=60", "shared_buffers=32MB",
        ]  # fmt: skip
        arguments = [part for option in options for part in ("-c", option)]
        postgres = str(self._binaries / "postgres")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                as_somebody(postgres, "-D", self._data, *arguments), stderr=log, stdout=log
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it takes connections."""
        asked = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(_TRIES):
            if subprocess.run(asked, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError((self._folder / "log").read_text(encoding="utf-8"))

    def stop(self) -> None:
        """End it at once, with every connection to it."""
        if self._process is not None:
            self.thaw()
            self._run(str(self._binaries / "pg_ctl"), "-D", self._data, "-m", "immediate", "stop")
            self._process.wait()
            self._process = None

    def freeze(self, *, all_of_it: bool = True) -> None:
        """Let every process of it stand still, or only the one that takes new connections."""
        postmaster = self._postmaster()
        for process in [postmaster, *(_children(postmaster) if all_of_it else [])]:
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let everything go on."""
        postmaster = self._postmaster()
        for process in [*_children(postmaster), postmaster]:
            os.kill(process, signal.SIGCONT)
        if self._process is not None:  # what runs it as somebody else has stopped with it
            self._process.send_signal(signal.SIGCONT)

    def _postmaster(self) -> int:
        return int((Path(self._data) / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, *command: str) -> None:
        done = subprocess.run(as_somebody(*command), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def server() -> Iterator[Server]:
    """A server that nobody else knows; skips the test where PostgreSQL is not installed."""
    found = binaries("initdb", "postgres", "pg_isready")
    if found is None:
        pytest.skip("initdb is not here (Debian: apt-get install postgresql)")
    memory = Path("/dev/shm")  # noqa: S108 - the folder below it is made by mkdtemp
    # Not below pytest's own folder: the path of a socket is short, and root's folder is closed.
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    made = Server(found, folder)
    try:
        made.make()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


def binaries(*names: str) -> Path | None:
    """The folder where PostgreSQL's programs are, the newest of them."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    known = [Path(path).parent for name in names[:1] if (path := shutil.which(name))]
    for folder in (*installed, *known):
        if all((folder / name).exists() for name in names):
            return folder
    return None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def as_somebody(*command: str) -> list[str]:
    """PostgreSQL refuses to be root."""
    return ["runuser", "-u", "nobody", "--", *command] if os.geteuid() == 0 else list(command)


def _children(process: int) -> list[int]:
    """Every process that this one has started, by what the kernel lists."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, _, rest = stat.read_text(encoding="utf-8").partition(" (")
            if int(rest.rpartition(") ")[2].split()[1]) == process:
                found.append(int(number))
    return found
